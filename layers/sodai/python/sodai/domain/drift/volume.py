"""The volume chart: how far a week's lines lie from the ordinary, in robust sigmas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from sodai.domain.deliveries import closed_weekdays, complete_weeks, week_of
from sodai.domain.robust import robust_sigma

VOLUME_WEEKS: Final = 8
VOLUME_LIMIT: Final = 3.5
VOLUME_FLOOR: Final = 0.10


@dataclass(frozen=True, slots=True)
class VolumePoint:
    """One week on the chart; ``sigmas`` is None while there is too little history."""

    week: date
    lines: int
    sigmas: float | None
    limit: float
    flagged: bool


def volume_chart(lines: Mapping[date, int], limit: float = VOLUME_LIMIT) -> dict[date, VolumePoint]:
    """Judge complete weeks in order, each against the last 8 unflagged ones before it.

    Parameters
    ----------
    lines : mapping
        Lines by week (Monday), of consecutive complete weeks.
    limit : float
        Robust sigmas beyond which a week is flagged.

    Returns
    -------
    dict
        A point per week, oldest first.
    """
    chart: dict[date, VolumePoint] = {}
    ordinary: list[int] = []
    for week in sorted(lines):
        sigmas = _sigmas(lines[week], ordinary[-VOLUME_WEEKS:])
        flagged = sigmas is not None and abs(sigmas) > limit
        chart[week] = VolumePoint(week, lines[week], sigmas, limit, flagged)
        if not flagged:
            ordinary.append(lines[week])
    return chart


def flagged_weeks(transactions: pd.DataFrame) -> frozenset[date]:
    """Return the complete weeks of unusual volume in clean transactions, at least one line."""
    days = transactions["purchase_date"]
    first, newest = days.min().date(), days.max().date()
    counted = week_of(days).dt.date.value_counts()
    weeks = complete_weeks(first, newest, closed_weekdays(transactions, newest))
    chart = volume_chart({week: int(counted.get(week, 0)) for week in weeks})
    return frozenset(week for week, point in chart.items() if point.flagged)


def _sigmas(lines: int, ordinary: Sequence[int]) -> float | None:
    if len(ordinary) < VOLUME_WEEKS:
        return None
    usual = np.maximum(ordinary, 1)
    ratio = np.log(max(lines, 1) / np.median(usual))
    return float(ratio / robust_sigma(np.log(usual), VOLUME_FLOOR))
