"""What was bought against what habit let expect of those who ordered: the family `uptake`.

A surge counts buyers; the uptake asks how many there should have been, given who ordered. It tells
a product that is out of stock or pushed from a week in which other shops ordered, and it tells so
for shops of one type and for shops that buy alike (those are in the family `collaborative`).
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray, totals
from sodai.domain.features.affinity import attribute_codes
from sodai.domain.features.candidates import Candidates
from sodai.domain.features.catalogue import KINDS, OF_DECAY, OF_HABIT
from sodai.domain.features.pair import Columns
from sodai.domain.features.product import log_ratio
from sodai.domain.features.recent import Recent, Span
from sodai.domain.features.statistics import MergedStatistics
from sodai.domain.features.view import View

PRIOR_BUYERS: Final[Mapping[Span, float]] = {"1w": 3.0, "3d": 2.0}
PRIOR_OF_TYPE: Final = (3.0, 0.5)  # buyers at everyone's uptake, and at none
PRIOR_PRODUCTS: Final = 1.0


def product_uptakes(view: View, merged: MergedStatistics) -> Columns:
    """Return the uptake of each product of the vocabulary, and that of its kind."""
    columns = {
        f"product_uptake_{span}": log_ratio(
            merged[f"bought_{span}"], merged[f"expected_{span}"], prior
        )
        for span, prior in PRIOR_BUYERS.items()
    }
    for kind in KINDS:
        levels, code = attribute_codes(view, kind)
        bought, expected = (
            totals(code, merged[name], len(levels)) for name in ("bought_1w", "expected_1w")
        )
        columns[f"{kind}_uptake_1w"] = log_ratio(bought, expected, PRIOR_BUYERS["1w"])[code]
    return columns


def customer_uptakes(view: View, recent: Recent, habit: FloatArray, uptake: FloatArray) -> Columns:
    """Return each customer's uptake in the last week, and the basket to expect of its next order.

    Parameters
    ----------
    view : View
        The shard at the cutoff.
    recent : Recent
        Its last days.
    habit : ndarray of shape (pairs,)
        Share of order weeks with the product.
    uptake : ndarray of shape (products,)
        ``product_uptake_1w``.
    """
    customer, customers = view.pair_customer, view.customer_count
    bought, expected = (
        totals(customer, values, customers) for values in (recent.bought_1w, recent.expected_1w)
    )
    basket = totals(customer, habit * np.exp(uptake[view.pair_product]), customers)
    return {
        "customer_uptake_1w": log_ratio(bought, expected, PRIOR_PRODUCTS),
        "customer_expected_basket": basket,
    }


def type_uptakes(view: View, merged: MergedStatistics, rows: Candidates) -> Columns:
    """Return the uptake of a product by the customers of one type, drawn to everyone's."""
    like_everyone, like_none = PRIOR_OF_TYPE
    kind = view.history.customers.type_codes[view.history.own][rows.customer]
    columns = {}
    for span, prior in PRIOR_BUYERS.items():
        bought, expected = merged[f"type_bought_{span}"], merged[f"type_expected_{span}"]
        everyone = (merged[f"bought_{span}"] + prior) / (merged[f"expected_{span}"] + prior)
        ratio = np.log(
            (bought + like_everyone * everyone + like_none) / (expected + like_everyone + like_none)
        )
        columns[f"type_uptake_{span}"] = ratio[kind, rows.product]
    return columns


def uptake_interactions(
    decay: FloatArray, habit: FloatArray, rows: Candidates, columns: Mapping[str, NDArray[Any]]
) -> Columns:
    """Return own frequency and habit times the uptakes of everyone, of the type, of neighbours.

    Parameters
    ----------
    decay, habit : ndarray of shape (pairs,)
        Share of weeks, and of order weeks, with the product; half-life 8.5 weeks.
    rows : Candidates
        The candidates.
    columns : mapping of name to ndarray of shape (rows,)
        The uptakes.
    """
    own, usual = rows.of_pairs(decay), rows.of_pairs(habit)
    return {
        f"pair_{what}_x_{uptake}": values * np.exp(columns[uptake].astype(np.float64))
        for what, values, uptakes in (("decay", own, OF_DECAY), ("habit", usual, OF_HABIT))
        for uptake in uptakes
    }
