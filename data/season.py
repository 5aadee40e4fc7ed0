"""How much is sold on a day: weekdays, holidays, collapses and the peak before Christmas."""

from datetime import date, timedelta
from typing import Final

import numpy as np

from data.recipe import Floats, Recipe, Stream

WEEKDAY_SHARE: Final = np.array([0.195, 0.158, 0.146, 0.196, 0.182, 0.084, 0.039])
HOLIDAYS: Final = {(1, 1), (5, 1), (8, 15), (9, 18), (11, 1), (12, 25)}
HOLIDAY_VOLUME: Final = 0.4
PEAK_DAYS: Final = ((12, 15), (12, 28))
PEAK_VOLUME: Final = 1.9
COLLAPSES: Final = ((16, 3), (27, 2))  # earliest ISO week, length in weeks
COLLAPSE_VOLUME: Final = 0.31
WEEK_NOISE: Final = 0.1  # standard deviations of the log
DAY_NOISE: Final = 0.18


def day_volume(recipe: Recipe, week: int) -> Floats:
    """Return the volume of the seven days of a week, where 1 is a usual day of a usual week."""
    chance = recipe.chance(Stream.SEASON, week)
    monday = recipe.monday(week)
    level = np.exp(chance.normal(0, WEEK_NOISE))
    if _is_collapsed(recipe, monday):
        level *= COLLAPSE_VOLUME
    days: Floats = np.exp(chance.normal(0, DAY_NOISE, 7)) * level
    for offset in range(7):
        day = monday + timedelta(days=offset)
        if (day.month, day.day) in HOLIDAYS:
            days[offset] *= HOLIDAY_VOLUME
        elif PEAK_DAYS[0] <= (day.month, day.day) <= PEAK_DAYS[1]:
            days[offset] *= PEAK_VOLUME
    return days


def _is_collapsed(recipe: Recipe, monday: date) -> bool:
    year, iso_week, _ = monday.isocalendar()
    starts = recipe.chance(Stream.SEASON, 1_000_000 + year).integers(0, 5, len(COLLAPSES))
    return any(
        earliest + start <= iso_week < earliest + start + length
        for start, (earliest, length) in zip(starts, COLLAPSES, strict=True)
    )
