"""Where to cut: the decision threshold on probabilities, and the best one in hindsight."""

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray


def plug_in_threshold(
    probability: FloatArray, bounds: tuple[float, float] | None = None, held: float = 1.0
) -> float:
    """Return the threshold with the highest expected F1, from the probabilities alone.

    With p sorted from high to low, the first k are selected that maximise
    ``2 * sum(p[:k]) / (k + sum(p))``: expected hits and positives put into F1 (plug-in rule;
    Lewis 1995, Ye et al. 2012).

    Parameters
    ----------
    probability : ndarray of shape (rows,)
        Calibrated probabilities of all candidates.
    bounds : pair of float, optional
        The threshold is kept between these.
    held : float
        Share of all positives that are among the candidates: the others count in F1, too.

    Returns
    -------
    float
        A pair is selected when its probability is at least this; 1 without candidates.
    """
    if not len(probability):
        return 1.0
    ordered = np.sort(probability)[::-1]
    positives = ordered.sum() / held
    expected = 2 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + positives)
    threshold = float(ordered[expected.argmax()])
    if bounds is not None:
        threshold = min(max(threshold, bounds[0]), bounds[1])
    return threshold


def best_threshold(
    scores: FloatArray,
    labels: NDArray[np.int8],
    positives: int,
    weight: FloatArray | None = None,
) -> tuple[float, float]:
    """Return the threshold with the highest F1 in hindsight, and that F1.

    Parameters
    ----------
    scores : ndarray of shape (rows,)
        Of the candidates; equal scores are selected together.
    labels : ndarray of shape (rows,)
        1 for what was bought.
    positives : int
        Pairs really bought, those outside the candidates included.
    weight : ndarray of shape (rows,), optional
        Candidates that a row stands for.
    """
    if not len(scores) or not labels.any():
        return float(np.nextafter(scores.max(initial=1.0), np.inf)), 0.0
    weight = np.ones(len(scores)) if weight is None else weight
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    closes_tie = np.append(ordered[1:] != ordered[:-1], True)
    hits = np.cumsum(labels[order] * weight[order])[closes_tie]
    selected = np.cumsum(weight[order])[closes_tie]
    f1 = 2 * hits / (selected + positives)
    return float(ordered[closes_tie][f1.argmax()]), float(f1.max())
