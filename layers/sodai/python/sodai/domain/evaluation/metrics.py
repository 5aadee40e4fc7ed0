"""How good a forecast was: every metric over all known customers x all sold products."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from sodai.domain.arrays import BoolArray, FloatArray, IntArray, counts, positions_in, totals
from sodai.domain.evaluation.outcome import BINS, Outcome, ScoredPairs, bin_sums, descending, ratio
from sodai.domain.pairs import Pairs

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
    "candidate_recall_at_5",
    "candidate_ndcg_at_10",
    "ece",
    "ece_05",
    "level",
    "coverage_customers",
    "coverage_products",
    "order_auc",
    "predicted_pairs",
    "positives",
)
SMALLEST_SERIOUS: Final = 0.05  # below it a probability moves no decision

Metrics = dict[str, float | int | None]


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
        metrics are means over the customers who bought; the two of ``candidate_`` know of no
        purchase outside the candidates. Coverage is the share of known customers and of sold
        products with at least one predicted pair.
    """
    outcome = Outcome.of(scored, actual, known_customers, sold_products)
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


def _share(chosen: IntArray, of: IntArray) -> float | None:
    return ratio(len(np.intersect1d(chosen, of)), len(np.unique(of)))


def _decision(outcome: Outcome, selected: BoolArray) -> Metrics:
    hits, predicted = int(outcome.hit[selected].sum()), int(selected.sum())
    positives = outcome.actual.count
    return {
        "f1": ratio(2 * hits, predicted + positives),
        "precision": ratio(hits, predicted),
        "recall": ratio(hits, positives),
    }


def _average_precision(outcome: Outcome) -> float | None:
    positives = outcome.actual.count
    if not positives:
        return None
    _, hits, pairs = descending(outcome)
    return float((np.diff(hits, prepend=0.0) * hits / pairs).sum() / positives)


def _area(positive: FloatArray, negative: FloatArray) -> float | None:
    """Return the area under the ROC curve from counts per distinct score, ascending."""
    wins = (positive * (np.cumsum(negative) - negative + negative / 2)).sum()
    return ratio(float(wins), float(positive.sum()) * float(negative.sum()))


def _roc_auc(outcome: Outcome) -> float | None:
    scores, code = np.unique(np.append(outcome.scored.scores, 0.0), return_inverse=True)
    code, zero = code[:-1], code[-1]
    pairs = counts(code, len(scores))
    positive = counts(code[outcome.hit], len(scores))
    pairs[zero] += outcome.others
    positive[zero] += outcome.missed
    return _area(positive, pairs - positive)


def _order_auc(outcome: Outcome, customers: IntArray, chances: Mapping[int, float]) -> float | None:
    known = np.unique(customers)
    ordered = np.isin(known, outcome.actual.customer_ids)
    chance = np.array([chances.get(int(i), 0.0) for i in known])
    scores, code = np.unique(chance, return_inverse=True)
    everyone = counts(code, len(scores))
    positive = counts(code[ordered], len(scores))
    return _area(positive, everyone - positive)


def _rankings(outcome: Outcome) -> Metrics:
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
    ideal = np.append(0, np.cumsum(1 / np.log2(np.arange(10) + 2)))
    precision = totals(buyer, hit * found / (rank + 1), len(buyers)) / bought
    means = {
        "precision_at_5": top5 / 5,
        "precision_at_10": top10 / 10,
        "recall_at_5": top5 / bought,
        "recall_at_10": top10 / bought,
        "ndcg_at_10": gain / ideal[np.minimum(bought, 10)],
        "map": precision,
        "hit_at_10": top10 > 0,
    }
    inside = counts(buyer[hit], len(buyers))  # what was bought among the candidates
    if (any_inside := inside > 0).any():
        top5, gain, inside = top5[any_inside], gain[any_inside], inside[any_inside].astype(np.int64)
        means["candidate_recall_at_5"] = top5 / inside
        means["candidate_ndcg_at_10"] = gain / ideal[np.minimum(inside, 10)]
    return {key: float(values.mean()) for key, values in means.items()}


def _calibration(outcome: Outcome) -> Metrics:
    scores, hit = outcome.scored.scores, outcome.hit
    serious = scores >= SMALLEST_SERIOUS
    everything = len(scores) + outcome.others
    return {
        "ece": ratio(_misfit(scores, hit, outcome.missed), everything),
        "ece_05": ratio(_misfit(scores[serious], hit[serious], 0), int(serious.sum())),
        "level": ratio(float(scores.sum()), outcome.actual.count),
    }


def _misfit(scores: FloatArray, hit: BoolArray, missed: int) -> float:
    """Add up |expected - bought| over bins; pairs that were not scored lie in the lowest."""
    _, expected, bought = bin_sums(scores, hit, BINS)
    bought[0] += missed
    return float(np.abs(expected - bought).sum())
