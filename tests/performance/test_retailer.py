"""The benchmark on another retailer runs, at tiny size; its figures are for people."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.performance.last_basket import Baskets, measure, ranks_within, table_of
from tests.performance.retailer import DRINKS, decayed_count
from tests.stack import ROOT

HOUSEHOLDS, PRODUCTS, LINES = 40, 24, 9000


def write_source(folder: Path) -> Path:
    """Write tables with the columns of the source and made-up rows."""
    rng = np.random.default_rng(4)
    moment = pd.Timestamp("2017-01-02") + pd.to_timedelta(rng.integers(0, 357, LINES), unit="D")
    household = rng.integers(0, HOUSEHOLDS, LINES)
    usual = rng.integers(0, PRODUCTS, (HOUSEHOLDS, 4))
    day = moment.day_of_year.to_numpy()
    transactions = pd.DataFrame(
        {
            "household_id": household,
            "basket_id": day * 1000 + household,
            "product_id": usual[household, rng.integers(0, 4, LINES)],
            "quantity": rng.integers(1, 4, LINES),
            "transaction_timestamp": moment + pd.Timedelta(hours=17),
        }
    )
    number = np.arange(PRODUCTS)
    products = pd.DataFrame(
        {
            "product_id": number,
            "manufacturer_id": number % 5,
            "department": "GROCERY",
            "product_category": np.array(DRINKS)[number % len(DRINKS)],
            "product_type": [f"T{one % 12}" for one in number],
            "package_size": "12 OZ",
        }
    )
    transactions.to_parquet(folder / "transactions.parquet")
    products.to_parquet(folder / "products.parquet")
    return folder


def test_benchmark_prints_both_views_and_the_published_table(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.performance.retailer", "--threads", "1"]
    done = subprocess.run(
        [*command, "--data", str(write_source(tmp_path)), "--weeks", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for figure in ("Drinks by type", "Drinks by SKU", "decayed_count", "Last basket", "TAIW"):
        assert figure in done.stdout


def test_decayed_count_of_a_steady_habit_is_perfect() -> None:
    days = pd.date_range("2017-01-02", periods=12, freq="7D")
    lines = pd.DataFrame({"customer_id": 1, "product_id": 2, "purchase_date": days})
    assert list(decayed_count(lines, 3)) == [(1.0, 1.0)] * 3


def test_nothing_of_a_basket_asked_for_goes_into_its_features(tmp_path: Path) -> None:
    lines = pd.read_parquet(write_source(tmp_path) / "transactions.parquet")
    baskets = Baskets.of(lines)
    earlier = baskets.take(baskets.back > 1)
    other = Baskets(
        np.concatenate([earlier.household, baskets.household[baskets.back == 1]]),
        np.concatenate([earlier.product, baskets.product[baskets.back == 1][::-1]]),
        np.concatenate([earlier.moment, baskets.moment[baskets.back == 1]]),
        np.concatenate([earlier.back, baskets.back[baskets.back == 1]]),
        np.concatenate([earlier.size, baskets.size[baskets.back == 1]]),
    )
    one, two = table_of(baskets, 1), table_of(other, 1)
    same = [name for name in one.names if not name.startswith("product_surge")]
    kept = [one.names.index(name) for name in same if name not in {"product_7d", "product_28d"}]
    assert np.array_equal(one.matrix[:, kept], two.matrix[:, kept], equal_nan=True)


def test_recall_counts_each_household_once() -> None:
    class Two:
        household = np.array([1, 1, 2])
        label = np.array([True, False, True])

    truth = pd.Series({1: {10}, 2: {20, 21}})
    recall, _ = measure(Two(), np.array([0.9, 0.1, 0.5]), truth)
    assert recall == pytest.approx((1 + 0.5) / 2)
    assert ranks_within(np.array([1, 1, 2]), np.array([0.1, 0.9, 0.5])).tolist() == [1, 0, 0]
