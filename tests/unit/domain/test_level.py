"""The level of the coming week is learned from the weeks that came true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sodai.domain.level import MOST, coming_offset, level_offset, levelled

PROBABILITIES = np.random.default_rng(5).beta(0.3, 3, 5000)


@given(st.floats(-3, 3))
def test_offset_is_found_again_from_what_was_bought(offset):
    bought = levelled(PROBABILITIES, offset).sum()
    assert level_offset(PROBABILITIES, round(bought)) == pytest.approx(offset, abs=0.02)


def test_order_of_the_pairs_stays_and_no_offset_changes_nothing():
    moved = levelled(PROBABILITIES, 0.3)
    assert (np.diff(moved[np.argsort(PROBABILITIES)]) >= 0).all()
    assert (moved > PROBABILITIES).all()
    assert levelled(PROBABILITIES, 0.0) is PROBABILITIES
    assert np.isfinite(levelled(np.array([0.0, 1.0]), 0.3)).all()


def test_nothing_bought_and_everything_bought_have_a_finite_offset():
    assert level_offset(PROBABILITIES, 0) < -5
    assert level_offset(PROBABILITIES, len(PROBABILITIES)) > 5
    assert level_offset(np.zeros(0), 0) < 0


def test_no_week_yet_gives_no_offset_and_one_counts_half():
    assert coming_offset([]) == 0
    assert coming_offset([0.2]) == pytest.approx(0.1)


def test_newer_weeks_weigh_more_and_one_event_is_bounded():
    assert coming_offset([0.0, 0.2]) > coming_offset([0.2, 0.0])
    assert coming_offset([5.0]) == pytest.approx(MOST / 2)
    assert coming_offset([0.3] * 40) == pytest.approx(0.3, rel=0.2)
