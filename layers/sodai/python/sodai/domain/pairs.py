"""Pairs of customer and product: who bought what, without when or how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sodai.domain.arrays import IntArray, positions_in


@dataclass(frozen=True, eq=False, slots=True)
class Pairs:
    """Customer-product pairs, sorted by customer, then product, each once."""

    customer_ids: IntArray
    product_ids: IntArray

    @classmethod
    def of(cls, customer_ids: IntArray, product_ids: IntArray) -> Self:
        """Sort and deduplicate pairs given in any order."""
        if not len(customer_ids):
            return cls(np.empty(0, np.int64), np.empty(0, np.int64))
        unique = np.unique(np.column_stack([customer_ids, product_ids]).astype(np.int64), axis=0)
        return cls(unique[:, 0].copy(), unique[:, 1].copy())

    @classmethod
    def concat(cls, parts: Sequence["Pairs"]) -> Self:
        """Join the pairs of several shards."""
        return cls.of(
            np.concatenate([part.customer_ids for part in parts]),
            np.concatenate([part.product_ids for part in parts]),
        )

    @property
    def count(self) -> int:
        """Number of pairs."""
        return len(self.customer_ids)

    def to_parquet(self) -> bytes:
        """Return the pairs as a parquet file; equal pairs give equal bytes."""
        sink = BytesIO()
        columns = {"customer_id": self.customer_ids, "product_id": self.product_ids}
        pq.write_table(pa.table(columns), sink, compression="zstd", compression_level=1)
        return sink.getvalue()

    @classmethod
    def from_parquet(cls, content: bytes) -> Self:
        """Read what ``to_parquet`` wrote."""
        table = pq.read_table(BytesIO(content))
        return cls(table["customer_id"].to_numpy(), table["product_id"].to_numpy())


def positions_of(wanted: Pairs, customer_ids: IntArray, product_ids: IntArray) -> IntArray:
    """Return where each row stands among sorted pairs.

    Parameters
    ----------
    wanted : Pairs
        The sorted pairs that are looked into.
    customer_ids, product_ids : ndarray of shape (n,)
        Rows in any order.

    Returns
    -------
    ndarray of shape (n,)
        Position in ``wanted``; -1 where the row is not among them.
    """
    if not wanted.count or not len(customer_ids):
        return np.full(len(customer_ids), -1)
    customers, products = np.unique(wanted.customer_ids), np.unique(wanted.product_ids)

    def keys(ids: IntArray, items: IntArray) -> IntArray:
        row, column = positions_in(customers, ids), positions_in(products, items)
        return np.where((row < 0) | (column < 0), -1, row * len(products) + column)

    sorted_keys = keys(wanted.customer_ids, wanted.product_ids)
    return positions_in(sorted_keys, keys(customer_ids, product_ids))
