"""Where a forecast is better and where it is worse: the same metrics for groups of customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import BoolArray, IntArray, counts
from sodai.domain.evaluation.metrics import evaluate
from sodai.domain.evaluation.outcome import ScoredPairs
from sodai.domain.history import CELLS_PER_STRIP, History
from sodai.domain.pairs import Pairs

JUDGED: Final = ("f1", "average_precision")
ORDER_DAYS: Final = (1, 10, 40)  # of the last year: where one size of history ends
HISTORY_SIZES: Final = ("none", "1-9 order days", "10-39 order days", "40 order days and more")

Groups = Mapping[str, NDArray[np.object_]]


@dataclass(frozen=True, eq=False, slots=True)
class Method:
    """A forecast and the score from which it predicts a pair."""

    scored: ScoredPairs
    threshold: float


def customer_groups(history: History, cutoff: date) -> Groups:
    """Return the group of every known customer by type, by place and by size of history.

    Parameters
    ----------
    history : History
        Of all customers.
    cutoff : date
        Only order days before it, of a year, count as history.

    Returns
    -------
    mapping of kind to ndarray of shape (customers,)
        ``customer_type``; ``place``, a strip of the map with an eighth of the customers; and
        ``history``.
    """
    customers, purchases = history.customers, history.purchases
    last = cutoff.toordinal()
    seen = (purchases.day < last) & (purchases.day >= last - 365)
    days = np.unique(np.column_stack([purchases.customer[seen], purchases.day[seen]]), axis=0)
    order_days = counts(days[:, 0], len(customers.ids))
    size = np.searchsorted(ORDER_DAYS, order_days, side="right")
    strips = (customers.cells // CELLS_PER_STRIP + 1).astype(str)
    return {
        "customer_type": np.array(customers.types, object)[customers.type_codes],
        "place": np.array([f"strip {strip}" for strip in strips], object),
        "history": np.array(HISTORY_SIZES, object)[size],
    }


def compare_groups(
    groups: Groups,
    customer_ids: IntArray,
    methods: Mapping[str, Method],
    actual: Pairs,
    sold_products: IntArray,
) -> list[dict[str, Any]]:
    """Judge methods within each group of customers that bought anything.

    Parameters
    ----------
    groups : mapping of kind to ndarray of shape (customers,)
        See ``customer_groups``.
    customer_ids : ndarray of shape (customers,)
        Whose groups these are.
    methods : mapping of name to Method
        Scores of the same candidates.
    actual : Pairs
        Every pair bought in the window.
    sold_products : ndarray
        All products sold before the cutoff.

    Returns
    -------
    list of dict
        ``kind``, ``group``, ``customers``, ``positives``, and by method F1 and average precision.
    """
    compared = []
    for kind, names in groups.items():
        for group in sorted(set(names)):
            members = customer_ids[names == group]
            bought = _within(actual, members)
            if bought.count:
                judged = {
                    name: _judged(method, members, bought, sold_products)
                    for name, method in methods.items()
                }
                told = {"kind": kind, "group": group, "customers": len(members)}
                compared.append({**told, "positives": bought.count, **judged})
    return compared


def mean_of_groups(windows: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Average the windows in which a group bought, weighted by what it bought."""
    rows: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for window in windows:
        for row in window:
            rows.setdefault((row["kind"], row["group"]), []).append(row)

    def mean(of: Sequence[Mapping[str, Any]], method: str) -> dict[str, float]:
        weights = [row["positives"] for row in of]
        return {
            key: float(np.average([row[method][key] for row in of], weights=weights))
            for key in JUDGED
        }

    told = ("kind", "group", "customers", "positives")
    return [
        {
            "kind": kind,
            "group": group,
            "customers": of[-1]["customers"],
            "positives": sum(row["positives"] for row in of),
            **{method: mean(of, method) for method in of[0] if method not in told},
        }
        for (kind, group), of in sorted(rows.items())
    ]


def behind(groups: Sequence[Mapping[str, Any]], model: str, baseline: str) -> list[dict[str, Any]]:
    """Return the groups in which the model is below the baseline in F1 or average precision.

    Those that bought most come first.
    """
    lost = [
        dict(row) for row in groups if any(row[model][key] < row[baseline][key] for key in JUDGED)
    ]
    return sorted(lost, key=lambda row: -int(row["positives"]))


def _within(pairs: Pairs, members: IntArray) -> Pairs:
    inside = np.isin(pairs.customer_ids, members)
    return Pairs(pairs.customer_ids[inside], pairs.product_ids[inside])


def _judged(
    method: Method, members: IntArray, bought: Pairs, sold_products: IntArray
) -> dict[str, float]:
    scored = method.scored
    inside: BoolArray = np.isin(scored.customer_ids, members)
    part = ScoredPairs(
        scored.customer_ids[inside], scored.product_ids[inside], scored.scores[inside]
    )
    metrics = evaluate(part, bought, members, sold_products, method.threshold, calibrated=False)
    return {key: float(metrics[key] or 0.0) for key in JUDGED}
