"""Pictures of a forecast: confusion matrix, precision-recall curve, calibration bins."""

import numpy as np

from sodai.domain.arrays import IntArray
from sodai.domain.evaluation.outcome import (
    BINS,
    Outcome,
    ScoredPairs,
    bin_sums,
    descending,
    ratio,
)
from sodai.domain.pairs import Pairs, positions_of


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
    outcome = Outcome.of(scored, actual, known_customers, sold_products)
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
    outcome = Outcome(scored, actual, hit, 0, 0)
    thresholds, hits, pairs = descending(outcome)
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
    pairs, expected, bought = bin_sums(scored.scores, hit, bins)
    return [
        {
            "from": i / bins,
            "to": (i + 1) / bins,
            "pairs": int(pairs[i]),
            "mean_probability": ratio(expected[i], pairs[i]),
            "observed_rate": ratio(bought[i], pairs[i]),
        }
        for i in range(bins)
    ]
