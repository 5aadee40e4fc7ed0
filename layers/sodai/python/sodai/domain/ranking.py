"""The forecast as people read it: for every customer, products from likely to unlikely."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from sodai.domain.arrays import FloatArray
from sodai.domain.evaluation import ScoredPairs, order_chances
from sodai.domain.features.table import FeatureTable

RECENT_WEEKS: Final = 8


def rank(
    table: FeatureTable,
    probability: FloatArray,
    threshold: float,
    orders: Mapping[int, float] | None = None,
) -> pd.DataFrame:
    """Rank the candidates of every customer.

    Parameters
    ----------
    table : FeatureTable
        All candidates of the window (not sampled).
    probability : ndarray of shape (rows,)
        Calibrated probabilities.
    threshold : float
        A pair is selected when its probability is at least this.
    orders : mapping of customer to float, optional
        The chance that each customer orders at all; by default 1 - prod(1 - p). It is raised to
        that of the customer's likeliest pair where it is below.

    Returns
    -------
    DataFrame
        Sorted by ``customer_id``, then ``probability`` from high to low, then ``product_id``;
        with ``order_probability`` of the customer, ``selected``, ``expected_items`` (probability x
        items in a week in which the pair is bought, see ``FeatureTable.typical_items``) and the
        facts ``weeks_bought_of_8`` and
        ``days_since_last`` (null for pairs not bought in the last year).
    """
    if orders is None:
        orders = order_chances(ScoredPairs.of(table, probability))
    order = np.lexsort((table.product_ids, -probability, table.customer_ids))
    chance = probability[order]
    weeks = np.rint(table.column("pair_share_8w") * min(RECENT_WEEKS, table.weeks))
    since = pd.array(table.column("pair_days_since_last")[order], dtype="Float64")
    return pd.DataFrame(
        {
            "customer_id": table.customer_ids[order],
            "product_id": table.product_ids[order],
            "probability": chance,
            "order_probability": _at_least(orders, table, probability)[order],
            "selected": chance >= threshold,
            "expected_items": chance * table.typical_items[order],
            "weeks_bought_of_8": weeks[order].astype(np.int64),
            "days_since_last": since.astype("Int64"),
        }
    )


def as_shown(probability: float) -> float:
    """Return a probability as people see it: six digits, and never certain."""
    return min(float(f"{probability:.6g}"), 0.999999)


def positives(ranking: pd.DataFrame) -> pd.DataFrame:
    """Return the selected pairs only, ``customer_id`` and ``product_id``."""
    chosen = ranking.loc[ranking["selected"], ["customer_id", "product_id"]]
    return chosen.reset_index(drop=True)


def _at_least(
    orders: Mapping[int, float], table: FeatureTable, probability: FloatArray
) -> FloatArray:
    """Return the chance of an order per row: never below that of the customer's likeliest pair."""
    customers, code = np.unique(table.customer_ids, return_inverse=True)
    chance = np.array([orders[one] for one in customers.tolist()])
    np.maximum.at(chance, code, probability)
    return np.asarray(chance[code])


def order_probabilities(ranking: pd.DataFrame) -> "pd.Series[float]":
    """Return the chance that each customer orders at all."""
    return ranking.groupby("customer_id")["order_probability"].first()


def expected_units(ranking: pd.DataFrame) -> "pd.Series[float]":
    """Return the items each customer is expected to buy: the sum over its candidates."""
    return ranking.groupby("customer_id")["expected_items"].sum()
