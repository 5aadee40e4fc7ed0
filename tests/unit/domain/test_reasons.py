"""Reasons are facts, chosen by the signed contributions; parts add up as they are shown."""

from math import log
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sodai.domain.explanation import OTHERS, REMAINDER, local_contributions, shown
from sodai.domain.features.catalogue import CATEGORY_FEATURES, NUMERIC_FEATURES
from sodai.domain.pairs import Pairs, positions_of
from sodai.domain.ranking import as_shown, rank
from sodai.domain.reasons import FACTS, MOST_REASONS, Why, choose_reasons, explain_pairs, facts_of
from sodai.serving.wording import WORDS, say

from tests.unit.domain import learned

TABLE = learned.labelled(0).table
RANKING = rank(TABLE, learned.model().predict(TABLE), threshold=0.4)
SHOWN = shown(RANKING)


@pytest.fixture(scope="module")
def why() -> Why:
    pairs = Pairs.of(SHOWN["customer_id"].to_numpy(), SHOWN["product_id"].to_numpy())
    rows = np.flatnonzero(positions_of(pairs, TABLE.customer_ids, TABLE.product_ids) >= 0)
    model = learned.model()
    parts = model.contributions(TABLE.take(rows))
    named = local_contributions(model, TABLE, rows, parts=parts)
    return explain_pairs(named, facts_of(TABLE, rows, model.feature_names, parts), SHOWN)


def test_the_parts_of_every_shown_pair_sum_to_the_logit_as_it_is_shown(why: Why) -> None:
    assert len(why.contributions) == len(SHOWN)
    for row in SHOWN.itertuples():
        parts = why.contributions[row.customer_id, row.product_id]
        p = as_shown(row.probability)
        assert sum(part[2] for part in parts) == pytest.approx(log(p / (1 - p)), abs=1e-5)


def test_labels_are_words_and_never_names_of_features(why: Why) -> None:
    names = {*NUMERIC_FEATURES, *CATEGORY_FEATURES, OTHERS, REMAINDER, "base"}
    assert why.labels
    for es, en in why.labels:
        assert es
        assert en
        assert not {es, en} & names


def test_most_shown_pairs_have_reasons_with_words_and_none_is_said_twice(why: Why) -> None:
    told = [reasons for reasons in why.reasons.values() if reasons]
    assert len(told) > 0.9 * len(SHOWN)
    for reasons in told:
        codes = [reason[0] for reason in reasons]
        assert len(codes) == len({*codes}) <= MOST_REASONS
        assert {*codes} <= {*WORDS}
        say(reasons)


def test_what_is_said_of_the_weeks_is_what_was_bought(why: Why) -> None:
    weeks = SHOWN.set_index(["customer_id", "product_id"])["weeks_bought_of_8"]
    said = [
        (pair, number)
        for pair, reasons in why.reasons.items()
        for code, _, *number in reasons
        if code in {"BOUGHT_WEEKS", "FEW_WEEKS"}
    ]
    assert len(said) > 20
    assert all(weeks[pair] == number[0] for pair, number in said)


FACTS_OF_ONE: dict[str, Any] = {
    **dict.fromkeys(FACTS, 0.0),
    "customer_id": 1,
    "product_id": 2,
    "horizon": {0, 1, 2, 3, 4, 5, 6},
    "ordered_weeks": 8.0,
}


def chosen(parts: dict[str, float], weeks: int = 5, **facts: Any) -> list[Any]:
    row = np.arange(1)
    values = np.array([[*parts.values(), 0.0]])
    weights = facts_of(TABLE.take(row), row, [*parts], values)
    known = pd.DataFrame([{**weights.iloc[0].to_dict(), **FACTS_OF_ONE, **facts}])
    ranking = pd.DataFrame({"customer_id": [1], "product_id": [2], "weeks_bought_of_8": [weeks]})
    return choose_reasons(known, ranking)[1, 2]


def test_what_similar_shops_do_is_said_only_where_the_shop_has_no_habit() -> None:
    for weeks, codes in ((1, ["SIMILAR_SHOPS"]), (6, [])):
        told = chosen({"neighbours_1w": 1.0}, weeks=weeks, neighbours_1w=3.0)
        assert [one[0] for one in told] == codes


def test_the_weightiest_theme_comes_first() -> None:
    rising = {"cell_rate_1w": 0.3, "cell_rate_8.5w": 0.2}
    for habit, codes in ((2.0, ["BOUGHT_WEEKS", "RISING_CELL"]), (0.5, ["RISING_CELL"])):
        parts = {"pair_decay_4w": habit, "cell_rate_1w": 1.0}
        assert [one[0] for one in chosen(parts, **rising)][: len(codes)] == codes


@pytest.mark.parametrize(
    ("parts", "facts", "expected"),
    [
        ({"cell_rate_1w": 1.0}, {"cell_rate_1w": 0.2, "cell_rate_8.5w": 0.2}, "POPULAR_CELL"),
        ({"cell_rate_1w": -1.0}, {"cell_rate_1w": 0.1, "cell_rate_8.5w": 0.2}, "FALLING_CELL"),
        ({"product_surge_1w": 1.0}, {"product_surge_1w": 0.4}, "RISING"),
        ({"product_surge_1w": 1.0}, {"product_surge_1w": -0.4}, None),
        ({"customer_best_weekday": 1.0}, {"customer_best_weekday_rate": 0.9}, "USUAL_WEEKDAY"),
        (
            {"customer_best_weekday": 1.0},
            {"customer_best_weekday_rate": 0.9, "horizon": {3}, "ordered_weeks": 2.0},
            None,
        ),
        ({"customer_share_8w": -1.0}, {"customer_days_since_order": 30.0}, "NO_ORDER_LATELY"),
        ({"pair_decay_4w": -1.0}, {"pair_days_since_last": np.nan}, "NEVER_BOUGHT"),
        ({"affinity_brand": 1.0}, {"affinity_brand": 0.4}, "SAME_BRAND"),
        ({"days_since_brand": -1.0}, {"affinity_brand": 0.4}, None),
        ({"neighbours_1w": 1.0}, {"neighbours_1w": 0.0}, None),
        ({"pair_decay_4w": 0.01}, {}, None),
    ],
)
def test_a_theme_is_a_reason_only_where_a_fact_says_the_same(
    parts: dict[str, float], facts: dict[str, Any], expected: str | None
) -> None:
    told = chosen(parts, **facts)
    assert (told[0][0] if told else None) == expected


def test_a_pair_bought_every_week_that_weighs_against_it_is_not_called_rare() -> None:
    assert chosen({"pair_decay_4w": -1.0}, weeks=8, pair_days_since_last=2.0) == []


def test_a_pair_that_is_ordered_every_few_days_is_not_called_due() -> None:
    due = {"pair_recency_over_gap": 1.0}
    for gap, codes in ((3.0, ["BOUGHT_WEEKS"]), (9.0, ["BOUGHT_WEEKS", "DUE"])):
        told = chosen({"pair_decay_4w": 1.0}, pair_mean_gap=gap, **due)
        assert [one[0] for one in told] == codes
