"""A bound on training rows: beyond it, some of the customers stand for all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

import numpy as np

from sodai.domain.arrays import BoolArray, IntArray
from sodai.domain.features.sampling import stable_hash
from sodai.domain.features.table import FeatureTable, LabelledTable
from sodai.domain.pairs import Pairs

MOST_TRAINING_ROWS: Final = 2_500_000  # a year of some 2,500 customers; 1.6 GB in float32
_SALT: Final = 20_240_101  # the plain hash chooses reference customers, who are not like others


def bounded(tables: Iterable[LabelledTable], most: int = MOST_TRAINING_ROWS) -> list[LabelledTable]:
    """Collect training tables; while they have too many rows, give up half of the customers.

    The customers kept are the same in all tables, whatever the order and the sharding of these.
    Beside the rows kept, memory holds one table at a time.

    Parameters
    ----------
    tables : iterable of LabelledTable
        Past windows, whole or by shard; read once.
    most : int
        Rows of all tables together, at most.

    Returns
    -------
    list of LabelledTable
        In the same order; weights say how many candidates a row stands for.
    """
    kept: list[LabelledTable] = []
    rows, halvings = 0, 0
    for labelled in tables:
        kept.append(_thinned(labelled, 0, halvings))
        rows += len(kept[-1].table)
        while rows > most:
            for i, one in enumerate(kept):
                kept[i] = _thinned(one, halvings, halvings + 1)
            rows, halvings = sum(len(one.table) for one in kept), halvings + 1
    return kept


def joined(tables: Sequence[LabelledTable]) -> list[LabelledTable]:
    """Join the shards of each window, oldest window first."""
    ordered = sorted(tables, key=lambda one: one.table.window)
    windows = (list(parts) for _, parts in groupby(ordered, key=lambda one: one.table.window))
    return [_joined(parts) for parts in windows]


def _joined(parts: Sequence[LabelledTable]) -> LabelledTable:
    if len(parts) == 1:
        return parts[0]
    table = FeatureTable.concat([one.table for one in parts])
    return LabelledTable(table, Pairs.concat([one.bought for one in parts]))


def _thinned(labelled: LabelledTable, before: int, after: int) -> LabelledTable:
    """Halve the customers of a table so many more times; weights make up for it."""
    if before == after:
        return labelled
    table, bought = labelled.table, labelled.bought
    table = table.take(_are_kept(table.customer_ids, after))
    table = replace(table, weight=table.weight * np.float32(2 ** (after - before)))
    mine = _are_kept(bought.customer_ids, after)
    return LabelledTable(table, Pairs(bought.customer_ids[mine], bought.product_ids[mine]))


def _are_kept(customer_ids: IntArray, halvings: int) -> BoolArray:
    """Tell which customers are left: each halving asks for one more leading zero of the hash."""
    drawn = stable_hash(customer_ids, np.full(len(customer_ids), _SALT))
    kept: BoolArray = drawn >> np.uint64(64 - halvings) == 0
    return kept
