"""The bins in which every week is counted; frozen once, so that weeks can be compared."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

import numpy as np
import pandas as pd

from sodai.domain.drift.measures import CATEGORICAL, NUMERIC, Measures, measure_week

BIN_WEEKS: Final = 16
QUANTILES: Final = 40
BIG_LINE_QUANTILE: Final = 0.99
SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Bins:
    """Cuts of the numeric features and levels of the categorical ones.

    Parameters
    ----------
    weeks : tuple of date
        Weeks they were cut on.
    cuts : mapping
        Ascending inner edges by feature: bin ``i`` holds ``(cuts[i - 1], cuts[i]]``.
    levels : mapping
        Known levels by feature; all others are counted together.
    big_items : float
        A line with more items is big.
    """

    weeks: tuple[date, ...]
    cuts: Mapping[str, tuple[float, ...]]
    levels: Mapping[str, tuple[str, ...]]
    big_items: float

    def to_json(self) -> dict[str, Any]:
        """Return the bins ready for JSON."""
        return {
            "schema": SCHEMA,
            "weeks": [str(week) for week in self.weeks],
            "cuts": {feature: list(cuts) for feature, cuts in self.cuts.items()},
            "levels": {feature: list(levels) for feature, levels in self.levels.items()},
            "big_items": self.big_items,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Bins":
        """Read what `to_json` returned."""
        return cls(
            weeks=tuple(date.fromisoformat(week) for week in stored["weeks"]),
            cuts={feature: tuple(cuts) for feature, cuts in stored["cuts"].items()},
            levels={feature: tuple(levels) for feature, levels in stored["levels"].items()},
            big_items=float(stored["big_items"]),
        )

    @property
    def sha256(self) -> str:
        """Identity of the bins: sketches of different bins cannot be compared."""
        body = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)
        return sha256(body.encode()).hexdigest()


def freeze_bins(
    transactions: pd.DataFrame,
    customers: pd.DataFrame,
    products: pd.DataFrame,
    weeks: Sequence[date],
) -> Bins:
    """Cut bins on the first complete weeks.

    Parameters
    ----------
    transactions, customers, products : DataFrame
        The clean tables.
    weeks : sequence of date
        Mondays of the weeks to cut on, normally the first `BIN_WEEKS` complete ones.

    Raises
    ------
    ValueError
        If these weeks hold no line.
    """
    measured = [measure_week(week, transactions, customers, products) for week in weeks]
    measured = [measures for measures in measured if measures.lines]
    if not measured:
        raise ValueError(f"no lines to cut bins on in the weeks {[str(week) for week in weeks]}")
    items = _pooled(measured, "items")
    return Bins(
        weeks=tuple(weeks),
        cuts={feature: _cuts(_pooled(measured, feature)) for feature in NUMERIC},
        levels={
            feature: _levels(measures.labels[feature] for measures in measured)
            for feature in CATEGORICAL
        },
        big_items=float(np.quantile(items, BIG_LINE_QUANTILE)),
    )


def _pooled(measured: Sequence[Measures], feature: str) -> np.ndarray:
    values = np.concatenate([measures.numbers[feature] for measures in measured])
    there: np.ndarray = values[np.isfinite(values)]
    return there


def _cuts(values: np.ndarray) -> tuple[float, ...]:
    if not len(values):
        return ()
    inner = np.arange(1, QUANTILES) / QUANTILES
    cuts = np.unique(np.quantile(values, inner, method="inverted_cdf"))
    return tuple(cuts.tolist())


def _levels(weekly: Iterable[pd.Series]) -> tuple[str, ...]:
    found: set[str] = set()
    for labels in weekly:
        found.update(labels.dropna().unique())
    return tuple(sorted(found))
