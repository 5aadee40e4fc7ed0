"""Baselines score plainly, choose their cut from the past, and survive JSON."""

import numpy as np
import pytest
from sodai.domain.baselines import (
    BASELINES,
    Logistic,
    best_baseline,
    fitted_baseline_from_json,
)
from sodai.domain.features import LabelledTable
from sodai.domain.pairs import Pairs
from sodai.domain.threshold import best_threshold, plug_in_threshold

from tests.unit.domain import learned

NAMES = ("repeat_last_week", "frequency_8w", "logistic")
BY_NAME = {baseline.name: baseline for baseline in BASELINES}


def test_they_are_called_as_in_results():
    assert tuple(BY_NAME) == NAMES


def test_repeat_last_week_selects_what_was_bought_in_the_last_week():
    table = learned.labelled(0).table
    fitted = BY_NAME["repeat_last_week"].fit([])
    scores = fitted.score(table)
    selected = scores >= fitted.threshold(scores)
    assert np.array_equal(selected, table.column("pair_days_since_last") <= 7)


def test_frequency_is_cut_where_it_did_best_in_the_last_eight_windows():
    past = learned.past(10)
    fitted = BY_NAME["frequency_8w"].fit(past)
    best = [
        best_threshold(fitted.score(each.table), each.labels, each.bought.count)[0]
        for each in past[-8:]
    ]
    assert fitted.threshold(np.empty(0)) == pytest.approx(np.mean(best))


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
