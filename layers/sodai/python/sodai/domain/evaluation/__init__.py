"""How good a forecast was, over all known customers x all sold products."""

from sodai.domain.evaluation.curves import (
    calibration_bins,
    confusion_matrix,
    precision_recall_curve,
)
from sodai.domain.evaluation.groups import (
    Method,
    behind,
    compare_groups,
    customer_groups,
    mean_of_groups,
)
from sodai.domain.evaluation.metrics import METRIC_KEYS, Metrics, evaluate, order_chances
from sodai.domain.evaluation.outcome import ScoredPairs
from sodai.domain.evaluation.paired import Difference, paired_differences

__all__ = [
    "METRIC_KEYS",
    "Difference",
    "Method",
    "Metrics",
    "ScoredPairs",
    "behind",
    "calibration_bins",
    "compare_groups",
    "confusion_matrix",
    "customer_groups",
    "evaluate",
    "mean_of_groups",
    "order_chances",
    "paired_differences",
    "precision_recall_curve",
]
