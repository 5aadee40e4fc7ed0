"""Two weeks of the distributor's real year, for some of its shops: forecast, then what happened."""

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sodai.store import keys
from sodai.store.artifacts import Artifacts
from sodai.store.clean import load_tables

from data.generate import Tables
from tests.functional.week.conftest import Distributor

SHOPS = 120
WEEKS = 20
MONDAYS = (date(2024, 9, 2), date(2024, 12, 16))  # an ordinary week, and the one before Christmas


@pytest.fixture(scope="module")
def some_shops(real_tables: Path) -> Tables:
    """The whole year of shops picked evenly by their id."""
    names = ("clientes", "productos", "transacciones")
    customers, products, lines = (pd.read_parquet(real_tables / f"{n}.parquet") for n in names)
    customers = customers.sort_values("customer_id")
    customers = customers[:: len(customers) // SHOPS].head(SHOPS)
    lines = lines[lines["customer_id"].isin(customers["customer_id"])]
    return Tables(customers, products, lines)


def between(lines: pd.DataFrame, first: date, end: date) -> pd.DataFrame:
    days = lines["purchase_date"]
    return lines[(days >= pd.Timestamp(first)) & (days < pd.Timestamp(end))]


@pytest.mark.parametrize("monday", MONDAYS, ids=str)
def test_real_week_is_forecast_scored_by_the_next_and_nothing_is_lost(
    distributor: Distributor, some_shops: Tables, monday: date
) -> None:
    past = between(some_shops.transactions, monday - timedelta(weeks=WEEKS), monday)
    week = between(some_shops.transactions, monday, monday + timedelta(weeks=1))
    distributor.tables = Tables(some_shops.customers, some_shops.products, past)

    distributor.deliver_all()
    first = distributor.run()
    assert first["outcome"] == "published"
    assert distributor.latest["week"] == str(monday)
    assert distributor.latest["predicted_pairs"] > 0
    assert_nothing_is_lost(distributor.store, distributor.record(first["run"]), delivered=past)

    distributor.deliver("semana", week)
    second = distributor.run()
    assert second["outcome"] == "published"
    assert distributor.latest["week"] == str(monday + timedelta(weeks=1))
    assert list(distributor.latest["weeks"]) == [
        str(monday),
        str(monday + timedelta(weeks=1)),
    ]
    record = distributor.record(second["run"])
    assert_nothing_is_lost(distributor.store, record, delivered=week)
    everything = len(clean_lines(distributor.store)) + lines_in_quarantine(distributor.store)
    assert everything == len(past) + len(week)

    [point] = distributor.store.read_json(keys.PERFORMANCE)["points"]
    assert (point["run"], point["week"]) == (first["run"], str(monday))
    assert point["metrics"]["positives"] == pairs_bought(clean_lines(distributor.store), monday)
    assert 0 < point["metrics"]["average_precision"] < 1
    assert 0 < point["metrics"]["f1"] < 1

    decision = record["decision"]
    assert decision["retrain"] is ("train" in record["states"])
    assert (decision["reasons"] != ["NO_REASON"]) is decision["retrain"]
    assert decision["sentences"]


def assert_nothing_is_lost(
    store: Artifacts, record: dict[str, Any], delivered: pd.DataFrame
) -> None:
    """Every row delivered is accepted or in quarantine, by the record and by the objects."""
    stats = record["data_stats"]["stats"]
    for file in stats["files"]:
        assert file["accepted"] + sum(file["quarantined"].values()) == file["rows"], file["name"]
    told = stats["tables"]["transactions"]
    assert told["rows_in"] == len(delivered)
    assert told["rows"] == len(clean_lines(store))
    aside = lines_in_quarantine(store, record["run"])
    assert told["accepted"] + aside == len(delivered)


def clean_lines(store: Artifacts) -> pd.DataFrame:
    manifest = store.read_json(keys.CLEAN_MANIFEST)
    return load_tables(store, manifest["fingerprint"]).transactions


def lines_in_quarantine(store: Artifacts, run: str = "") -> int:
    found = [entry.key for entry in store.list(f"quarantine/{run}")]
    frames = [
        pd.read_parquet(io.BytesIO(store.read(key))) for key in found if "transactions" in key
    ]
    return sum(len(frame) for frame in frames)


def pairs_bought(lines: pd.DataFrame, monday: date) -> int:
    week = between(lines, monday, monday + timedelta(weeks=1))
    return len(week[week["items"] > 0][["customer_id", "product_id"]].drop_duplicates())
