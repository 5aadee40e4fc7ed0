"""How products sell to everyone: the families `product`, `surge` and `level`."""

from typing import Final

import numpy as np

from sodai.domain.arrays import FloatArray
from sodai.domain.calendar import DAYS_PER_WEEK
from sodai.domain.features.pair import Columns
from sodai.domain.features.statistics import REPEAT_WEEKS, MergedStatistics
from sodai.domain.features.view import SHARE, View

BASE_WEEKS: Final = 8
PRIOR_BUYERS: Final = 3.0
PRIOR_DAY_BUYERS: Final = 2.0
PRIOR_REPEATS: Final = (1.0, 3.0)  # repeats and buyers


def _mean(counts: FloatArray, start: int, stop: int, weeks: int) -> FloatArray:
    """Average the weeks ``start..stop`` back that exist; NaN where none does."""
    stop = min(stop, weeks)
    if stop <= start:
        return np.full(counts.shape[:-1], np.nan)
    return np.asarray(counts[..., start:stop].mean(axis=-1))


def log_ratio(recent: FloatArray, base: FloatArray, prior: float) -> FloatArray:
    """Return log((recent + prior) / (base + prior)); 0 where there is no base to compare with."""
    return np.nan_to_num(np.log((recent + prior) / (base + prior)), nan=0.0)


def base_buyers(merged: MergedStatistics, weeks: int) -> FloatArray:
    """Return mean weekly buyers of each product in the 8 weeks before the last.

    With a single week of history that week is its own base.
    """
    buyers = merged["buyers"]
    base = _mean(buyers, 1, 1 + BASE_WEEKS, weeks)
    return np.where(np.isnan(base), buyers[:, 0], base)


def product_columns(view: View, merged: MergedStatistics) -> Columns:
    """Return the families `product` and `surge`, one value per product of the vocabulary."""
    buyers, weeks, customers = merged["buyers"], view.weeks, merged["customers"][0]
    base = base_buyers(merged, weeks)
    surge = log_ratio(buyers[:, 0], base, PRIOR_BUYERS)
    repeats, prior = merged["repeats"], PRIOR_REPEATS
    ages = {name: merged[name] for name in ("last_age", "first_age")}
    last, first = (np.where(np.isfinite(age), age, np.nan) for age in ages.values())
    two, four = (_mean(buyers, 0, n, weeks) for n in (2, 4))
    return {
        "product_reach_1w": buyers[:, 0] / customers,
        "product_reach_4w": four / customers,
        "product_reach_8w": base / customers,
        "product_reach_26w": buyers @ view.weights[:, SHARE[26]] / customers,
        "product_days_since_sale": last,
        "product_age": first,
        "product_repeat_rate": (repeats.sum(axis=0) + prior[0])
        / (buyers[:, 1 : REPEAT_WEEKS + 1].sum(axis=1) + prior[1]),
        "product_repeat_rate_1w": (repeats[0] + prior[0]) / (buyers[:, 1] + prior[1]),
        "product_size": view.products.size,
        "product_surge_1w": surge,
        "product_surge_2w": log_ratio(two, _mean(buyers, 2, 10, weeks), PRIOR_BUYERS),
        "product_surge_1w_1w": log_ratio(buyers[:, 0], _mean(buyers, 1, 2, weeks), PRIOR_BUYERS),
        "product_surge_4w": log_ratio(four, _mean(buyers, 4, 12, weeks), PRIOR_BUYERS),
        "product_surge_orders": surge - order_level(merged, weeks)[0],
        "product_surge_2d": _day_surge(merged, 2, weeks),
        "product_surge_3d": _day_surge(merged, 3, weeks),
    }


def _day_surge(merged: MergedStatistics, days: int, weeks: int) -> FloatArray:
    """Compare the last days with the same weekdays of up to 8 weeks before."""
    buyers = merged["daily_buyers"]
    by_week = buyers.reshape(len(buyers), -1, DAYS_PER_WEEK)[:, :, :days].sum(axis=2)
    return log_ratio(by_week[:, 0], _mean(by_week, 1, 1 + BASE_WEEKS, weeks), PRIOR_DAY_BUYERS)


def order_level(merged: MergedStatistics, weeks: int) -> tuple[float, float]:
    """Return log of all orders of one and of two weeks against the 8 weeks before."""
    orders = merged["orders"]
    one = log_ratio(orders[0], _mean(orders, 1, 1 + BASE_WEEKS, weeks), 1.0)
    two = log_ratio(_mean(orders, 0, 2, weeks), _mean(orders, 2, 2 + BASE_WEEKS, weeks), 1.0)
    return float(one), float(two)


def level_values(view: View, merged: MergedStatistics) -> dict[str, float]:
    """Return the family `level`: one value for the whole window."""
    one, two = order_level(merged, view.weeks)
    return {
        "level_1w": one,
        "level_2w": two,
        "horizon_days": float(view.window.horizon_days),
        "day_of_month": float(view.window.cutoff.day),
    }
