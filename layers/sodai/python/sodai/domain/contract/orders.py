"""Orders that fit other customers better than the one they are booked on.

Each customer of the past weeks has a profile: how often a product is in its orders, its weekdays,
and its quantities beside everyone's. An order is strange when more than half of the customers
would rather have placed it. Ids that were exchanged or joined wrongly make such orders; a promotion
or a holiday moves all customers alike and does not.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sodai.domain.arrays import BoolArray, FloatArray, IntArray, counts, positions_in, totals
from sodai.domain.calendar import DAYS_PER_WEEK

REFERENCES: Final = 200  # customers an order is compared with
MOST_ORDERS: Final = 4_000
MOST_PRODUCTS: Final = 300  # the best sold ones; the rest says little
FEWEST_DAYS: Final = 3  # with an order, for a profile
PRIOR_ORDERS: Final = 5.0  # everyone's orders mixed into a customer's products
PRIOR_DAYS: Final = 3.0  # into its weekdays
PRIOR_LINES: Final = 3.0  # into its quantities
RAREST: Final = 1e-4
FARTHEST: Final = 6.0  # log-likelihood that one odd quantity costs at most


@dataclass(frozen=True, eq=False, slots=True)
class _Lines:
    """Purchases as positions among the customers and products of the past."""

    customer: IntArray
    product: IntArray
    day: IntArray
    size: FloatArray  # log items
    order: IntArray

    @classmethod
    def of(cls, bought: pd.DataFrame, customers: IntArray, products: IntArray) -> Self:
        return cls(
            positions_in(customers, bought["customer_id"].to_numpy(np.int64)),
            positions_in(products, bought["product_id"].to_numpy(np.int64)),
            bought["purchase_date"].to_numpy().astype("datetime64[D]").astype(np.int64),
            np.log(bought["items"].to_numpy(np.float64)),
            bought["order_id"].to_numpy(np.int64),
        )

    @property
    def weekday(self) -> IntArray:
        """Weekdays; which number is Monday is no matter."""
        return self.day % DAYS_PER_WEEK


@dataclass(frozen=True, eq=False, slots=True)
class _Profiles:
    """What the past weeks say of each customer; rows are customers."""

    days: FloatArray  # with an order
    has: FloatArray  # log-odds that a product is in an order, by product
    has_none: FloatArray  # log-probability of an order without any
    weekdays: FloatArray  # log-probabilities
    centre: FloatArray  # of log items beside the product's median
    variance: FloatArray
    usual: FloatArray  # median log items by product
    column: IntArray  # place of each product among those looked at, or -1

    @classmethod
    def of(cls, past: _Lines, customers: int, products: int) -> Self:
        order = np.argsort(-counts(past.product, products), kind="stable")[:MOST_PRODUCTS]
        column = np.full(products, -1)
        column[order] = np.arange(len(order))
        by_day = past.customer * (past.day.max() + 1) + past.day
        first = np.unique(by_day, return_index=True)[1]
        days = counts(past.customer[first], customers).astype(np.float64)
        weekdays = _table(past.customer[first], past.weekday[first], (customers, DAYS_PER_WEEK))
        everyone = weekdays.sum(axis=0) / weekdays.sum()
        looked_at = column[past.product] >= 0
        once = np.unique(np.stack([by_day[looked_at], column[past.product[looked_at]]]), axis=1)
        owner = once[0] // (past.day.max() + 1)
        orders = _table(owner, once[1], (customers, len(order)))
        mixed = (orders + PRIOR_ORDERS * orders.sum(axis=0) / days.sum()) / (
            days[:, None] + PRIOR_ORDERS
        )
        chance = np.clip(mixed, RAREST, 1 - RAREST)
        medians = pd.Series(past.size).groupby(past.product).median()
        usual = np.asarray(medians, np.float64)
        beside = past.size - usual[past.product]
        lines = counts(past.customer, customers)
        total, squares = (totals(past.customer, x, customers) for x in (beside, beside**2))
        spread = np.maximum(squares - total**2 / np.maximum(lines, 1), 0)
        return cls(
            days=days,
            has=np.log(chance) - np.log1p(-chance),
            has_none=np.log1p(-chance).sum(axis=1),
            weekdays=np.log((weekdays + PRIOR_DAYS * everyone) / (days[:, None] + PRIOR_DAYS)),
            centre=total / (lines + PRIOR_LINES),
            variance=(spread + PRIOR_LINES) / (lines + PRIOR_LINES),
            usual=usual,
            column=column,
        )

    def of_quantities(self, customer: IntArray, beside: FloatArray) -> FloatArray:
        """Return the log-likelihood of quantities under the customers' own; broadcasts."""
        variance = self.variance[customer]
        far = (beside - self.centre[customer]) ** 2 / variance / 2
        return -np.minimum(far, FARTHEST) - np.log(variance) / 2


