"""The target follows from the data alone; windows never reach beyond what is known."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sodai.domain.calendar import Window, monday_of, target_window, training_windows
from sodai.domain.sharding import serving_shard, shard_of

days = st.dates(date(2020, 1, 1), date(2035, 1, 1))


@pytest.mark.parametrize(
    ("newest", "cutoff", "horizon"),
    [
        ("2024-12-29", "2024-12-30", 7),
        ("2024-12-31", "2025-01-01", 5),
        ("2025-01-04", "2025-01-05", 1),
    ],
    ids=["whole week", "Wednesday to Sunday", "only Sunday"],
)
def test_target_runs_from_the_day_after_the_newest_to_sunday(
    newest: str, cutoff: str, horizon: int
) -> None:
    target = target_window(date.fromisoformat(newest))
    assert target == Window(date.fromisoformat(cutoff), horizon)


def test_week_counts_as_complete_when_only_closed_days_are_left() -> None:
    saturday = date(2025, 1, 4)
    assert target_window(saturday, closed_weekdays=[6]) == Window(date(2025, 1, 6), 7)


@given(newest=days)
def test_target_ends_on_a_sunday_and_its_week_is_a_monday(newest: date) -> None:
    target = target_window(newest)
    assert target.end.weekday() == 6
    assert target.week.weekday() == 0
    assert newest < target.cutoff <= newest + timedelta(days=7)


@given(newest=days, weeks=st.integers(0, 80))
def test_training_windows_are_known_and_shaped_like_the_target(newest: date, weeks: int) -> None:
    first = newest - timedelta(weeks=weeks)
    target = target_window(newest)
    windows = training_windows(first, newest, target)
    assert all(window.end <= newest for window in windows)
    assert all(window.cutoff >= first + timedelta(weeks=10) for window in windows)
    assert {window.horizon_days for window in windows} <= {target.horizon_days}
    assert {window.cutoff.weekday() for window in windows} <= {target.cutoff.weekday()}
    assert windows == sorted(windows)


@given(day=days)
def test_monday_is_in_the_same_iso_week(day: date) -> None:
    assert monday_of(day).isocalendar()[:2] == day.isocalendar()[:2]


def test_window_longer_than_a_week_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 7 days"):
        Window(date(2025, 1, 6), 8)


def test_shards_are_the_same_on_every_machine() -> None:
    assert [shard_of(customer, 8) for customer in (1, 2, 25734)] == [6, 4, 0]
    assert serving_shard(1) == "76"
