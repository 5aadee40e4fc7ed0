"""What a decision was worth: the model chosen against the one that was not."""

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sodai.domain.calendar import Window
from sodai.domain.evaluation import ScoredPairs
from sodai.domain.history import History, labels
from sodai.domain.ledger import Bought, Earned, earned, entry, summary, with_entries

from tests.unit.domain.small_distributor import customers, products, transactions

LINES = transactions(12)
PUBLISHED = {
    "week": "2024-06-03",
    "run": "r1",
    "decision": {"retrain": True, "reasons": ["DRIFT"], "promoted": True, "winner": "challenger"},
}
FORMER = {"role": "former_champion", "version": "v1"}


@pytest.fixture(scope="module")
def history() -> History:
    return History.from_tables(customers(), products(), LINES)


@pytest.fixture(scope="module")
def window(history: History) -> Window:
    return Window(history.newest_day - timedelta(days=6), 7)


def test_units_of_a_window_are_those_of_its_lines(history: History, window: Window) -> None:
    inside = LINES["purchase_date"] >= pd.Timestamp(window.cutoff)
    sold = LINES[inside & (LINES["items"] > 0)]
    bought = Bought.of(history, window)
    assert bought.units.sum() == pytest.approx(sold["items"].sum())
    assert bought.pairs.count == labels(history, window).count


def test_perfect_forecast_earns_every_pair_and_unit(history: History, window: Window) -> None:
    bought = Bought.of(history, window)
    pairs = bought.pairs
    scored = ScoredPairs(pairs.customer_ids, pairs.product_ids, np.full(pairs.count, 0.9))
    told = earned(scored, 0.5, bought, unit_margin=2.0)
    assert (told.f1, told.pairs, told.predicted_pairs) == (1.0, pairs.count, pairs.count)
    assert told.units == pytest.approx(bought.units.sum())
    assert told.money == pytest.approx(2 * told.units)
    assert earned(scored, 0.5, bought).money is None


def test_pair_that_is_not_predicted_earns_nothing(history: History, window: Window) -> None:
    bought = Bought.of(history, window)
    pairs = bought.pairs
    scores = np.where(np.arange(pairs.count) == 0, 0.9, 0.1)
    told = earned(ScoredPairs(pairs.customer_ids, pairs.product_ids, scores), 0.5, bought)
    assert (told.pairs, told.units) == (1, pytest.approx(bought.units[0]))


def worth(f1: float, pairs: int, units: float, money: float | None = None) -> Earned:
    return Earned(f1, f1, 10, pairs, units, money)


def scored(run: str, week: str, gain: float, reasons: list[str]) -> dict[str, Any]:
    published = {**PUBLISHED, "run": run, "week": week}
    published["decision"] = {**PUBLISHED["decision"], "reasons": reasons}  # type: ignore[dict-item]
    return entry(published, worth(0.5 + gain, 12, 40), FORMER, worth(0.5, 10, 50))


def test_decision_is_worth_the_difference_to_the_model_not_chosen() -> None:
    told = entry(PUBLISHED, worth(0.6, 12, 40, 80), FORMER, worth(0.5, 10, 50, 100))
    assert told["difference"] == pytest.approx(
        {"f1": 0.1, "average_precision": 0.1, "pairs": 2, "units": -10, "money": -20}
    )
    assert told["alternative"]["version"] == "v1"
    json.dumps(told, allow_nan=False)


def test_week_without_another_model_says_why() -> None:
    told = entry(PUBLISHED, worth(0.6, 12, 40), {"reason": "NO_CHALLENGER"}, None)
    assert told["alternative"] == {"reason": "NO_CHALLENGER"}
    assert told["difference"] is None


def test_each_reason_is_told_what_it_was_worth() -> None:
    kept = entry(
        {**PUBLISHED, "decision": {**PUBLISHED["decision"], "reasons": ["NO_REASON"]}},  # type: ignore[dict-item]
        worth(0.6, 12, 40),
        {"reason": "NO_CHALLENGER"},
        None,
    )
    both = ["CHAMPION_AGE", "DRIFT"]
    told = summary([kept, scored("r2", "w2", 0.1, both), scored("r3", "w3", 0.3, ["DRIFT"])])
    by_reason = told["by_reason"]
    assert by_reason["NO_REASON"]["decisions"] == 1
    assert (by_reason["NO_REASON"]["scored"], by_reason["NO_REASON"]["f1"]) == (0, None)
    assert (by_reason["DRIFT"]["f1"], by_reason["DRIFT"]["pairs"]) == (pytest.approx(0.2), 4)
    assert by_reason["CHAMPION_AGE"]["f1"] == pytest.approx(0.1)
    assert (told["all"]["decisions"], told["all"]["scored"]) == (3, 2)


def test_decision_scored_again_stands_once_and_weeks_are_in_order() -> None:
    before = [scored("r2", "w2", 0.1, ["DRIFT"])]
    after = with_entries(before, [scored("r2", "w2", 0.2, []), scored("r1", "w1", 0.0, [])])
    assert [one["run"] for one in after] == ["r1", "r2"]
    assert after[1]["difference"]["f1"] == pytest.approx(0.2)
