"""Chance without a generator: a stable hash of ids, the same on every machine and shard."""

from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray, IntArray

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_STEPS: Final = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter 64-bit integers (SplitMix64: Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        values = values + _GAMMA
        for shift, factor in _STEPS:
            values = (values ^ (values >> shift)) * factor
    return values ^ (values >> np.uint64(31))


def stable_hash(*columns: IntArray) -> NDArray[np.uint64]:
    """Return one 64-bit hash per row of equally long integer columns."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = _mixed(mixed ^ column.astype(np.int64).view(np.uint64))
    return mixed


def stable_uniform(customer_ids: IntArray, product_ids: IntArray, cutoff: date) -> FloatArray:
    """Return a number in [0, 1) for each pair at a cutoff, always the same one."""
    day = np.full(len(customer_ids), cutoff.toordinal())
    high = stable_hash(customer_ids, product_ids, day) >> np.uint64(11)
    return high.astype(np.float64) * 2.0**-53
