"""How good a forecast was: every metric over all known customers x all sold products."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from sodai.domain.arrays import BoolArray, FloatArray, IntArray, counts, positions_in, totals
from sodai.domain.features.table import FeatureTable
from sodai.domain.history import Pairs, positions_of

METRIC_KEYS: Final = (
    "f1",
    "precision",
    "recall",
    "average_precision",
    "roc_auc",
    "precision_at_5",
    "precision_at_10",
    "recall_at_5",
    "recall_at_10",
    "ndcg_at_10",
    "map",
    "hit_at_10",
    "ece",
    "ece_05",
    "level",
    "coverage_customers",
    "coverage_products",
    "order_auc",
    "predicted_pairs",
    "positives",
)
BINS: Final = 15
SMALLEST_SERIOUS: Final = 0.05  # below it a probability moves no decision

Metrics = dict[str, float | int | None]


@dataclass(frozen=True, eq=False, slots=True)
class ScoredPairs:
    """Candidates with their scores, in any order, each once."""

    customer_ids: IntArray
    product_ids: IntArray
    scores: FloatArray

    @classmethod
    def of(cls, table: FeatureTable, scores: FloatArray) -> Self:
        """Put scores to the candidates of a table."""
        return cls(table.customer_ids, table.product_ids, np.asarray(scores, np.float64))


@dataclass(frozen=True, eq=False, slots=True)
class _Outcome:
    """What happened, against what was scored."""

    scored: ScoredPairs
    actual: Pairs
    hit: BoolArray  # of each scored pair: was it bought
    others: int  # pairs of known customers and sold products that were not scored
    missed: int  # of these, the pairs that were bought

    @classmethod
    def of(
        cls, scored: ScoredPairs, actual: Pairs, customers: IntArray, products: IntArray
    ) -> Self:
        hit = positions_of(actual, scored.customer_ids, scored.product_ids) >= 0
        inside = positions_in(np.unique(customers), actual.customer_ids) >= 0
        inside &= positions_in(np.unique(products), actual.product_ids) >= 0
        others = len(np.unique(customers)) * len(np.unique(products)) - len(hit)
        return cls(scored, actual, hit, others, int(inside.sum() - hit.sum()))


def evaluate(
    scored: ScoredPairs,
    actual: Pairs,
    known_customers: IntArray,
    sold_products: IntArray,
    threshold: float,
    *,
    calibrated: bool = True,
    order_probability: Mapping[int, float] | None = None,
) -> Metrics:
    """Compare a forecast with what was bought.

    Parameters
    ----------
    scored : ScoredPairs
        The candidates; scores in [0, 1].
    actual : Pairs
        Every pair bought in the window. Those outside the candidates, also of products or
        customers first seen in the window itself, count as missed.
    known_customers, sold_products : ndarray
        Ids: all customers known, and all products sold, before the cutoff. Pairs of these that
        are not candidates have score 0.
    threshold : float
        A pair is predicted when its score is at least this.
    calibrated : bool
        Whether scores are probabilities; if not, ``ece``, ``ece_05`` and ``level`` are unknown.
    order_probability : mapping of customer to float, optional
        Chance that a customer orders at all; by default 1 - prod(1 - score).

    Returns
    -------
    dict
        All of ``METRIC_KEYS``; None where a metric has no meaning (nothing bought, say). Ranking
        metrics are means over the customers who bought. Coverage is the share of known customers
        and of sold products with at least one predicted pair.
    """
    outcome = _Outcome.of(scored, actual, known_customers, sold_products)
    selected = scored.scores >= threshold
    if order_probability is None:
        order_probability = order_chances(scored)
    metrics: Metrics = {
        **_decision(outcome, selected),
        "average_precision": _average_precision(outcome),
        "roc_auc": _roc_auc(outcome),
        **_rankings(outcome),
        **(_calibration(outcome) if calibrated else {}),
        "coverage_customers": _share(scored.customer_ids[selected], known_customers),
        "coverage_products": _share(scored.product_ids[selected], sold_products),
        "order_auc": _order_auc(outcome, known_customers, order_probability),
        "predicted_pairs": int(selected.sum()),
        "positives": actual.count,
    }
    return {key: metrics.get(key) for key in METRIC_KEYS}


def order_chances(scored: ScoredPairs) -> dict[int, float]:
    """Return 1 - prod(1 - p) per customer: the chance of an order if pairs were independent."""
    customers, code = np.unique(scored.customer_ids, return_inverse=True)
    none = np.log1p(-np.clip(scored.scores, 0, 1 - 1e-12))
    chance = -np.expm1(totals(code, none, len(customers)))
    return dict(zip(customers.tolist(), chance.tolist(), strict=True))


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _share(chosen: IntArray, of: IntArray) -> float | None:
    return _ratio(len(np.intersect1d(chosen, of)), len(np.unique(of)))


def _decision(outcome: _Outcome, selected: BoolArray) -> Metrics:
    hits, predicted = int(outcome.hit[selected].sum()), int(selected.sum())
    positives = outcome.actual.count
    return {
        "f1": _ratio(2 * hits, predicted + positives),
        "precision": _ratio(hits, predicted),
        "recall": _ratio(hits, positives),
    }


def _descending(outcome: _Outcome) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return distinct scores from high to low, with hits and pairs scored at least so high."""
    order = np.argsort(-outcome.scored.scores, kind="stable")
    scores = outcome.scored.scores[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
    hits: FloatArray = np.cumsum(outcome.hit[order], dtype=np.float64)[last]
    return scores[last], hits, (last + 1).astype(np.float64)


def _average_precision(outcome: _Outcome) -> float | None:
    positives = outcome.actual.count
    if not positives:
        return None
    _, hits, pairs = _descending(outcome)
    return float((np.diff(hits, prepend=0.0) * hits / pairs).sum() / positives)


def _area(positive: FloatArray, negative: FloatArray) -> float | None:
    """Return the area under the ROC curve from counts per distinct score, ascending."""
    wins = (positive * (np.cumsum(negative) - negative + negative / 2)).sum()
    return _ratio(float(wins), float(positive.sum()) * float(negative.sum()))


def _roc_auc(outcome: _Outcome) -> float | None:
    scores, code = np.unique(np.append(outcome.scored.scores, 0.0), return_inverse=True)
    code, zero = code[:-1], code[-1]
    pairs = counts(code, len(scores))
    positive = counts(code[outcome.hit], len(scores))
    pairs[zero] += outcome.others
    positive[zero] += outcome.missed
    return _area(positive, pairs - positive)


def _order_auc(
    outcome: _Outcome, customers: IntArray, chances: Mapping[int, float]
) -> float | None:
    known = np.unique(customers)
    ordered = np.isin(known, outcome.actual.customer_ids)
    chance = np.array([chances.get(int(i), 0.0) for i in known])
    scores, code = np.unique(chance, return_inverse=True)
    everyone = counts(code, len(scores))
    positive = counts(code[ordered], len(scores))
    return _area(positive, everyone - positive)


def _rankings(outcome: _Outcome) -> Metrics:
    buyers, bought = np.unique(outcome.actual.customer_ids, return_counts=True)
    if not len(buyers):
        return {}
    scored = outcome.scored
    buyer = positions_in(buyers, scored.customer_ids)
    mine = np.flatnonzero(buyer >= 0)
    order = mine[np.lexsort((scored.product_ids[mine], -scored.scores[mine], buyer[mine]))]
    buyer, hit = buyer[order], outcome.hit[order]
    start = np.searchsorted(buyer, buyer)
    rank = np.arange(len(buyer)) - start
    found: IntArray = np.cumsum(hit) - (np.cumsum(hit) - hit)[start]

    top5, top10 = (counts(buyer[hit & (rank < k)], len(buyers)) for k in (5, 10))
    gain = totals(buyer, hit * (rank < 10) / np.log2(rank + 2), len(buyers))
    ideal = np.cumsum(1 / np.log2(np.arange(10) + 2))[np.minimum(bought, 10) - 1]
    precision = totals(buyer, hit * found / (rank + 1), len(buyers)) / bought
    means = {
        "precision_at_5": top5 / 5,
        "precision_at_10": top10 / 10,
        "recall_at_5": top5 / bought,
        "recall_at_10": top10 / bought,
        "ndcg_at_10": gain / ideal,
        "map": precision,
        "hit_at_10": top10 > 0,
    }
    return {key: float(values.mean()) for key, values in means.items()}


def _calibration(outcome: _Outcome) -> Metrics:
    scores, hit = outcome.scored.scores, outcome.hit
    serious = scores >= SMALLEST_SERIOUS
    everything = len(scores) + outcome.others
    return {
        "ece": _ratio(_misfit(scores, hit, outcome.missed), everything),
        "ece_05": _ratio(_misfit(scores[serious], hit[serious], 0), int(serious.sum())),
        "level": _ratio(float(scores.sum()), outcome.actual.count),
    }


def _bin_sums(scores: FloatArray, hit: BoolArray, bins: int) -> tuple[FloatArray, ...]:
    code = np.minimum((scores * bins).astype(np.int64), bins - 1)
    return (
        counts(code, bins),
        totals(code, scores, bins),
        counts(code[hit], bins),
    )


def _misfit(scores: FloatArray, hit: BoolArray, missed: int) -> float:
    """Add up |expected - bought| over bins; pairs that were not scored lie in the lowest."""
    _, expected, bought = _bin_sums(scores, hit, BINS)
    bought[0] += missed
    return float(np.abs(expected - bought).sum())


def confusion_matrix(
    scored: ScoredPairs,
    actual: Pairs,
    known_customers: IntArray,
    sold_products: IntArray,
    threshold: float,
) -> dict[str, int]:
    """Count pairs by decision and outcome; arguments as in ``evaluate``.

    False negatives include pairs outside known customers x sold products.
    """
    outcome = _Outcome.of(scored, actual, known_customers, sold_products)
    selected = scored.scores >= threshold
    hits, predicted = int(outcome.hit[selected].sum()), int(selected.sum())
    inside = int(outcome.hit.sum()) + outcome.missed
    everything = len(scored.scores) + outcome.others
    return {
        "true_positives": hits,
        "false_positives": predicted - hits,
        "false_negatives": actual.count - hits,
        "true_negatives": everything - inside - (predicted - hits),
    }


def precision_recall_curve(
    scored: ScoredPairs, actual: Pairs, points: int = 200
) -> dict[str, list[float]]:
    """Return the precision-recall curve, evenly spaced in recall, thresholds from high to low.

    Parameters
    ----------
    scored : ScoredPairs
        The candidates.
    actual : Pairs
        Every pair bought; those outside the candidates bound the recall.
    points : int
        At most so many points.

    Returns
    -------
    dict
        Lists ``threshold``, ``precision`` and ``recall``; empty if nothing was bought.
    """
    hit = positions_of(actual, scored.customer_ids, scored.product_ids) >= 0
    outcome = _Outcome(scored, actual, hit, 0, 0)
    thresholds, hits, pairs = _descending(outcome)
    if not actual.count or not len(hits):
        return {"threshold": [], "precision": [], "recall": []}
    wanted = np.searchsorted(hits, np.linspace(hits[0], hits[-1], points))
    chosen = np.unique(np.minimum(wanted, len(hits) - 1))
    return {
        "threshold": thresholds[chosen].tolist(),
        "precision": (hits[chosen] / pairs[chosen]).tolist(),
        "recall": (hits[chosen] / actual.count).tolist(),
    }


def calibration_bins(
    scored: ScoredPairs, actual: Pairs, bins: int = BINS
) -> list[dict[str, float | int | None]]:
    """Compare probabilities with observed rates in bins of equal width, candidates only.

    Returns
    -------
    list of dict
        ``from``, ``to``, ``pairs``, ``mean_probability`` and ``observed_rate`` (None if empty).
    """
    hit = positions_of(actual, scored.customer_ids, scored.product_ids) >= 0
    pairs, expected, bought = _bin_sums(scored.scores, hit, bins)
    return [
        {
            "from": i / bins,
            "to": (i + 1) / bins,
            "pairs": int(pairs[i]),
            "mean_probability": _ratio(expected[i], pairs[i]),
            "observed_rate": _ratio(bought[i], pairs[i]),
        }
        for i in range(bins)
    ]
