"""How far a week's shares lie from those of the reference weeks.

To each distance belongs the noise of a week: the distance that few odd rows make by chance. Where
the reference weeks are all alike (one category, never a return) any row would be an alarm.
"""

from typing import Final

import numpy as np
from scipy.special import kolmogorov

SMALLEST_SHARE: Final = 1e-4  # of a bin in the stability index, else an empty one is infinite


def mean_shares(counts: np.ndarray) -> np.ndarray:
    """Return the mean of the weeks' shares, each week with equal weight.

    Parameters
    ----------
    counts : ndarray of shape (n_weeks, n_bins)
        Counts per week; every week has some.
    """
    shares: np.ndarray = (counts / counts.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares


def kolmogorov_smirnov(current: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest distance between two cumulated shares of ordered bins, in [0, 1]."""
    return float(np.abs(np.cumsum(current - reference)).max())


def kolmogorov_smirnov_p(distance: float, lines: float, reference_lines: float) -> float:
    """Return the asymptotic p-value of a two-sample distance (Smirnov, 1939).

    It is reported, not used: lines cluster in shops, so it is far too small.
    """
    effective = lines * reference_lines / (lines + reference_lines)
    return float(kolmogorov(np.sqrt(effective) * distance))


def jensen_shannon(current: np.ndarray, reference: np.ndarray) -> float:
    """Return the Jensen-Shannon distance (Endres and Schindelin, 2003), in [0, 1], base 2."""
    middle = (current + reference) / 2
    divergence = (_relative_entropy(current, middle) + _relative_entropy(reference, middle)) / 2
    return float(np.sqrt(max(divergence, 0.0)))


def log_odds_difference(current: np.ndarray, reference: np.ndarray) -> float:
    """Return how far the shares of the first of two bins lie apart, in log-odds."""
    return float(abs(np.log(current[0] / current[1]) - np.log(reference[0] / reference[1])))


def ks_noise(counts: np.ndarray) -> float:
    """Return the Kolmogorov-Smirnov distance that a week's rows make by chance."""
    return float(max(0.005, 0.5 / np.sqrt(counts.sum())))


def js_noise(counts: np.ndarray) -> float:
    """Return the Jensen-Shannon distance that a week's rows make by chance."""
    return float(max(0.03, 0.5 / np.sqrt(counts.sum())))


def log_odds_noise(counts: np.ndarray) -> float:
    """Return two standard errors of the log-odds of two counts (Woolf, 1955)."""
    return float(2 * np.sqrt((1 / counts).sum()))


def stability_index(current: np.ndarray, reference: np.ndarray) -> float:
    """Return the population stability index: J-divergence in nats (Kullback and Leibler, 1951)."""
    actual, expected = (np.maximum(shares, SMALLEST_SHARE) for shares in (current, reference))
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def _relative_entropy(shares: np.ndarray, of: np.ndarray) -> float:
    there = shares > 0
    return float(np.sum(shares[there] * np.log2(shares[there] / of[there])))
