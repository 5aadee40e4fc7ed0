"""A forecast that cannot be right is stopped before anyone sees it."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sodai.domain.calendar import Window
from sodai.domain.errors import ForecastRefused
from sodai.domain.sanity import SanityReport, check

from tests.unit.domain import small_distributor as shop

STATE = shop.clean_state(shop.transactions(weeks=12))
TARGET = Window(date(2024, 3, 25), 7)


def by_frequency() -> pd.DataFrame:
    """Score every pair by the weeks in which it was bought lately."""
    lines = STATE.transactions[STATE.transactions["purchase_date"] >= "2024-01-29"]
    weeks = lines[lines["items"] > 0].groupby(["customer_id", "product_id"])["order_id"].nunique()
    pairs = pd.MultiIndex.from_product(
        [STATE.customers["customer_id"], STATE.products["product_id"]],
        names=["customer_id", "product_id"],
    )
    ranking = (weeks.reindex(pairs, fill_value=0) / (weeks.max() + 1)).rename("probability")
    return ranking.reset_index().assign(selected=lambda frame: frame["probability"] > 0.3)


RANKING = by_frequency()


def examine(ranking: pd.DataFrame, forecast: Window = TARGET) -> SanityReport:
    return check(ranking, STATE.transactions, STATE.customers, TARGET, forecast)


def codes(report: SanityReport) -> list[str]:
    return [failure.code for failure in report.failures]


def test_a_healthy_forecast_passes() -> None:
    report = examine(RANKING)
    report.require_sane()
    assert report.habit_top1 == 1
    assert report.habit_customers > 30
    assert report.active == 60
    json.dumps(report.to_dict(), allow_nan=False)


def test_scores_of_another_customer_are_noticed() -> None:
    shuffled = RANKING.copy()
    rng = np.random.default_rng(0)
    by_product = RANKING["product_id"].max() - RANKING["product_id"]
    shuffled["probability"] = rng.permutation(RANKING["probability"].to_numpy()) * 0.9
    shuffled["probability"] += by_product * 1e-6
    report = examine(shuffled)
    assert codes(report) == ["HABITS_LOST"]
    with pytest.raises(ForecastRefused) as caught:
        report.require_sane()
    assert "mixed up" in caught.value.user_message


def copied(table: pd.DataFrame, copies: int = 5) -> pd.DataFrame:
    """Repeat a table for copies of its customers."""
    return pd.concat(
        [table.assign(customer_id=table["customer_id"] + 100 * n) for n in range(copies)],
        ignore_index=True,
    )


def test_scores_of_few_customers_exchanged_are_noticed() -> None:
    cycle = [1001, 1006, 1011, 1004, 1009, 1002, 1007]
    exchanged = dict(zip(cycle, cycle[1:] + cycle[:1], strict=True))
    ranking = copied(RANKING)
    of = ranking["customer_id"].map(lambda customer: exchanged.get(customer, customer))
    scores = ranking.set_index(["customer_id", "product_id"])["probability"]
    theirs = scores.reindex(pd.MultiIndex.from_arrays([of, ranking["product_id"]])).to_numpy()
    many = (copied(STATE.transactions), copied(STATE.customers), TARGET, TARGET)
    healthy, broken = (
        check(ranking.assign(probability=values), *many)
        for values in (ranking["probability"], theirs)
    )
    assert healthy.mixed_up == 0
    assert 4 <= broken.mixed_up <= len(cycle)
    assert codes(broken) == ["SCORES_MIXED_UP"]


def test_scores_of_few_customers_exchanged_are_no_evidence_where_few_are_judged() -> None:
    swapped = RANKING["customer_id"].replace({1001: 1006, 1006: 1001})
    report = examine(RANKING.assign(customer_id=swapped))
    assert report.mixed_up == 2
    assert codes(report) == []


def test_few_habits_are_no_evidence() -> None:
    few = RANKING[RANKING["customer_id"] < 1010].assign(probability=0.5)
    report = check(
        few,
        STATE.transactions[STATE.transactions["customer_id"] < 1010],
        STATE.customers,
        TARGET,
        TARGET,
    )
    assert report.habit_customers <= 10
    assert codes(report) == []


def test_an_unscored_active_customer_stops_it() -> None:
    report = examine(RANKING[RANKING["customer_id"] != 1003])
    assert report.unscored == 1
    assert codes(report) == ["UNSCORED_CUSTOMERS"]


@pytest.mark.parametrize(
    ("value", "field"), [(np.nan, "not_finite"), (np.inf, "not_finite"), (1.2, "out_of_range")]
)
def test_a_value_that_is_no_probability_stops_it(value: float, field: str) -> None:
    broken = RANKING.copy()
    broken.loc[5, "probability"] = value
    report = examine(broken)
    assert getattr(report, field) == 1
    assert codes(report) == ["BAD_PROBABILITY"]


def test_scores_for_another_week_stop_it() -> None:
    assert codes(examine(RANKING, TARGET.shift(-1))) == ["WRONG_WINDOW"]
    assert codes(examine(RANKING, replace(TARGET, horizon_days=6))) == ["WRONG_WINDOW"]


def test_not_a_single_pair_stops_it() -> None:
    assert codes(examine(RANKING.assign(selected=False))) == ["NO_PAIRS"]


def test_the_usual_number_of_pairs_is_that_of_the_same_days() -> None:
    lines = STATE.transactions
    short = Window(date(2024, 3, 27), 5)
    expected = []
    for weeks in range(1, 9):
        window = short.shift(-weeks)
        days = lines["purchase_date"].between(str(window.cutoff), str(window.end))
        bought = lines[days & (lines["items"] > 0)]
        expected.append(len(bought[["customer_id", "product_id"]].drop_duplicates()))
    report = check(RANKING, lines, STATE.customers, short, short)
    assert report.usual_pairs == np.median(expected)


def test_lines_after_the_cutoff_are_not_looked_at() -> None:
    future = STATE.transactions.assign(
        purchase_date=pd.Timestamp("2024-03-26"), customer_id=1, items=5.0
    )
    lines = pd.concat([STATE.transactions, future], ignore_index=True)
    assert check(RANKING, lines, STATE.customers, TARGET, TARGET) == examine(RANKING)
