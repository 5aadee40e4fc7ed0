"""The last week and the last days, beside what habit let expect of those who ordered in them."""

from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np

from sodai.domain.arrays import FloatArray, totals
from sodai.domain.features.view import DECAY, View

Span = Literal["1w", "3d"]

LAST_DAYS: Final = 3
FADING_DAYS: Final = 14
FADING_HALF_LIFE: Final = 3.5  # days
COUNTED: Final = ("bought_1w", "expected_1w", "bought_3d", "expected_3d")
RECENT: Final = (*COUNTED, "fading")
RAREST_ORDERS: Final = 0.05  # of weeks; keeps the habit of who hardly orders small


@dataclass(frozen=True, eq=False, slots=True)
class Recent:
    """One value per pair bought in sight.

    Attributes
    ----------
    bought_1w, bought_3d : ndarray of shape (pairs,)
        1 where it was bought in the last week, in the last 3 days.
    expected_1w, expected_3d : ndarray of shape (pairs,)
        The habit of the weeks before the last one, where the customer ordered in the last week,
        in the last 3 days: the share of its order weeks with the product, half-life 8.5 weeks.
    fading : ndarray of shape (pairs,)
        Share of the last 14 days on which it was bought, half-life 3.5 days.
    """

    bought_1w: FloatArray
    expected_1w: FloatArray
    bought_3d: FloatArray
    expected_3d: FloatArray
    fading: FloatArray

    def __getitem__(self, name: str) -> FloatArray:
        """Return the values named in ``RECENT``."""
        return np.asarray(getattr(self, name))

    @classmethod
    def of(cls, view: View) -> Self:
        """Look at the last days of a view."""
        customer = view.pair_customer
        habit = _earlier_habit(view)
        ordered_1w = view.order_weeks()[:, 0]
        ordered_3d = np.asarray(view.ordered[:, :LAST_DAYS].any(axis=1))
        bought_1w, bought_3d = np.zeros(view.pair_count), np.zeros(view.pair_count)
        bought_1w[view.mark_pair[view.mark_week == 0]] = 1
        bought_3d[view.pair[view.age <= LAST_DAYS]] = 1
        days = 0.5 ** (np.arange(FADING_DAYS) / FADING_HALF_LIFE)
        near = view.age <= FADING_DAYS
        return cls(
            bought_1w=bought_1w,
            expected_1w=habit * ordered_1w[customer],
            bought_3d=bought_3d,
            expected_3d=habit * ordered_3d[customer],
            fading=totals(view.pair[near], days[view.age[near] - 1], view.pair_count) / days.sum(),
        )


def _earlier_habit(view: View) -> FloatArray:
    weight = view.weights[:, DECAY[8.5]].copy()
    weight[0] = 0
    bought = totals(view.mark_pair, weight[view.mark_week], view.pair_count)
    customer, week = np.nonzero(view.order_weeks())
    orders = totals(customer, weight[week], view.customer_count)
    least = max(RAREST_ORDERS * weight.sum(), np.finfo(np.float64).tiny)
    return np.asarray(bought / np.maximum(orders, least)[view.pair_customer])
