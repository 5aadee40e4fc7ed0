"""Weeks, windows and the target. Nothing here reads a clock: the data decide what day it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

DAYS_PER_WEEK: Final = 7
HISTORY_WEEKS: Final = 26  # that people are shown of a shop's past
WARM_UP_WEEKS: Final = 10  # the first training window is the 11th week of data


def monday_of(day: date) -> date:
    """Return the Monday of the ISO week that holds ``day``."""
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The days a forecast speaks about: ``[cutoff, cutoff + horizon_days)``.

    Features of a window see only days before ``cutoff``; its labels are purchases inside it.
    """

    cutoff: date
    horizon_days: int

    def __post_init__(self) -> None:
        if not 1 <= self.horizon_days <= DAYS_PER_WEEK:
            raise ValueError(f"a window has 1 to 7 days, not {self.horizon_days}")

    @property
    def end(self) -> date:
        """Last day of the window (inclusive)."""
        return self.cutoff + timedelta(days=self.horizon_days - 1)

    @property
    def week(self) -> date:
        """The Monday that names the window's ISO week."""
        return monday_of(self.cutoff)

    def shift(self, weeks: int) -> "Window":
        """Return the same weekdays ``weeks`` later (negative: earlier)."""
        return Window(self.cutoff + timedelta(weeks=weeks), self.horizon_days)


def target_window(newest_day: date, closed_weekdays: Iterable[int] = ()) -> Window:
    """Return the window to forecast once ``newest_day`` is the newest purchase day.

    Parameters
    ----------
    newest_day : date
        Newest purchase day among accepted transactions.
    closed_weekdays : iterable of int
        Weekdays (Monday is 0) that carried less than 1 % of the lines of the last 8 weeks.

    Returns
    -------
    Window
        From the day after ``newest_day`` to the Sunday of that ISO week; the whole next week
        when every day left of the week is a closed weekday.
    """
    closed = set(closed_weekdays)
    cutoff = newest_day + timedelta(days=1)
    left = DAYS_PER_WEEK - cutoff.weekday()
    if left < DAYS_PER_WEEK and all(day in closed for day in range(cutoff.weekday(), 7)):
        cutoff, left = cutoff + timedelta(days=left), DAYS_PER_WEEK
    return Window(cutoff, left)


def training_windows(first_day: date, newest_day: date, target: Window) -> list[Window]:
    """Return every past window with the target's weekdays and length, oldest first.

    They end by ``newest_day`` and start once ``WARM_UP_WEEKS`` weeks of history exist.
    """
    earliest = first_day + timedelta(weeks=WARM_UP_WEEKS)
    windows = []
    window = target.shift(-1)
    while window.cutoff >= earliest:
        if window.end <= newest_day:
            windows.append(window)
        window = window.shift(-1)
    return windows[::-1]
