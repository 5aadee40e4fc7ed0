"""Spread of a few weeks that one odd week cannot move."""

from collections.abc import Sequence
from typing import Final

import numpy as np

NORMAL: Final = 1.4826  # a normal distribution's standard deviation over its MAD


def robust_sigma(values: Sequence[float] | np.ndarray, floor: float) -> float:
    """Return the scaled median absolute deviation from the median, at least ``floor``."""
    centred = np.abs(np.asarray(values, dtype=np.float64) - np.median(values))
    return max(NORMAL * float(np.median(centred)), floor)