def strange_orders(lines: pd.DataFrame, past: pd.DataFrame) -> tuple[IntArray, int]:
    """Return the ids of the strange orders among those of known customers, and how many these are.

    Parameters
    ----------
    lines : DataFrame
        Clean transactions of the week in question.
    past : DataFrame
        Those of the weeks before it.

    Returns
    -------
    ids : ndarray
        Orders that more than half of the customers would rather have placed.
    judged : int
        Orders of customers with a profile, at most `MOST_ORDERS`, evenly chosen.
    """
    former = past[past["items"] > 0]
    customers, products = (np.unique(former[key]) for key in ("customer_id", "product_id"))
    bought = lines[lines["items"] > 0]
    none = np.empty(0, np.int64)
    if former.empty or bought.empty:
        return none, 0
    profiles = _Profiles.of(_Lines.of(former, customers, products), len(customers), len(products))
    week = _Lines.of(bought, customers, products)
    known = (week.customer >= 0) & (week.product >= 0)
    known[known] = profiles.days[week.customer[known]] >= FEWEST_DAYS
    week = _chosen(week, known)
    if not len(week.order):
        return none, 0
    ids, first, order = np.unique(week.order, return_index=True, return_inverse=True)
    own = week.customer[first]
    active = np.unique(own)
    others = active[np.linspace(0, len(active) - 1, min(REFERENCES, len(active))).astype(np.int64)]
    column = profiles.column[week.product]
    seen = column >= 0
    basket = np.minimum(_table(order[seen], column[seen], (len(ids), profiles.has.shape[1])), 1)
    beside = week.size - profiles.usual[week.product]
    weekday = week.weekday[first]
    mine = (
        (basket * profiles.has[own]).sum(axis=1)
        + profiles.has_none[own]
        + profiles.weekdays[own, weekday]
        + totals(order, profiles.of_quantities(week.customer, beside), len(ids))
    )
    theirs = basket @ profiles.has[others].T + profiles.has_none[others]
    theirs += profiles.weekdays[others][:, weekday].T
    in_order = np.argsort(order, kind="stable")
    quantities = profiles.of_quantities(others[None, :], beside[in_order, None])
    starts = np.searchsorted(order[in_order], np.arange(len(ids)))
    theirs += np.add.reduceat(quantities, starts, axis=0)
    is_other = own[:, None] != others[None, :]
    rather = (is_other & (theirs > mine[:, None])).sum(axis=1)
    return ids[2 * rather > is_other.sum(axis=1)], len(ids)


def _chosen(week: _Lines, known: BoolArray) -> _Lines:
    """Keep the lines of customers with a profile, of at most so many orders."""
    ids = np.unique(week.order[known])
    if len(ids) > MOST_ORDERS:
        ids = ids[np.linspace(0, len(ids) - 1, MOST_ORDERS).astype(np.int64)]
    kept = known & np.isin(week.order, ids)
    return _Lines(
        week.customer[kept],
        week.product[kept],
        week.day[kept],
        week.size[kept],
        week.order[kept],
    )


def _table(row: IntArray, column: IntArray, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Count pairs of positions."""
    flat = counts(row * shape[1] + column, shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)
