"""Two forecasts of the same weeks, compared on the same customers drawn again and again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from sodai.domain.arrays import BoolArray, FloatArray, IntArray, totals
from sodai.domain.evaluation.groups import Method
from sodai.domain.pairs import Pairs, positions_of

DRAWS: Final = 200
CONFIDENCE: Final = 0.95
SEED: Final = 20240101


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the first is better than the second, and between which bounds (95 %)."""

    mean: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Return plain values for JSON."""
        return asdict(self)


def paired_differences(
    first: Sequence[Method], second: Sequence[Method], bought: Sequence[Pairs]
) -> dict[str, Difference]:
    """Compare two forecasts by a bootstrap over customers.

    Customers are drawn with replacement, each with all its pairs of all weeks, and both forecasts
    are judged on the same draw: what is left is what the choice of customers can explain.

    Parameters
    ----------
    first, second : sequence of Method
        One forecast per week.
    bought : sequence of Pairs
        What was bought in each week.

    Returns
    -------
    dict
        ``average_precision`` and ``f1``, means over the weeks.
    """
    customers = np.unique(np.concatenate([m.scored.customer_ids for m in (*first, *second)]))
    count = len(customers)
    draws = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), DRAWS)
    found: dict[str, list[FloatArray]] = {"average_precision": [], "f1": []}
    for one, other, pairs in zip(first, second, bought, strict=True):
        mine, its = (_figures(method, pairs, customers, draws) for method in (one, other))
        for name, differences in found.items():
            differences.append(mine[name] - its[name])
    edge = (1 - CONFIDENCE) / 2
    told = {}
    for name, differences in found.items():
        drawn = np.mean(differences, axis=0)
        low, high = np.quantile(drawn, (edge, 1 - edge))
        told[name] = Difference(float(drawn.mean()), float(low), float(high))
    return told


def _figures(
    method: Method, bought: Pairs, customers: IntArray, draws: IntArray
) -> dict[str, FloatArray]:
    scored = method.scored
    customer = np.searchsorted(customers, scored.customer_ids)
    hit = positions_of(bought, scored.customer_ids, scored.product_ids) >= 0
    positives = _bought_by(customers, bought)
    chosen = scored.scores >= method.threshold
    count = len(customers)
    predicted = draws @ totals(customer, chosen.astype(np.float64), count)
    hits = draws @ totals(customer, (chosen & hit).astype(np.float64), count)
    of = draws @ positives
    order = np.argsort(-scored.scores, kind="stable")
    precision = np.array([_precision(d[customer[order]], hit[order]) for d in draws])
    return {"f1": _ratio(2 * hits, predicted + of), "average_precision": _ratio(precision, of)}


def _bought_by(customers: IntArray, bought: Pairs) -> FloatArray:
    """Count the pairs bought by each customer; those of others are in no draw."""
    known = np.isin(bought.customer_ids, customers)
    position = np.searchsorted(customers, bought.customer_ids[known])
    return totals(position, np.ones(len(position)), len(customers))


def _precision(weight: IntArray, hit: BoolArray) -> float:
    """Add up the precision at every hit, each pair counted as often as its customer was drawn."""
    pairs, hits = np.cumsum(weight), np.cumsum(weight * hit)
    at = np.flatnonzero(weight * hit)
    return float((weight[at] * hits[at] / pairs[at]).sum())


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
