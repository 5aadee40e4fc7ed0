"""What can be seen at a cutoff: the purchases before it, cut into weeks counted backwards."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from sodai.domain.arrays import BoolArray, FloatArray, IntArray, totals
from sodai.domain.calendar import DAYS_PER_WEEK, Window
from sodai.domain.history import History, Products

BLOCKS: Final = 52  # weeks back; older purchases are out of sight
HALF_LIVES: Final = (1.0, 2.0, 4.0, 8.5, 13.0, 26.0)  # weeks
SPANS: Final = (1, 2, 4, 8, 13, 26, 52)  # weeks
DECAY: Final = {half_life: column for column, half_life in enumerate(HALF_LIVES)}
SHARE: Final = {span: len(HALF_LIVES) + column for column, span in enumerate(SPANS)}
GROUPS: Final = 7  # of weeks; with the decays below as published for TIFU-KNN on Ta-Feng
WITHIN_DECAY: Final = 0.9  # a week
ACROSS_DECAY: Final = 0.7  # a group


def week_weights(weeks: int) -> FloatArray:
    """Return the weights that turn weekly marks into decayed rates and shares.

    Parameters
    ----------
    weeks : int
        Weeks of history that exist, at least 1.

    Returns
    -------
    ndarray of shape (BLOCKS, len(HALF_LIVES) + len(SPANS))
        Each column sums to 1 over the weeks that exist: ``0.5 ** (k / half_life)`` for every
        half-life, then equal weights over the last weeks of every span.
    """
    k = np.arange(BLOCKS)
    exists = k < weeks
    columns = [0.5 ** (k / half_life) * exists for half_life in HALF_LIVES]
    columns += [((k < span) & exists).astype(np.float64) for span in SPANS]
    return np.stack([column / column.sum() for column in columns], axis=1)


def group_weights(weeks: int) -> FloatArray:
    """Return the weights of the temporal item frequency of TIFU-KNN (Hu et al., 2020).

    The weeks that exist are cut into 7 groups as equal as can be, the newer ones a week longer.
    Week k, in group g of n weeks (both counted back from 0), weighs ``0.9**k * 0.7**g / n``, as
    in the authors' program; all are scaled to the sum 1, so that a frequency is a share of weeks.
    A basket is a week here, also one without an order: only so does a shop that pauses fade.

    Parameters
    ----------
    weeks : int
        Weeks of history that exist, at least 1.

    Returns
    -------
    ndarray of shape (BLOCKS,)
        Zero beyond the weeks that exist.
    """
    groups = np.array_split(np.arange(weeks), min(GROUPS, weeks))
    weights = np.zeros(BLOCKS)
    for g, k in enumerate(groups):
        weights[k] = WITHIN_DECAY**k * ACROSS_DECAY**g / len(k)
    weights /= weights.sum()
    return weights


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """The last 52 weeks before a cutoff, of one shard.

    Purchases, pairs and marks are parallel arrays. A pair is a customer and a product it bought;
    a mark is a pair and a week in which it was bought (weeks count back from the cutoff, 0 is
    the last one).
    """

    history: History
    window: Window
    products: Products  # the vocabulary: first sold before the cutoff
    weeks: int  # weeks of history that exist, at most 52
    days: int  # days of history that exist, at most 364
    weights: FloatArray

    pair: IntArray  # of each purchase
    age: IntArray  # of each purchase: days before the cutoff, 1 is the last day
    quantity: FloatArray  # of each purchase: log(1 + items)

    pair_customer: IntArray
    pair_product: IntArray

    mark_pair: IntArray
    mark_week: IntArray
    mark_items: FloatArray

    ordered: BoolArray  # (customers, days), last day first

    @classmethod
    def of(cls, history: History, window: Window) -> Self:
        """Look at a history from a window's cutoff.

        Raises
        ------
        ValueError
            If the data begin on or after the cutoff.
        """
        cutoff = window.cutoff.toordinal()
        days = min(cutoff - history.first_day.toordinal(), BLOCKS * DAYS_PER_WEEK)
        if days < 1:
            raise ValueError(f"no history before {window.cutoff}: it begins {history.first_day}")
        purchases = history.purchases
        seen = (purchases.day < cutoff) & (purchases.day >= cutoff - days)
        products = history.products.sold_before(window.cutoff)
        renumbered = np.cumsum(history.products.first_sold < cutoff) - 1
        customer, product = purchases.customer[seen], renumbered[purchases.product[seen]]
        age, quantity = cutoff - purchases.day[seen], purchases.quantity[seen]
        new_pair = _changes(customer, product)
        pair = np.cumsum(new_pair) - 1
        week = (age - 1) // DAYS_PER_WEEK
        new_mark = new_pair | _changes(week)
        mark = np.cumsum(new_mark) - 1
        ordered = np.zeros((len(history.own), days), bool)
        ordered[customer, age - 1] = True
        weeks = -(-days // DAYS_PER_WEEK)
        return cls(
            history=history,
            window=window,
            products=products,
            weeks=weeks,
            days=days,
            weights=week_weights(weeks),
            pair=pair,
            age=age,
            quantity=quantity,
            pair_customer=customer[new_pair],
            pair_product=product[new_pair],
            mark_pair=pair[new_mark],
            mark_week=week[new_mark],
            mark_items=totals(mark, np.expm1(quantity), int(new_mark.sum())),
            ordered=ordered,
        )

    @property
    def customer_count(self) -> int:
        """Customers of the shard, with or without purchases."""
        return len(self.history.own)

    @property
    def product_count(self) -> int:
        """Products of the vocabulary."""
        return len(self.products.ids)

    @property
    def pair_count(self) -> int:
        """Pairs bought in sight."""
        return len(self.pair_customer)

    @property
    def customer(self) -> IntArray:
        """Customer of each purchase."""
        return self.pair_customer[self.pair]

    @property
    def mark_customer(self) -> IntArray:
        """Customer of each mark."""
        return self.pair_customer[self.mark_pair]

    @property
    def mark_product(self) -> IntArray:
        """Product of each mark."""
        return self.pair_product[self.mark_pair]

    def per_pair(self, values: FloatArray) -> FloatArray:
        """Add up values of purchases to their pairs."""
        return totals(self.pair, values, self.pair_count)

    def pair_ages(self) -> tuple[FloatArray, FloatArray]:
        """Return days since the last and since the first purchase of each pair."""
        last, first = np.zeros(self.pair_count), np.zeros(self.pair_count)
        last[self.pair] = self.age  # purchases run from old to new: the last one stays
        first[self.pair[::-1]] = self.age[::-1]
        return last, first

    def pair_rates(self) -> FloatArray:
        """Return the decayed rates and shares of each pair, shape (pairs, weights)."""
        return _sums(self.mark_pair, self.weights[self.mark_week], self.pair_count)

    def group_rates(self) -> FloatArray:
        """Return the temporal item frequency of each pair."""
        return totals(self.mark_pair, group_weights(self.weeks)[self.mark_week], self.pair_count)

    def order_weeks(self) -> BoolArray:
        """Return in which weeks each customer ordered, shape (customers, BLOCKS)."""
        padded = np.zeros((self.customer_count, BLOCKS * DAYS_PER_WEEK), bool)
        padded[:, : self.days] = self.ordered
        return np.asarray(padded.reshape(-1, BLOCKS, DAYS_PER_WEEK).any(axis=2))

    def order_rates(self) -> FloatArray:
        """Return the decayed rates and shares of order weeks, shape (customers, weights)."""
        customer, week = np.nonzero(self.order_weeks())
        return _sums(customer, self.weights[week], self.customer_count)

    def grid(self, pair_values: FloatArray, empty: float = 0.0) -> FloatArray:
        """Spread values of pairs over customers x products."""
        dense = np.full((self.customer_count, self.product_count), empty)
        dense[self.pair_customer, self.pair_product] = pair_values
        return dense


def _changes(*columns: IntArray) -> BoolArray:
    changed = np.zeros(len(columns[0]), bool)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def _sums(group: IntArray, rows: FloatArray, groups: int) -> FloatArray:
    return np.stack([totals(group, column, groups) for column in rows.T], axis=1)
