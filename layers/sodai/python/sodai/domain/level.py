"""The level of a week: one offset in log-odds, learned from the weeks that came true.

A model learns from a year in which whole weeks sank or soared; what it expects in all can be off
for many weeks running, though the order of the pairs is right.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from sodai.domain.arrays import FloatArray

HALF_LIFE_WEEKS: Final = 4  # chosen on August and September, as are the next two
PRIOR_WEEKS: Final = 1.0  # of offset 0
MOST: Final = 0.4  # log-odds that one week may count for; events are no habit
_FARTHEST: Final = 6.0
_NEVER: Final = 1e-9


def levelled(probability: FloatArray, offset: float) -> FloatArray:
    """Move probabilities by an offset in log-odds; their order stays."""
    if not offset:
        return probability
    odds = logit(np.clip(probability, _NEVER, 1 - _NEVER))
    return np.asarray(expit(odds + offset), np.float64)


def level_offset(probability: FloatArray, bought: int) -> float:
    """Return the offset in log-odds with which the probabilities would have summed to ``bought``.

    Parameters
    ----------
    probability : ndarray of shape (pairs,)
        As they were forecast.
    bought : int
        Pairs of these that were bought.
    """

    def surplus(offset: float) -> float:
        return float(levelled(probability, offset).sum()) - bought

    if surplus(-_FARTHEST) >= 0:
        return -_FARTHEST
    if surplus(_FARTHEST) <= 0:
        return _FARTHEST
    return float(brentq(surplus, -_FARTHEST, _FARTHEST, xtol=1e-6))


def coming_offset(offsets: Sequence[float]) -> float:
    """Return the offset for the coming week from those of past weeks, oldest first.

    A mean that halves its weights every 4 weeks, drawn to 0 by as much as one week weighs.
    """
    weights = 0.5 ** (np.arange(len(offsets))[::-1] / HALF_LIFE_WEEKS)
    bounded = np.clip(np.asarray(offsets, np.float64), -MOST, MOST)
    return float((weights * bounded).sum() / (weights.sum() + PRIOR_WEEKS))
