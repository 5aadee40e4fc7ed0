"""The ranking is complete, sorted, and its facts are those of the purchases."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from sodai.domain.explanation import shown
from sodai.domain.features import whole_table
from sodai.domain.ranking import expected_units, order_probabilities, positives, rank

from tests.unit.domain import learned, shops

TABLE = learned.labelled(0).table
PROBABILITY = learned.model().predict(TABLE)
RANKING = rank(TABLE, PROBABILITY, 0.4)


def test_every_candidate_is_there_sorted_by_customer_and_probability():
    assert len(RANKING) == len(TABLE)
    expected = RANKING.sort_values(
        ["customer_id", "probability", "product_id"], ascending=[True, False, True]
    )
    pd.testing.assert_frame_equal(RANKING, expected)


def test_positives_are_the_pairs_from_the_threshold_on():
    chosen = positives(RANKING)
    assert list(chosen.columns) == ["customer_id", "product_id"]
    assert len(chosen) == (PROBABILITY >= 0.4).sum() > 0


def test_facts_are_those_of_the_purchases():
    cutoff = pd.Timestamp(TABLE.window.cutoff)
    lines = shops.tables(shops=150, weeks=20).transactions
    lines = lines[(lines["items"] > 0) & (lines["purchase_date"] < cutoff)]
    lines = lines.assign(age=(cutoff - lines["purchase_date"]).dt.days)
    lines["week"] = (lines["age"] - 1) // 7
    key = ["customer_id", "product_id"]
    recent = lines[lines["week"] < 8].groupby(key)["week"].nunique()
    last = lines.groupby(key)["age"].min()
    facts = RANKING.set_index(key)
    assert (
        facts["weeks_bought_of_8"].to_dict() == recent.reindex(facts.index, fill_value=0).to_dict()
    )
    since = facts["days_since_last"]
    assert since.isna().equals(last.reindex(facts.index).isna())
    assert since.dropna().to_dict() == last.reindex(since.dropna().index).to_dict()


def test_weeks_bought_are_whole_numbers_while_history_is_short():
    window = learned.TARGET.shift(-15)  # after three weeks
    table = whole_table(shops.tables(shops=150, weeks=20).history(), window)
    ranking = rank(table, np.full(len(table), 0.5), 0.5)
    assert set(ranking["weeks_bought_of_8"]) == {0, 1, 2, 3}


def test_customer_who_never_bought_is_ranked_too():
    never = shops.customers(150)["customer_id"].iloc[: shops.NEVER_BOUGHT]
    cold = RANKING[RANKING["customer_id"].isin(never)]
    assert cold["customer_id"].nunique() == shops.NEVER_BOUGHT
    assert (cold["weeks_bought_of_8"] == 0).all()
    assert cold["days_since_last"].isna().all()


def test_expected_items_are_probability_times_items_when_bought():
    assert RANKING["expected_items"].sum() == pytest.approx(PROBABILITY @ TABLE.typical_items)
    units = expected_units(RANKING)
    assert units.sum() == pytest.approx(RANKING["expected_items"].sum())
    assert units.index.is_unique


def test_expected_items_come_near_what_is_bought():
    window, lines = TABLE.window, shops.tables(shops=150, weeks=20).transactions
    inside = lines["purchase_date"].between(
        pd.Timestamp(window.cutoff), pd.Timestamp(window.cutoff + timedelta(days=6))
    )
    bought = lines.loc[inside & (lines["items"] > 0), "items"].sum()
    assert RANKING["expected_items"].sum() == pytest.approx(bought, rel=0.3)


def test_chance_of_an_order_is_that_of_any_purchase():
    chance = order_probabilities(RANKING)
    customer = chance.index[20]
    own = RANKING.loc[RANKING["customer_id"] == customer, "probability"]
    assert chance[customer] == pytest.approx(1 - np.prod(1 - own))


def test_chance_of_an_order_is_the_model_s_own_where_it_has_one():
    orders = learned.model().order_chances(TABLE)
    chance = order_probabilities(rank(TABLE, PROBABILITY, 0.4, orders))
    likeliest = RANKING.groupby("customer_id")["probability"].max()
    assert (chance >= likeliest).all()
    raised = chance != pd.Series(orders).reindex(chance.index)
    assert (chance[raised] == likeliest[raised]).all()
    assert raised.mean() < 0.5


def test_reasons_are_shown_for_the_selected_and_the_first_three_of_each_shop():
    pairs = shown(RANKING)
    assert pairs["selected"].sum() == RANKING["selected"].sum()
    assert (pairs.groupby("customer_id").size() >= 3).all()
    beyond = pairs.groupby("customer_id").cumcount() >= 3
    assert pairs.loc[beyond, "selected"].all()
