"""The performance chart: the model's lead over a naive ranking of the same week."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from sodai.domain.calendar import DAYS_PER_WEEK
from sodai.domain.robust import robust_sigma

CHART_WEEKS: Final = 12
FEWEST_POINTS: Final = 8
GAP_SIGMAS: Final = 3.0
GAP_FLOOR: Final = 0.008
F1_FLOOR: Final = 0.008
ECE_FLOOR: Final = 0.005


@dataclass(frozen=True, slots=True)
class PerformancePoint:
    """One forecast against what happened.

    Parameters
    ----------
    week : date
        Monday of the week that was forecast.
    horizon_days : int
        Length of the window; only full weeks are charted.
    ap, ap_naive : float
        Average precision of the published probabilities, and of the number of the last 8 weeks
        in which a pair was bought.
    f1, f1_naive : float or None
        The same for the predicted pairs; logged, because average precision cannot see a bad
        decision threshold.
    ece : float or None
        Calibration error of the published probabilities from .05 up.
    level : float or None
        Their sum over the pairs really bought.
    first_publication : bool
        Whether the forecast was the first one published for its week.
    seeded : bool
        Whether it comes from held-out weeks of training, not from a published forecast.
    flagged : bool
        Whether the week's volume was out of the ordinary.
    """

    week: date
    horizon_days: int
    ap: float
    ap_naive: float
    f1: float | None = None
    f1_naive: float | None = None
    ece: float | None = None
    level: float | None = None
    first_publication: bool = True
    seeded: bool = False
    flagged: bool = False

    @property
    def gap(self) -> float:
        """Lead in average precision."""
        return self.ap - self.ap_naive

    @property
    def f1_gap(self) -> float | None:
        """Lead in F1, where both are known."""
        return None if self.f1 is None or self.f1_naive is None else self.f1 - self.f1_naive

    @property
    def is_charted(self) -> bool:
        """Tell whether the point may be compared with others."""
        return self.horizon_days == DAYS_PER_WEEK and self.first_publication

    def to_dict(self) -> dict[str, Any]:
        """Return the point ready for JSON."""
        return {**asdict(self), "week": str(self.week)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "PerformancePoint":
        """Read what `to_dict` returned."""
        return cls(**{**stored, "week": date.fromisoformat(stored["week"])})


@dataclass(frozen=True, slots=True)
class PerformanceReport:
    """A point against its control limit; ``reason`` tells why it cannot alarm.

    Parameters
    ----------
    limit : float or None
        ``centre - 3 sigma``; None with too few points.
    f1_limit, ece_limit : float or None
        The same below the F1 gaps, and above the calibration errors, of the reference points:
        told, no alarm; the decision threshold and the level are recomputed every week anyway.
    centre, sigma : float or None
        Median and robust sigma of the reference points' gaps.
    reason : str or None
        NOT_CHARTED, SEEDED or TOO_FEW_POINTS.
    """

    point: PerformancePoint
    limit: float | None
    centre: float | None
    sigma: float | None
    reason: str | None
    f1_limit: float | None = None
    ece_limit: float | None = None

    @property
    def evaluated(self) -> bool:
        """Tell whether the point was held against a limit that counts."""
        return self.reason is None

    @property
    def alarm(self) -> bool:
        """Tell whether the model's lead fell below its limit."""
        return self.evaluated and self.limit is not None and self.point.gap < self.limit

    def to_dict(self) -> dict[str, Any]:
        """Return the report ready for JSON."""
        return {
            **self.point.to_dict(),
            "gap": self.point.gap,
            "f1_gap": self.point.f1_gap,
            "limit": self.limit,
            "centre": self.centre,
            "sigma": self.sigma,
            "f1_limit": self.f1_limit,
            "ece_limit": self.ece_limit,
            "evaluated": self.evaluated,
            "reason": self.reason,
            "alarm": self.alarm,
        }


def judge(point: PerformancePoint, history: Sequence[PerformancePoint]) -> PerformanceReport:
    """Hold a point against the last 12 comparable ones before it.

    Parameters
    ----------
    point : PerformancePoint
        The newest forecast that has come true.
    history : sequence of PerformancePoint
        Other points; later weeks, short ones, superseded ones and weeks of unusual volume are
        left out. Seeded points fill the chart up while there are fewer than 8 published ones;
        they draw a limit then, but a point beyond it is no alarm.
    """
    past = sorted(
        (p for p in history if p.is_charted and not p.flagged and p.week < point.week),
        key=lambda p: p.week,
    )
    published = [p for p in past if not p.seeded]
    is_seeded = point.seeded or len(published) < FEWEST_POINTS
    reference = (past if is_seeded else published)[-CHART_WEEKS:]
    if not point.is_charted:
        return PerformanceReport(point, None, None, None, "NOT_CHARTED")
    if len(reference) < FEWEST_POINTS:
        return PerformanceReport(point, None, None, None, "TOO_FEW_POINTS")
    gaps = [p.gap for p in reference]
    centre, sigma = float(np.median(gaps)), robust_sigma(gaps, GAP_FLOOR)
    limit = centre - GAP_SIGMAS * sigma
    return PerformanceReport(
        point,
        limit,
        centre,
        sigma,
        "SEEDED" if is_seeded else None,
        f1_limit=_limit([p.f1_gap for p in reference], F1_FLOOR, -GAP_SIGMAS),
        ece_limit=_limit([p.ece for p in reference], ECE_FLOOR, GAP_SIGMAS),
    )


def _limit(values: Sequence[float | None], floor: float, sigmas: float) -> float | None:
    """Return a control limit of the known values; None with too few."""
    known = [value for value in values if value is not None]
    if len(known) < FEWEST_POINTS:
        return None
    return float(np.median(known)) + sigmas * robust_sigma(known, floor)


def chart(points: Iterable[PerformancePoint]) -> list[PerformanceReport]:
    """Judge every point on those before it, oldest first."""
    ordered = sorted(points, key=lambda point: (point.week, not point.seeded))
    return [judge(point, ordered[:place]) for place, point in enumerate(ordered)]
