"""What was bought when: the clean tables as sorted arrays, for all customers or one shard."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray, IntArray, positions_in, totals
from sodai.domain.calendar import Window
from sodai.domain.errors import DataContractError
from sodai.domain.pairs import Pairs
from sodai.domain.sharding import shard_of

STRIPS, CELLS_PER_STRIP = 8, 6
CELLS: Final = STRIPS * CELLS_PER_STRIP
PRODUCT_ATTRIBUTES: Final = ("brand", "sub_category", "segment", "package", "package_size")
_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_ordinals(days: "pd.Series[pd.Timestamp]") -> IntArray:
    """Return days as proleptic ordinals (``date.toordinal``)."""
    return days.to_numpy().astype("datetime64[D]").astype(np.int64) + _EPOCH


def first_sold_days(transactions: pd.DataFrame) -> dict[int, date]:
    """Return the day each product was first sold; needs the transactions of all customers."""
    sold = transactions[transactions["items"] > 0]
    first = sold.groupby("product_id")["purchase_date"].min()
    return dict(zip(map(int, first.index), (day.date() for day in first), strict=True))


@dataclass(frozen=True, eq=False, slots=True)
class Customers:
    """Every known customer, sorted by id, whatever the shard."""

    ids: IntArray
    types: tuple[str, ...]
    type_codes: IntArray
    x: FloatArray
    y: FloatArray
    deliveries: FloatArray
    cells: IntArray

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> Self:
        """Read a clean table of customers; coordinates may be null."""
        table = table.drop_duplicates("customer_id").sort_values("customer_id")
        types = table["customer_type"].astype(str).to_numpy(dtype=object)
        codes, levels = pd.factorize(types, sort=True)
        x, y = (table[axis].to_numpy(np.float64, na_value=np.nan) for axis in ("X", "Y"))
        return cls(
            ids=table["customer_id"].to_numpy(np.int64),
            types=tuple(levels),
            type_codes=codes.astype(np.int64),
            x=x,
            y=y,
            deliveries=table["num_deliver_per_week"].to_numpy(np.float64, na_value=np.nan),
            cells=_geographic_cells(x, y),
        )


def _geographic_cells(x: FloatArray, y: FloatArray) -> IntArray:
    """Cut the map into strips of equal population along X, and each strip along Y.

    Without any place there is one cell.
    """
    cells = np.zeros(len(x), np.int64)
    if np.isnan(x).all() or np.isnan(y).all():
        return cells
    for i, strip in enumerate(np.array_split(np.argsort(x, kind="stable"), STRIPS)):
        order = strip[np.argsort(y[strip], kind="stable")]
        for j, cell in enumerate(np.array_split(order, CELLS_PER_STRIP)):
            cells[cell] = i * CELLS_PER_STRIP + j
    return cells


@dataclass(frozen=True, eq=False, slots=True)
class Products:
    """Every product ever sold, sorted by id, with the day it was first sold."""

    ids: IntArray
    first_sold: IntArray
    attributes: Mapping[str, NDArray[np.object_]]
    size: FloatArray

    @classmethod
    def from_table(cls, table: pd.DataFrame, first_sold: Mapping[int, date]) -> Self:
        """Keep the products of a clean table that were ever sold.

        A sold product that the table lacks has empty attributes and an unknown size.
        """
        ids = np.array(sorted(first_sold), np.int64)
        sold = table.drop_duplicates("product_id").set_index("product_id").reindex(ids)
        size = sold["size"].to_numpy(np.float64, na_value=np.nan)
        attributes = {
            name: sold[name].astype(object).fillna("").astype(str).to_numpy(dtype=object)
            for name in PRODUCT_ATTRIBUTES
            if name != "package_size"
        }
        measured = ["" if np.isnan(value) else f"{value:g}" for value in size]
        attributes["package_size"] = np.array(
            [
                f"{package} {value}".strip()
                for package, value in zip(attributes["package"], measured, strict=True)
            ],
            dtype=object,
        )
        days = np.array([first_sold[int(i)].toordinal() for i in ids], np.int64)
        return cls(ids, days, attributes, size)

    def sold_before(self, cutoff: date) -> "Products":
        """Return the products first sold before the cutoff: the vocabulary of a window."""
        known = self.first_sold < cutoff.toordinal()
        return Products(
            self.ids[known],
            self.first_sold[known],
            {name: values[known] for name, values in self.attributes.items()},
            self.size[known],
        )


@dataclass(frozen=True, eq=False, slots=True)
class Purchases:
    """Purchases per customer, product and day, sorted by these three."""

    customer: IntArray  # position among the shard's customers
    product: IntArray  # position among the products ever sold
    day: IntArray  # proleptic ordinal
    quantity: FloatArray  # log(1 + items); items come in thirds


@dataclass(frozen=True, eq=False, slots=True)
class History:
    """Purchases of one shard of customers, and what all shards share.

    Attributes
    ----------
    customers : Customers
        All known customers.
    own : ndarray of shape (n_customers,)
        Positions in ``customers`` of this shard's customers.
    products : Products
        All products ever sold, by anyone.
    purchases : Purchases
        Of this shard's customers, returns left out.
    offsets : ndarray of shape (n_customers + 1,)
        Purchases of the shard's i-th customer are ``offsets[i]:offsets[i + 1]``.
    """

    customers: Customers
    own: IntArray
    products: Products
    purchases: Purchases
    offsets: IntArray

    @classmethod
    def from_tables(
        cls,
        customers: pd.DataFrame,
        products: pd.DataFrame,
        transactions: pd.DataFrame,
        *,
        first_sold: Mapping[int, date] | None = None,
        shard: int = 0,
        shards: int = 1,
    ) -> Self:
        """Build the history of one shard.

        Parameters
        ----------
        customers, products : DataFrame
            The whole clean tables.
        transactions : DataFrame
            Clean transactions, at least those of the shard's customers; others are left out.
        first_sold : mapping of product to date, optional
            First day of each product in the whole data. Without it, it is taken from
            ``transactions``, which then must be those of all customers.
        shard, shards : int
            Which shard of how many.

        Raises
        ------
        DataContractError
            If nothing was ever sold.
        ValueError
            If a transaction names a product that ``first_sold`` lacks.
        """
        known = Customers.from_table(customers)
        sold = Products.from_table(products, _never_empty(first_sold, transactions))
        own = np.flatnonzero(_shards_of(known.ids.tobytes(), shards) == shard)
        purchases = _purchases(transactions, known.ids[own], sold.ids)
        offsets = np.searchsorted(purchases.customer, np.arange(len(own) + 1))
        return cls(known, own, sold, purchases, offsets)

    @property
    def customer_ids(self) -> IntArray:
        """Ids of this shard's customers, sorted."""
        return self.customers.ids[self.own]

    @property
    def product_ids(self) -> IntArray:
        """Ids of all products ever sold, sorted."""
        return self.products.ids

    @property
    def first_day(self) -> date:
        """First day of the whole data."""
        return date.fromordinal(int(self.products.first_sold.min()))

    @property
    def newest_day(self) -> date:
        """Newest purchase day of this shard; the first day of the data if it bought nothing."""
        days = self.purchases.day
        return date.fromordinal(int(days.max())) if len(days) else self.first_day

    def sold_before(self, cutoff: date) -> IntArray:
        """Return the ids of the products first sold before the cutoff."""
        return self.products.sold_before(cutoff).ids


