"""Features of a window: statistics per shard, merged, then a table per shard."""

from sodai.domain.features.assembly import feature_table, whole_table
from sodai.domain.features.catalogue import (
    CATEGORY_FEATURES,
    FEATURE_FAMILIES,
    LANGUAGES,
    NUMERIC_FEATURES,
    describe,
    family_of,
)
from sodai.domain.features.statistics import (
    MergedStatistics,
    PartialStatistics,
    merge_statistics,
    partial_statistics,
)
from sodai.domain.features.table import (
    CategoryColumn,
    FeatureTable,
    LabelledTable,
    align_labels,
)

__all__ = [
    "CATEGORY_FEATURES",
    "FEATURE_FAMILIES",
    "LANGUAGES",
    "NUMERIC_FEATURES",
    "CategoryColumn",
    "FeatureTable",
    "LabelledTable",
    "MergedStatistics",
    "PartialStatistics",
    "align_labels",
    "describe",
    "family_of",
    "feature_table",
    "merge_statistics",
    "partial_statistics",
    "whole_table",
]
