"""How good a forecast was, over all known customers x all sold products."""

from sodai.domain.evaluation.curves import (
    calibration_bins,
    confusion_matrix,
    precision_recall_curve,
)
from sodai.domain.evaluation.metrics import METRIC_KEYS, Metrics, evaluate, order_chances
from sodai.domain.evaluation.outcome import ScoredPairs

__all__ = [
    "METRIC_KEYS",
    "Metrics",
    "ScoredPairs",
    "calibration_bins",
    "confusion_matrix",
    "evaluate",
    "order_chances",
    "precision_recall_curve",
]
