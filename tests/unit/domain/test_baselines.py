"""Baselines score plainly, choose their cut from the past, and survive JSON."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sodai.domain.baselines import (
    BASELINES,
    Logistic,
    PersonalTopK,
    best_baseline,
    fitted_baseline_from_json,
)
from sodai.domain.calendar import Window
from sodai.domain.features import LabelledTable, whole_table
from sodai.domain.history import History
from sodai.domain.pairs import Pairs
from sodai.domain.threshold import best_threshold, plug_in_threshold

from tests.unit.domain import learned, shops

NAMES = ("repeat_last_week", "frequency_8w", "personal_top_k", "tifu_knn", "up_cf", "logistic")
CUT_COLUMNS = {"frequency_8w": "pair_share_8w", "tifu_knn": "tifu_knn", "up_cf": "up_cf"}
BY_NAME = {baseline.name: baseline for baseline in BASELINES}


def test_they_are_called_as_in_results():
    assert tuple(BY_NAME) == NAMES


def test_repeat_last_week_selects_what_was_bought_in_the_last_week():
    table = learned.labelled(0).table
    fitted = BY_NAME["repeat_last_week"].fit([])
    scores = fitted.score(table)
    selected = scores >= fitted.threshold(scores)
    assert np.array_equal(selected, table.column("pair_days_since_last") <= 7)


@pytest.mark.parametrize(("name", "column"), CUT_COLUMNS.items())
def test_column_is_cut_where_it_did_best_in_the_last_eight_windows(name, column):
    past = learned.past(10)
    fitted = BY_NAME[name].fit(past)
    assert np.array_equal(fitted.score(past[0].table), past[0].table.column(column))
    best = [
        best_threshold(fitted.score(each.table), each.labels, each.bought.count)[0]
        for each in past[-8:]
    ]
    assert fitted.threshold(np.empty(0)) == pytest.approx(np.mean(best))


def test_personal_top_k_is_as_many_of_the_most_frequent_as_the_shop_is_expected_to_buy():
    bought = {  # by shop and product: weeks of four
        (7000, 50): [0, 1, 2, 3],
        (7000, 53): [2, 3],
        (7000, 56): [0],
        (7013, 50): [0],
    }
    lines = pd.DataFrame(
        [
            (*pair, pd.Timestamp(2023, 1, 2) + timedelta(weeks=week), 1.0)
            for pair, weeks in bought.items()
            for week in weeks
        ],
        columns=["customer_id", "product_id", "purchase_date", "items"],
    )
    history = History.from_tables(shops.customers(3), shops.products(3), lines)
    table = whole_table(history, Window(date(2023, 1, 30), 7))
    scores = PersonalTopK().score(table).reshape(3, 3)
    share = 0.5 ** (np.arange(3, -1, -1) / 8.5)  # of each week, oldest first
    share /= share.sum()
    assert scores[0] == pytest.approx([1, (1 + share[2] + share[3]) / 2, share[0] / 2])
    assert scores[1] == pytest.approx([share[0] / 2, 0, 0])  # expected are .22 products: none
    assert not scores[2].any()


def test_personal_top_k_selects_the_expected_number_of_products_of_each_shop():
    table = learned.labelled(0).table
    fitted = PersonalTopK()
    scores = fitted.score(table)
    selected = table.take(scores >= fitted.threshold(scores))
    assert (selected.column("pair_purchase_days") > 0).all()
    expected = table.column("customer_basket_8.5w") * table.column("customer_decay_8.5w")
    shop, first = np.unique(table.customer_ids, return_index=True)
    counts = np.array([(selected.customer_ids == each).sum() for each in shop])
    assert (counts <= expected[first] + 0.5).all()
    assert counts.sum() == pytest.approx(expected[first].sum(), rel=0.1)


def test_logistic_gives_probabilities_and_cuts_them_by_expected_f1():
    fitted = BY_NAME["logistic"].fit(learned.past())
    today = learned.labelled(0)
    scores = fitted.score(today.table)
    assert fitted.calibrated
    assert scores.sum() / today.labels.sum() == pytest.approx(1, abs=0.3)
    assert fitted.threshold(scores) == plug_in_threshold(scores)


@pytest.mark.parametrize("name", NAMES)
def test_better_than_chance(name):
    today = learned.labelled(0)
    fitted = BY_NAME[name].fit(learned.past())
    scores = fitted.score(today.table)
    assert scores[today.labels == 1].mean() > 2 * scores[today.labels == 0].mean()


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_between_zero_and_one(name):
    scores = BY_NAME[name].fit(learned.past()).score(learned.labelled(0).table)
    assert scores.min() >= 0
    assert scores.max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_selected_for_shops_without_history(name):
    table = learned.labelled(0).table
    fitted = BY_NAME[name].fit(learned.past())
    scores = fitted.score(table)
    cold = np.isnan(table.column("customer_days_since_order"))
    assert cold.any()
    assert not (scores[cold] >= fitted.threshold(scores)).any()


@pytest.mark.parametrize("name", NAMES)
def test_json_keeps_the_scores(name):
    table = learned.labelled(0).table
    fitted = BY_NAME[name].fit(learned.past())
    again = fitted_baseline_from_json(fitted.to_json())
    scores = fitted.score(table)
    assert again.name == name
    assert np.array_equal(again.score(table), scores)
    assert again.threshold(scores) == fitted.threshold(scores)


@pytest.mark.parametrize("name", NAMES)
def test_without_any_past_there_is_still_a_forecast(name):
    fitted = BY_NAME[name].fit([])
    scores = fitted.score(learned.labelled(0).table)
    assert np.isfinite(scores).all()
    assert 0 < fitted.threshold(scores) <= 1


def test_logistic_without_purchases_falls_back_to_a_low_rate():
    nobody = Pairs.of(np.empty(0, np.int64), np.empty(0, np.int64))
    fitted = Logistic().fit([LabelledTable(learned.labelled(1).table, nobody)])
    scores = fitted.score(learned.labelled(0).table)
    assert 0 < scores.max() < 0.01


def test_sampled_rows_give_nearly_the_same_logistic():
    full = learned.past()
    thin = [LabelledTable(each.table.sampled(0.5), each.bought) for each in full]
    table = learned.labelled(0).table
    fitted, thinner = Logistic().fit(full), Logistic().fit(thin)
    assert thinner.score(table) == pytest.approx(fitted.score(table), abs=0.05)


def test_best_baseline_is_judged_on_windows_it_has_not_seen():
    past = learned.past(8)
    best = best_baseline(past)
    rest = {name: _f1(BY_NAME[name].fit(past[:-2]), past[-2:]) for name in NAMES}
    assert rest[best.name] == max(rest.values())


def test_too_little_past_to_judge_means_frequency():
    assert best_baseline(learned.past(2)).name == "frequency_8w"


def _f1(fitted, windows) -> float:
    values = []
    for each in windows:
        scores = fitted.score(each.table)
        selected = scores >= fitted.threshold(scores)
        hits = each.labels[selected].sum()
        values.append(2 * hits / (selected.sum() + each.bought.count))
    return float(np.mean(values))
