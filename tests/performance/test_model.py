"""The benchmark of the model runs, at tiny size; its figures are for people, not for tests."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sodai.domain.features import whole_table
from sodai.domain.sharding import shard_of

from data.generate import generate
from data.recipe import Recipe
from tests.performance.model import Distributor, Size, pandas_columns
from tests.stack import ROOT, write_tables

TINY = Recipe(customers=40, products=60, weeks=16, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return write_tables(generate(TINY), tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def doubled(folder: Path) -> Distributor:
    return Size(folder, 2).distributor()


def test_copies_are_customers_of_their_own_shard_who_buy_the_same(doubled: Distributor) -> None:
    assert len(doubled.everyone) == doubled.everyone["customer_id"].nunique() == 80
    for shard, ids in enumerate(doubled.ids):
        assert {shard_of(int(one), 2) for one in ids} == {shard}
        history = doubled.history(shard, doubled.lines(shard))
        assert history.customer_ids.tolist() == ids.tolist()
    first, second = (doubled.history(i, doubled.lines(i)).purchases for i in (0, 1))
    assert len(first.day) > 0
    assert first.customer.tolist() == second.customer.tolist()
    assert first.day.tolist() == second.day.tolist()


def test_copies_in_one_shard_keep_their_purchases_apart(folder: Path) -> None:
    one = Size(folder, 3, shards=1).distributor()
    history = one.history(0, one.lines(0))
    assert len(history.customer_ids) == 120
    per_copy = np.bincount(history.purchases.customer // 40)
    assert per_copy.tolist() == [per_copy[0]] * 3


def test_plain_group_by_computes_the_values_of_the_features(folder: Path) -> None:
    single = Size(folder, 1).distributor()
    lines, target = single.lines(0), single.target
    plain = pandas_columns(lines, target.cutoff)
    table = whole_table(single.history(0, lines), target)
    pairs = list(zip(table.customer_ids.tolist(), table.product_ids.tolist(), strict=True))
    bought = table.column("pair_purchase_days") > 0
    expected = plain.loc[[pair for pair, own in zip(pairs, bought, strict=True) if own]]
    assert len(expected) > 100
    for name in plain.columns:
        assert table.column(name)[bought] == pytest.approx(expected[name], rel=1e-5), name


def test_benchmark_of_the_model_prints_every_figure(folder: Path) -> None:
    command = [sys.executable, "-m", "tests.performance.model", "--data", str(folder)]
    sizes = ["--copies", "1", "2", "--one-shard", "120", "--most-rows", "600"]
    done = subprocess.run([*command, *sizes], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for figure in (
        "1x week: 40 customers, 1 shards",
        "2x week: 80 customers, 2 shards",
        "plain group-by",
        "bare predict",
        "goal >= 0.5",
        "exponent of both",
        "goal <= 1.05",
        "one shard: 120 customers",
        "goal 900 s",
        "goal 10,240 MB",
    ):
        assert figure in done.stdout
    rows = {
        copies: tuple(int(number.replace(",", "")) for number in seen_and_kept)
        for copies, *seen_and_kept in re.findall(
            r"(\d)x training: ([\d,]+) rows.*\n +fitted on ([\d,]+) rows", done.stdout
        )
    }
    assert rows["2"][0] == pytest.approx(2 * rows["1"][0], rel=0.2)
    assert all(kept <= 600 for _, kept in rows.values())
    assert rows["2"][1] < rows["2"][0]
