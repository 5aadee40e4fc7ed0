"""Drift: whether the mix of what is sold, to whom and where, has left the ordinary."""

from sodai.domain.drift.bins import BIN_WEEKS, Bins, freeze_bins
from sodai.domain.drift.comparison import (
    DRIFT_LIMIT,
    REFERENCE_WEEKS,
    DriftReport,
    Statistic,
    compare,
    not_evaluated,
)
from sodai.domain.drift.sketching import Prior, Sketch, merge, prior_of, sketch
from sodai.domain.drift.volume import VolumePoint, flagged_weeks, volume_chart

__all__ = [
    "BIN_WEEKS",
    "DRIFT_LIMIT",
    "REFERENCE_WEEKS",
    "Bins",
    "DriftReport",
    "Prior",
    "Sketch",
    "Statistic",
    "VolumePoint",
    "compare",
    "flagged_weeks",
    "freeze_bins",
    "merge",
    "not_evaluated",
    "prior_of",
    "sketch",
    "volume_chart",
]