@lru_cache(maxsize=1)  # a process that works on several shards knows the same customers each time
def _shards_of(ids: bytes, shards: int) -> IntArray:
    return np.array([shard_of(i, shards) for i in np.frombuffer(ids, np.int64).tolist()], np.int64)


def _never_empty(
    first_sold: Mapping[int, date] | None, transactions: pd.DataFrame
) -> Mapping[int, date]:
    days = first_sold_days(transactions) if first_sold is None else first_sold
    if not days:
        raise DataContractError(
            "no transaction with items > 0",
            "The transactions hold no purchase (items above 0), so nothing can be forecast. "
            "Deliver a file with purchases.",
        )
    return days


def _purchases(
    transactions: pd.DataFrame, customer_ids: IntArray, product_ids: IntArray
) -> Purchases:
    bought = transactions[transactions["items"].to_numpy() > 0]
    customer = positions_in(customer_ids, bought["customer_id"].to_numpy(np.int64))
    bought, customer = bought[customer >= 0], customer[customer >= 0]
    product = positions_in(product_ids, bought["product_id"].to_numpy(np.int64))
    if (product < 0).any():
        strange = bought["product_id"].to_numpy()[product < 0][:3].tolist()
        raise ValueError(f"transactions of products without a first day of sale, such as {strange}")
    day = day_ordinals(bought["purchase_date"])
    start = int(day.min()) if len(day) else 0
    span = int(day.max()) - start + 1 if len(day) else 1
    key = (customer * len(product_ids) + product) * span + (day - start)
    unique, inverse = np.unique(key, return_inverse=True)
    items = totals(inverse, bought["items"].to_numpy(np.float64), len(unique))
    pair, offset = np.divmod(unique, span)
    return Purchases(
        customer=pair // len(product_ids),
        product=pair % len(product_ids),
        day=offset + start,
        quantity=np.log1p(items),
    )


def labels(history: History, window: Window) -> Pairs:
    """Return every pair bought in the window by the shard's customers, candidate or not."""
    purchases = history.purchases
    start = window.cutoff.toordinal()
    inside = (purchases.day >= start) & (purchases.day < start + window.horizon_days)
    return Pairs.of(
        history.customer_ids[purchases.customer[inside]],
        history.product_ids[purchases.product[inside]],
    )
