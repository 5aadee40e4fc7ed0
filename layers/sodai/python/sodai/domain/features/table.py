"""The feature table of one window: candidates, float columns, categories, weights."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray, IntArray
from sodai.domain.calendar import Window
from sodai.domain.features.sampling import stable_uniform
from sodai.domain.pairs import Pairs, positions_of

_WINDOW_KEY: Final = b"sodai.window"
_CATEGORIES_KEY: Final = b"sodai.categories"


@dataclass(frozen=True, eq=False, slots=True)
class CategoryColumn:
    """A column of names: each row's code is a position in ``levels``."""

    levels: tuple[str, ...]
    codes: NDArray[np.int16]

    def take(self, rows: NDArray[np.generic]) -> "CategoryColumn":
        """Select rows by position or mask."""
        return CategoryColumn(self.levels, self.codes[rows])

    def recoded(self, levels: Sequence[str]) -> NDArray[np.float32]:
        """Return the codes these names have among other levels; NaN for a name they lack."""
        position = {level: float(i) for i, level in enumerate(levels)}
        codes = np.array([position.get(level, np.nan) for level in self.levels], np.float32)
        return codes[self.codes]


@dataclass(frozen=True, eq=False, slots=True)
class FeatureTable:
    """Features of the candidates of a window, sorted by customer, then product.

    Attributes
    ----------
    window : Window
        Only days before its cutoff went into the features.
    weeks : int
        Weeks of history before the cutoff, at most 52.
    customer_ids, product_ids : ndarray of shape (rows,)
        The candidates.
    names : tuple of str
        Names of the float columns.
    matrix : ndarray of shape (rows, len(names)), float32, column-major
        The float columns; NaN where a thing never happened.
    categories : mapping of name to CategoryColumn
        Stored as names, so that codes never shift between tables.
    weight : ndarray of shape (rows,)
        How many candidates a row stands for.
    typical_items : ndarray of shape (rows,)
        Items in a week in which the pair is bought.
    """

    window: Window
    weeks: int
    customer_ids: IntArray
    product_ids: IntArray
    names: tuple[str, ...]
    matrix: NDArray[np.float32]
    categories: Mapping[str, CategoryColumn]
    weight: NDArray[np.float32]
    typical_items: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.customer_ids)

    def column(self, name: str) -> NDArray[np.float32]:
        """Return one float column; ``ValueError`` for a name the table lacks."""
        return np.asarray(self.matrix[:, self.names.index(name)])

    def take(self, rows: NDArray[np.generic]) -> "FeatureTable":
        """Select rows by position or mask."""
        positions = np.flatnonzero(rows) if rows.dtype == bool else rows
        matrix = np.empty((len(positions), len(self.names)), np.float32, order="F")
        for i in range(len(self.names)):
            matrix[:, i] = self.matrix[:, i][positions]
        return replace(
            self,
            customer_ids=self.customer_ids[positions],
            product_ids=self.product_ids[positions],
            matrix=matrix,
            categories={name: column.take(positions) for name, column in self.categories.items()},
            weight=self.weight[positions],
            typical_items=self.typical_items[positions],
        )

    def sampled(self, share: float) -> "FeatureTable":
        """Keep every pair ever bought and a share of the others, as ``feature_table`` does."""
        bought = self.column("pair_purchase_days") > 0
        draw = stable_uniform(self.customer_ids, self.product_ids, self.window.cutoff)
        kept = bought | (draw < share)
        weight = np.where(bought, self.weight, self.weight / np.float32(share))
        return replace(self, weight=weight.astype(np.float32)).take(kept)

    @classmethod
    def concat(cls, tables: Sequence["FeatureTable"]) -> Self:
        """Join the tables of all shards of a window, sorted by customer, then product.

        Raises
        ------
        ValueError
            If windows, columns or categories differ.
        """
        first = tables[0]
        for table in tables:
            same_levels = all(
                table.categories[name].levels == column.levels
                for name, column in first.categories.items()
            )
            if table.window != first.window or table.names != first.names or not same_levels:
                raise ValueError(f"tables of {first.window} and {table.window} do not fit together")
        customers = np.concatenate([table.customer_ids for table in tables])
        products = np.concatenate([table.product_ids for table in tables])
        order = np.lexsort((products, customers))
        matrix = np.empty((len(order), len(first.names)), np.float32, order="F")
        for i in range(len(first.names)):
            matrix[:, i] = np.concatenate([table.matrix[:, i] for table in tables])[order]
        codes = {
            name: np.concatenate([table.categories[name].codes for table in tables])[order]
            for name in first.categories
        }
        return cls(
            window=first.window,
            weeks=first.weeks,
            customer_ids=customers[order],
            product_ids=products[order],
            names=first.names,
            matrix=matrix,
            categories={
                name: CategoryColumn(column.levels, codes[name])
                for name, column in first.categories.items()
            },
            weight=np.concatenate([table.weight for table in tables])[order],
            typical_items=np.concatenate([table.typical_items for table in tables])[order],
        )

    def to_parquet(self) -> bytes:
        """Return a parquet file; equal tables give equal bytes."""
        columns: dict[str, object] = {
            "customer_id": self.customer_ids,
            "product_id": self.product_ids,
            "weight": self.weight,
            "typical_items": self.typical_items,
        }
        for name, column in self.categories.items():
            levels = pa.array(column.levels, pa.string())
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(column.codes), levels)
        for i, name in enumerate(self.names):
            columns[name] = self.matrix[:, i]
        facts = [self.window.cutoff.isoformat(), self.window.horizon_days, self.weeks]
        levels_of = {name: column.levels for name, column in self.categories.items()}
        table = pa.table(columns).replace_schema_metadata(
            {_WINDOW_KEY: json.dumps(facts), _CATEGORIES_KEY: json.dumps(levels_of)}
        )
        sink = BytesIO()
        pq.write_table(
            table,
            sink,
            compression="zstd",
            compression_level=1,
            use_dictionary=list(self.categories),
            write_statistics=False,
        )
        return sink.getvalue()

    @classmethod
    def from_parquet(cls, content: bytes) -> Self:
        """Read what ``to_parquet`` wrote."""
        table = pq.read_table(BytesIO(content))
        cutoff, horizon, weeks = json.loads(table.schema.metadata[_WINDOW_KEY])
        levels_of = json.loads(table.schema.metadata[_CATEGORIES_KEY])
        fixed = {"customer_id", "product_id", "weight", "typical_items", *levels_of}
        names = tuple(name for name in table.column_names if name not in fixed)
        matrix = np.empty((table.num_rows, len(names)), np.float32, order="F")
        for i, name in enumerate(names):
            matrix[:, i] = table[name].to_numpy()
        categories = {}
        for name, levels in levels_of.items():
            codes = _codes_in(levels, table[name])
            categories[name] = CategoryColumn(tuple(levels), codes)
        return cls(
            window=Window(date.fromisoformat(cutoff), horizon),
            weeks=weeks,
            customer_ids=table["customer_id"].to_numpy(),
            product_ids=table["product_id"].to_numpy(),
            names=names,
            matrix=matrix,
            categories=categories,
            weight=table["weight"].to_numpy(),
            typical_items=table["typical_items"].to_numpy(),
        )


def _codes_in(levels: Sequence[str], column: pa.ChunkedArray) -> NDArray[np.int16]:
    position = {level: i for i, level in enumerate(levels)}
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    lookup = np.array([position[level] for level in encoded.dictionary.to_pylist()], np.int16)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    return lookup[codes] if len(codes) else np.empty(0, np.int16)


def align_labels(table: FeatureTable, bought: Pairs) -> NDArray[np.int8]:
    """Return 1 for the rows of a table that were bought in its window, else 0."""
    return (positions_of(bought, table.customer_ids, table.product_ids) >= 0).astype(np.int8)


@dataclass(frozen=True, eq=False, slots=True)
class LabelledTable:
    """A past window: its features, and every pair bought in it, candidate or not."""

    table: FeatureTable
    bought: Pairs

    @property
    def labels(self) -> NDArray[np.int8]:
        """1 for the rows that were bought."""
        return align_labels(self.table, self.bought)


def weighted(table: FeatureTable) -> FloatArray:
    """Return the weights of a table's rows in double precision."""
    return table.weight.astype(np.float64)
