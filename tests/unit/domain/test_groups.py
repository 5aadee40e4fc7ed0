"""Groups of customers are told apart, and where the model is behind is named."""

import numpy as np
import pytest
from sodai.domain.evaluation import (
    Method,
    ScoredPairs,
    behind,
    compare_groups,
    customer_groups,
    evaluate,
    mean_of_groups,
)
from sodai.domain.pairs import Pairs

from tests.unit.domain import learned, shops

HISTORY = shops.tables(shops=150, weeks=20).history()
CUTOFF = learned.TARGET.cutoff
GROUPS = customer_groups(HISTORY, CUTOFF)


def method(seed: int) -> Method:
    table, rng = learned.labelled(0).table, np.random.default_rng(seed)
    return Method(ScoredPairs.of(table, rng.random(len(table))), 0.5)


def compared(**methods: Method) -> list[dict[str, object]]:
    bought = learned.labelled(0).bought
    sold = HISTORY.sold_before(CUTOFF)
    return compare_groups(GROUPS, HISTORY.customer_ids, methods, bought, sold)


def test_every_customer_is_in_one_group_of_each_kind():
    assert set(GROUPS) == {"customer_type", "place", "history"}
    for names in GROUPS.values():
        assert len(names) == len(HISTORY.customer_ids)
    assert set(GROUPS["customer_type"]) == {"KIOSK", "BAR", "STORE"}
    assert len(set(GROUPS["place"])) == 8


def test_size_of_history_counts_order_days_before_the_cutoff():
    lines = shops.tables(shops=150, weeks=20).transactions
    seen = (lines["items"] > 0) & (lines["purchase_date"] < str(CUTOFF))
    days = lines[seen].groupby("customer_id")["purchase_date"].nunique()
    for customer, size in zip(HISTORY.customer_ids.tolist(), GROUPS["history"], strict=True):
        count = days.get(customer, 0)
        expected = (
            "none" if count == 0 else "1-9" if count < 10 else "10-39" if count < 40 else "40"
        )
        assert size.startswith(expected)


def test_figures_of_a_group_are_those_of_its_customers_alone():
    one = method(1)
    row = next(each for each in compared(model=one) if each["group"] == "BAR")
    members = HISTORY.customer_ids[GROUPS["customer_type"] == "BAR"]
    inside = np.isin(one.scored.customer_ids, members)
    part = ScoredPairs(
        one.scored.customer_ids[inside], one.scored.product_ids[inside], one.scored.scores[inside]
    )
    bought = learned.labelled(0).bought
    theirs = np.isin(bought.customer_ids, members)
    actual = Pairs(bought.customer_ids[theirs], bought.product_ids[theirs])
    expected = evaluate(part, actual, members, HISTORY.sold_before(CUTOFF), 0.5)
    assert row["model"]["f1"] == pytest.approx(expected["f1"])
    assert row["model"]["average_precision"] == pytest.approx(expected["average_precision"])
    assert (row["customers"], row["positives"]) == (len(members), actual.count)


def test_groups_of_a_kind_share_what_was_bought_among_them():
    rows = compared(model=method(1))
    for kind in GROUPS:
        bought = sum(row["positives"] for row in rows if row["kind"] == kind)
        assert bought == learned.labelled(0).bought.count


def test_group_in_which_the_model_is_below_in_either_figure_is_behind():
    rows = [
        {
            "group": name,
            "positives": 1,
            "model": {"f1": f1, "average_precision": 0.5},
            "plain": plain,
        }
        for name, f1 in (("a", 0.6), ("b", 0.4))
        for plain in [{"f1": 0.5, "average_precision": 0.5}]
    ]
    assert [row["group"] for row in behind(rows, "model", "plain")] == ["b"]


def test_mean_over_weeks_counts_what_was_bought():
    told = {"kind": "place", "group": "strip 1", "customers": 9}
    first = {**told, "positives": 30, "model": {"f1": 0.2, "average_precision": 0.1}}
    second = {**told, "positives": 10, "model": {"f1": 0.6, "average_precision": 0.5}}
    [row] = mean_of_groups([[first], [second]])
    assert row["model"] == pytest.approx({"f1": 0.3, "average_precision": 0.2})
    assert row["positives"] == 40


def test_group_that_bought_nothing_is_left_out():
    nobody = Pairs.of(np.empty(0, np.int64), np.empty(0, np.int64))
    sold = HISTORY.sold_before(CUTOFF)
    methods = {"model": method(1)}
    assert compare_groups(GROUPS, HISTORY.customer_ids, methods, nobody, sold) == []
    assert mean_of_groups([[], []]) == []
