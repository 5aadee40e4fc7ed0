"""The threshold with the best F1, expected or in hindsight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from sodai.domain.threshold import best_threshold, plug_in_threshold

probabilities = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=30)
coarse = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=30
)


@given(probabilities)
def test_no_other_cut_has_a_higher_expected_f1(values):
    p = np.array(values)

    def expected_f1(threshold: float) -> float:
        chosen = p >= threshold
        return 2 * p[chosen].sum() / (chosen.sum() + p.sum())

    assert expected_f1(plug_in_threshold(p)) == pytest.approx(max(map(expected_f1, p)))


def test_sure_pairs_are_selected_and_hopeless_ones_not():
    assert plug_in_threshold(np.array([0.01] * 50 + [0.9] * 5)) == 0.9


def test_bounds_hold_the_threshold():
    p = np.array([0.9, 0.9, 0.01])
    assert plug_in_threshold(p, bounds=(0.2, 0.4)) == 0.4
    assert plug_in_threshold(p / 100, bounds=(0.2, 0.4)) == 0.2


def test_without_candidates_nothing_is_selected():
    assert plug_in_threshold(np.empty(0)) == 1


@given(coarse, st.integers(0, 5))
def test_hindsight_finds_what_sklearn_finds_with_ties(rows, missed):
    scores = np.array([score for score, _ in rows])
    labels = np.array([bought for _, bought in rows], np.int8)
    threshold, f1 = best_threshold(scores, labels, int(labels.sum()) + missed)
    truth = np.append(labels, np.ones(missed, np.int8))

    def f1_at(cut: float) -> float:
        return f1_score(truth, np.append(scores >= cut, np.zeros(missed)), zero_division=0)

    assert f1 == pytest.approx(max(map(f1_at, scores)))
    assert f1_at(threshold) == pytest.approx(f1)


def test_weights_stand_for_rows():
    scores, labels = np.array([0.9, 0.5, 0.4]), np.array([1, 0, 1], np.int8)
    weighted = best_threshold(scores, labels, 2, np.array([1.0, 4.0, 1.0]))
    repeated = best_threshold(np.repeat(scores, [1, 4, 1]), np.repeat(labels, [1, 4, 1]), 2)
    assert weighted == repeated


def test_nothing_bought_means_nothing_selected():
    threshold, f1 = best_threshold(np.array([0.2, 1.0]), np.zeros(2, np.int8), 0)
    assert threshold > 1
    assert f1 == 0


def test_positives_outside_the_candidates_lower_the_threshold():
    p = np.linspace(0.01, 0.9, 200)
    assert plug_in_threshold(p, held=1.0) == plug_in_threshold(p)
    assert plug_in_threshold(p, held=0.5) < plug_in_threshold(p)
