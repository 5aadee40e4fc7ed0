"""When a customer orders: the family `rhythm`, one value per customer of the shard."""

from typing import Final

import numpy as np

from sodai.domain.arrays import FloatArray, IntArray, counts, totals
from sodai.domain.calendar import DAYS_PER_WEEK
from sodai.domain.features.catalogue import LAGS, WEEKDAY_HALF_LIVES
from sodai.domain.features.pair import RAREST_ORDERS, Columns, orders_since, rate_columns
from sodai.domain.features.view import DECAY, SHARE, View

HALF_YEAR: Final = 182  # days
SHORTEST_ORDER_GAP: Final = 2.0  # days
LONG_AGO: Final = 999.0  # days
TINY: Final = 1e-9


def rhythm_columns(view: View, rates: FloatArray, order_rates: FloatArray) -> Columns:
    """Return the family `rhythm`.

    Parameters
    ----------
    view : View
        What can be seen at the cutoff.
    rates : ndarray of shape (pairs, weights)
        ``view.pair_rates()``.
    order_rates : ndarray of shape (customers, weights)
        ``view.order_rates()``.
    """
    columns = rate_columns("customer", order_rates)
    weeks = view.order_weeks()
    for lag in LAGS:
        columns[f"customer_lag_{lag}"] = weeks[:, lag - 1].astype(np.float64)
    customers, own = view.history.customers, view.history.own
    return {
        **columns,
        **_gaps(view),
        **_weekdays(view),
        **_baskets(view, rates, order_rates),
        "customer_deliveries": customers.deliveries[own],
        "customer_x": customers.x[own],
        "customer_y": customers.y[own],
    }


def order_days(view: View) -> tuple[IntArray, IntArray]:
    """Return customer and age (days before the cutoff) of each order day, newest first."""
    customer, column = np.nonzero(view.ordered)
    return customer, column + 1


def _gaps(view: View) -> Columns:
    ordered, count = view.ordered, view.ordered.sum(axis=1)
    ever = count > 0
    since = np.where(ever, ordered.argmax(axis=1) + 1.0, np.nan)
    tenure = np.where(ever, view.days - ordered[:, ::-1].argmax(axis=1), np.nan)
    half_year = ordered[:, :HALF_YEAR]
    span = half_year.shape[1] - half_year[:, ::-1].argmax(axis=1)
    orders = half_year.sum(axis=1)
    gap = np.where(orders > 1, span / np.maximum(orders, 1), np.nan)
    variation, hazard = _own_gaps(view, since)
    return {
        "customer_days_since_order": since,
        "customer_order_days": count.astype(np.float64),
        "customer_tenure": tenure,
        "customer_mean_gap": gap,
        "customer_recency_over_gap": since / np.maximum(gap, SHORTEST_ORDER_GAP),
        "customer_gap_variation": variation,
        "customer_hazard": hazard,
    }


def _own_gaps(view: View, since: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return variation of the gaps between orders, and the chance that today's gap ends.

    The chance is (own past gaps that ended within the horizon of today's age + 1) / (those that
    lasted as long + 2): Laplace's rule of succession on the customer's own gaps.
    """
    customer, age = order_days(view)
    same = customer[1:] == customer[:-1]
    owner, gap = customer[1:][same], (age[1:] - age[:-1])[same].astype(np.float64)
    customers = view.customer_count
    count = np.maximum(counts(owner, customers), 1)
    mean = totals(owner, gap, customers) / count
    square = totals(owner, gap * gap, customers) / count
    variation = np.sqrt(np.maximum(square - mean**2, 0)) / np.maximum(mean, 1e-6)
    quiet = np.nan_to_num(since, nan=LONG_AGO)[owner] - 1
    lasted = gap > quiet
    ended = lasted & (gap <= quiet + view.window.horizon_days)
    chance = (counts(owner[ended], customers) + 1) / (counts(owner[lasted], customers) + 2)
    return variation, chance


def _weekdays(view: View) -> Columns:
    customers, cutoff = view.customer_count, view.window.cutoff.weekday()
    customer, age = order_days(view)
    every_age = np.arange(1, view.days + 1)
    every_weekday = (cutoff - every_age) % DAYS_PER_WEEK
    horizon = (cutoff + np.arange(view.window.horizon_days)) % DAYS_PER_WEEK
    cell = customer * DAYS_PER_WEEK + (cutoff - age) % DAYS_PER_WEEK
    columns: dict[str, FloatArray] = {}
    for half_life in WEEKDAY_HALF_LIVES[::-1]:
        fade = 0.5 ** ((every_age - 1) / half_life)
        exist = totals(every_weekday, fade, DAYS_PER_WEEK)
        orders = totals(cell, fade[age - 1], customers * DAYS_PER_WEEK)
        rate = orders.reshape(customers, DAYS_PER_WEEK) / np.maximum(exist, TINY)
        columns[f"customer_expected_orders_{half_life}d"] = rate[:, horizon].sum(axis=1)
        columns[f"customer_no_order_{half_life}d"] = (1 - rate[:, horizon]).prod(axis=1)
    ever, newest = view.ordered.any(axis=1), view.ordered.argmax(axis=1) + 1
    columns |= {
        "customer_best_weekday_rate": rate.max(axis=1, initial=0),
        "customer_best_weekday": rate.argmax(axis=1).astype(np.float64),
        "customer_last_weekday": np.where(ever, (cutoff - newest) % DAYS_PER_WEEK, -1.0),
        "customer_horizon_share": rate[:, horizon].sum(axis=1) / np.maximum(rate.sum(axis=1), 1e-6),
    }
    for day in range(1, DAYS_PER_WEEK + 1):
        seen = view.ordered[:, day - 1] if day <= view.days else np.zeros(customers)
        columns[f"customer_ordered_{day}d_ago"] = seen.astype(np.float64)
    return columns


def _baskets(view: View, rates: FloatArray, order_rates: FloatArray) -> Columns:
    customers = view.customer_count

    columns: dict[str, FloatArray] = {}
    for half_life in (8.5, 2.0):
        column = DECAY[half_life]
        basket = totals(view.mark_customer, view.weights[view.mark_week, column], customers)
        columns[f"customer_basket_{half_life:g}w"] = basket / np.maximum(
            order_rates[:, column], RAREST_ORDERS
        )
    since, _ = orders_since(view)
    week = (view.age - 1) // DAYS_PER_WEEK
    recent = rates[:, SHARE[13]] > 0
    return {
        **columns,
        "customer_last_basket": counts(view.customer[since == 0], customers),
        "customer_products_13w": counts(view.pair_customer[recent], customers),
        "customer_products": counts(view.pair_customer, customers),
        "customer_quantity_8.5w": totals(
            view.customer, view.quantity * view.weights[week, DECAY[8.5]], customers
        ),
    }
