"""How a customer bought a product so far: the families `pair` and `sequence`.

Values are of pairs bought in sight; the defaults stand for pairs never bought.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from sodai.domain.arrays import FloatArray, IntArray
from sodai.domain.features.catalogue import (
    FEATURE_FAMILIES,
    HABIT_HALF_LIVES,
    LAGS,
    ORDER_DECAYS,
    ORDINALS,
    QUANTITY_HALF_LIVES,
)
from sodai.domain.features.view import DECAY, HALF_LIVES, SHARE, SPANS, View

Columns = Mapping[str, FloatArray]

SHORTEST_GAP: Final = 3.0  # days; a pair bought on two days in a row has no rhythm yet
SHORTEST_AGE: Final = 14.0  # days
RAREST_ORDERS: Final = 0.02  # of weeks
NEVER_ORDERED_SINCE: Final = 999.0

UNBOUGHT: Final[Mapping[str, float]] = {
    **dict.fromkeys((*FEATURE_FAMILIES["pair"], *FEATURE_FAMILIES["sequence"]), 0.0),
    "pair_days_since_last": np.nan,
    "pair_days_since_first": np.nan,
    "pair_mean_gap": np.nan,
    "pair_recency_over_gap": np.nan,
    "pair_days_per_age": np.nan,
    "pair_orders_since_last": NEVER_ORDERED_SINCE,
    "pair_orders_since_over_usual": np.nan,
}


def rate_columns(prefix: str, rates: FloatArray) -> dict[str, FloatArray]:
    """Name the columns of ``week_weights``."""
    decays = {f"{prefix}_decay_{h:g}w": rates[:, DECAY[h]] for h in HALF_LIVES}
    return {**decays, **{f"{prefix}_share_{n}w": rates[:, SHARE[n]] for n in SPANS}}


def pair_columns(view: View, rates: FloatArray) -> Columns:
    """Return the family `pair`, one value per pair bought in sight.

    Parameters
    ----------
    view : View
        What can be seen at the cutoff.
    rates : ndarray of shape (pairs, weights)
        ``view.pair_rates()``.
    """
    week = (view.age - 1) // 7
    days = view.per_pair(np.ones(len(view.pair)))
    last, first = view.pair_ages()
    gap = np.where(days > 1, (first - last) / np.maximum(days - 1, 1), np.nan)
    last_quantity = np.zeros(view.pair_count)
    last_quantity[view.pair] = view.quantity  # purchases run from old to new: the last one stays
    columns = rate_columns("pair", rates)
    for lag in LAGS:
        columns[f"pair_lag_{lag}"] = _marked(view, lag - 1)
    for half_life in QUANTITY_HALF_LIVES:
        weight = view.weights[week, DECAY[half_life]]
        columns[f"pair_quantity_decay_{half_life:g}w"] = view.per_pair(view.quantity * weight)
    return {
        **columns,
        "pair_days_since_last": last,
        "pair_days_since_first": first,
        "pair_purchase_days": days,
        "pair_mean_gap": gap,
        "pair_recency_over_gap": last / np.maximum(gap, SHORTEST_GAP),
        "pair_days_per_age": days / np.maximum(first, SHORTEST_AGE),
        "pair_last_quantity": last_quantity,
    }


def _marked(view: View, week: int) -> FloatArray:
    marks = np.zeros(view.pair_count)
    marks[view.mark_pair[view.mark_week == week]] = 1
    return marks


def orders_since(view: View) -> tuple[IntArray, IntArray]:
    """Count own orders after each purchase, and all own orders of each customer."""
    after = np.cumsum(view.ordered, axis=1)
    total = view.ordered.sum(axis=1)
    return after[view.customer, view.age - 1] - 1, total


def sequence_columns(view: View, rates: FloatArray, order_rates: FloatArray) -> Columns:
    """Return the family `sequence`, one value per pair bought in sight.

    A customer's history is read here order by order, not week by week: the weight of an order
    is ``a ** (own orders after it)``, divided by the sum over all own orders.

    Parameters
    ----------
    view : View
        What can be seen at the cutoff.
    rates : ndarray of shape (pairs, weights)
        ``view.pair_rates()``.
    order_rates : ndarray of shape (customers, weights)
        ``view.order_rates()``.
    """
    since, total = orders_since(view)
    own_total = total[view.pair_customer]
    columns: dict[str, FloatArray] = {}
    for a in ORDER_DECAYS:
        every_order = (1 - a**own_total) / (1 - a)
        columns[f"pair_order_decay_{a:g}"] = view.per_pair(np.power(a, since)) / every_order
    last = np.zeros(view.pair_count)
    last[view.pair] = since
    columns["pair_orders_since_last"] = last
    usual = own_total / view.per_pair(np.ones(len(view.pair)))
    columns["pair_orders_since_over_usual"] = (last + 1) / usual
    for i in range(len(ORDINALS)):
        columns[f"pair_in_order_{i + 1}"] = view.per_pair((since == i).astype(np.float64))
    for half_life in HABIT_HALF_LIVES:
        orders = order_rates[view.pair_customer, DECAY[half_life]]
        habit = rates[:, DECAY[half_life]] / np.maximum(orders, RAREST_ORDERS)
        columns[f"pair_habit_{half_life:g}w"] = habit
    return columns
