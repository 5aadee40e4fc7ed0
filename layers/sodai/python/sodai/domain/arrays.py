"""Typed pieces of numpy: what the features and metrics count with."""

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def totals(group: IntArray, values: FloatArray, groups: int) -> FloatArray:
    """Add up values by group, in their order, so that no sharding changes a bit.

    Parameters
    ----------
    group : ndarray of shape (n,)
        Which group each value belongs to, in ``[0, groups)``.
    values : ndarray of shape (n,)
        What is added up.
    groups : int
        Number of groups, empty ones included.
    """
    summed: FloatArray = np.bincount(group, weights=values, minlength=groups).astype(np.float64)
    return summed


def counts(group: IntArray, groups: int) -> FloatArray:
    """Count the members of each group, empty groups included."""
    return np.bincount(group, minlength=groups).astype(np.float64)


def positions_in(sorted_ids: IntArray, ids: IntArray) -> IntArray:
    """Return the position of each id in a sorted array of unique ids; -1 where it is absent."""
    if not len(sorted_ids):
        return np.full(len(ids), -1)
    found = np.minimum(np.searchsorted(sorted_ids, ids), len(sorted_ids) - 1)
    return np.where(sorted_ids[found] == ids, found, -1)
