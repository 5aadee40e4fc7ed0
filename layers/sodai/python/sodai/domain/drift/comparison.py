"""The week against the last ordinary weeks: one robust z per feature, one alarm for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from sodai.domain.drift.bins import Bins
from sodai.domain.drift.distances import (
    jensen_shannon,
    js_noise,
    kolmogorov_smirnov,
    kolmogorov_smirnov_p,
    ks_noise,
    log_odds_difference,
    log_odds_noise,
    mean_shares,
    stability_index,
)
from sodai.domain.drift.measures import CATEGORICAL, NUMERIC
from sodai.domain.drift.sketching import SHARES, Sketch
from sodai.domain.drift.volume import VolumePoint, volume_chart
from sodai.domain.robust import robust_sigma

REFERENCE_WEEKS: Final = 16
FEWEST_KNOWN: Final = 12  # of the reference weeks, for a feature that not all of them know
DRIFT_LIMIT: Final = 3.5
SCALE_FLOOR: Final = 0.25
LOST_FEATURE: Final = "customer_type"  # whose levels must not vanish
LOST_SCALE: Final = 0.65  # of a level's log share, at least: alarm below a tenth of the usual
FEWEST_EXPECTED: Final = 15  # lines of a level, to miss it
SMALLEST_DISTANCE: Final = 1e-6  # keeps the logarithm of equal weeks finite
SCHEMA: Final = 1
TOO_FEW_WEEKS: Final = "TOO_FEW_WEEKS"
NO_LINES: Final = "NO_LINES"

Distance = Callable[[np.ndarray, np.ndarray], float]
MEASURES: Final[Mapping[str, tuple[Distance, Callable[[np.ndarray], float]]]] = {
    "ks": (kolmogorov_smirnov, ks_noise),
    "js": (jensen_shannon, js_noise),
    "log_odds": (log_odds_difference, log_odds_noise),
}


@dataclass(frozen=True, slots=True)
class Statistic:
    """One feature's distance and where it lies among the reference weeks' own distances.

    Parameters
    ----------
    kind : str
        ``ks`` (numeric), ``js`` (categorical), ``log_odds`` (a share) or ``lost`` (a level).
    value : float
        The distance of the week from the mean of the reference; for a lost level, how far its
        log share fell below the usual one.
    centre, scale : float
        Median and robust sigma of log distance, each reference week against the others; for a
        lost level 0 and the robust sigma of its log share.
    z : float
        ``(log value - centre) / scale``; at most 0 for a value within the noise of its rows. For a
        lost level ``value / scale``.
    psi, ks_p : float or None
        Reported for those used to them; they decide nothing.
    """

    feature: str
    kind: str
    value: float
    centre: float
    scale: float
    z: float
    psi: float | None
    ks_p: float | None


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What the week's sketch says; ``reason`` tells why nothing was evaluated."""

    week: date
    reference: tuple[date, ...]
    excluded: Mapping[date, str]
    bins_sha256: str | None
    volume: VolumePoint | None
    statistics: tuple[Statistic, ...]
    limit: float
    reason: str | None = None

    @property
    def evaluated(self) -> bool:
        """Tell whether there was enough to compare."""
        return self.reason is None

    @property
    def worst(self) -> Statistic | None:
        """The statistic with the largest z."""
        return max(self.statistics, key=lambda statistic: statistic.z, default=None)

    @property
    def alarm(self) -> bool:
        """Tell whether the largest z is beyond the limit."""
        return self.worst is not None and self.worst.z > self.limit

    @property
    def volume_flagged(self) -> bool:
        """Tell whether the week's volume is out of the ordinary."""
        return self.volume is not None and self.volume.flagged

    def to_dict(self, run: str) -> dict[str, Any]:
        """Return the report ready for JSON."""
        worst = self.worst
        return {
            "schema": SCHEMA,
            "run": run,
            "week": str(self.week),
            "reference": {
                "weeks": [str(week) for week in self.reference],
                "excluded": {str(week): why for week, why in self.excluded.items()},
                "bins_sha256": self.bins_sha256,
            },
            "volume": _volume_facts(self.volume),
            "statistics": [_rounded(statistic) for statistic in self.statistics],
            "drift": {
                "evaluated": self.evaluated,
                "reason": self.reason,
                "max_z": round(worst.z, 3) if worst else None,
                "feature": worst.feature if worst else None,
                "limit": self.limit,
                "alarm": self.alarm,
            },
        }


def not_evaluated(
    week: date, reason: str = TOO_FEW_WEEKS, limit: float = DRIFT_LIMIT
) -> DriftReport:
    """Return the report of a week that there is nothing to compare with."""
    return DriftReport(week, (), {}, None, None, (), limit, reason)


def compare(
    current: Sketch, history: Sequence[Sketch], bins: Bins, limit: float = DRIFT_LIMIT
) -> DriftReport:
    """Compare a week's sketch with the last 16 weeks of ordinary volume.

    Parameters
    ----------
    current : Sketch
        The newest complete week.
    history : sequence of Sketch
        All complete weeks before it; the reference is chosen from them.
    bins : Bins
        The bins of all these sketches.
    limit : float
        Largest ordinary z.

    Returns
    -------
    DriftReport
        Not evaluated, and no alarm, while fewer than 16 weeks of ordinary volume are known.

    Raises
    ------
    ValueError
        If a sketch was counted on other bins.
    """
    past = sorted((s for s in history if s.week < current.week), key=lambda s: s.week)
    identity = bins.sha256
    strangers = [str(s.week) for s in [*past, current] if s.bins_sha256 != identity]
    if strangers:
        raise ValueError(f"sketched on other bins, sketch these weeks again: {strangers}")
    chart = volume_chart({sketch.week: sketch.lines for sketch in [*past, current]})
    reference = [s for s in past if s.lines and not chart[s.week].flagged][-REFERENCE_WEEKS:]
    reason: str | None = None
    statistics: tuple[Statistic, ...] = ()
    if not current.lines:
        reason = NO_LINES
    elif len(reference) < REFERENCE_WEEKS:
        reason = TOO_FEW_WEEKS
    else:
        statistics = _statistics(current, reference)
    oldest = reference[0].week if reference else current.week
    return DriftReport(
        week=current.week,
        reference=tuple(sketch.week for sketch in reference),
        excluded={w: "volume" for w, p in chart.items() if p.flagged and oldest < w < current.week},
        bins_sha256=identity,
        volume=chart[current.week],
        statistics=statistics,
        limit=limit,
        reason=reason,
    )


def _statistics(current: Sketch, reference: Sequence[Sketch]) -> tuple[Statistic, ...]:
    kinds = {**dict.fromkeys(NUMERIC, "ks"), **dict.fromkeys(CATEGORICAL, "js")}
    kinds |= dict.fromkeys(SHARES, "log_odds")
    found = (
        _statistic(name, kind, _bins_of(current, name), [_bins_of(s, name) for s in reference])
        for name, kind in kinds.items()
    )
    lost = _lost(LOST_FEATURE, _bins_of(current, LOST_FEATURE), reference)
    return tuple(statistic for statistic in (*found, lost) if statistic)


def _lost(feature: str, current: np.ndarray, reference: Sequence[Sketch]) -> Statistic | None:
    """Return the level that fell furthest below its usual share; None where none is large enough.

    In a distance over all levels a small one vanishes unnoticed.
    """
    past = np.array([_bins_of(sketch, feature) for sketch in reference])
    logs = np.log(past + 0.5) - np.log(past.sum(axis=1, keepdims=True) + 0.5)
    usual = np.median(logs, axis=0)
    spread = np.array([robust_sigma(level, LOST_SCALE) for level in logs.T])
    fallen = usual - (np.log(current + 0.5) - np.log(current.sum() + 0.5))
    expected = np.exp(usual) * current.sum() >= FEWEST_EXPECTED
    if not expected.any():
        return None
    worst = int(np.where(expected, fallen / spread, -np.inf).argmax())
    value, scale = max(float(fallen[worst]), 0.0), float(spread[worst])
    return Statistic(f"{feature}_lost", "lost", value, 0.0, scale, value / scale, None, None)


def _bins_of(sketch: Sketch, name: str) -> np.ndarray:
    """Return a feature's counts; a share is two bins, half a row up so that neither is empty."""
    if name in sketch.counts:
        return np.asarray(sketch.counts[name])
    part, whole = sketch.shares[name]
    return np.array([part + 0.5, whole - part + 0.5]) if whole else np.zeros(2)


def _statistic(
    feature: str, kind: str, current: np.ndarray, reference: Sequence[np.ndarray]
) -> Statistic | None:
    """Return a feature's statistic, or None where too few weeks know it."""
    known = np.array([counts for counts in reference if counts.sum() > 0])
    if current.sum() == 0 or len(known) < FEWEST_KNOWN:
        return None
    distance, noise = MEASURES[kind]
    week, ordinary = current / current.sum(), mean_shares(known)
    logs = np.log(_leave_one_out(distance, known))
    centre, scale = float(np.median(logs)), robust_sigma(logs, SCALE_FLOOR)
    value = distance(week, ordinary)
    z = (float(np.log(max(value, SMALLEST_DISTANCE))) - centre) / scale
    return Statistic(
        feature=feature,
        kind=kind,
        value=value,
        centre=centre,
        scale=scale,
        z=z if value > noise(current) else min(z, 0.0),
        psi=stability_index(week, ordinary) if kind != "log_odds" else None,
        ks_p=kolmogorov_smirnov_p(value, current.sum(), known.sum()) if kind == "ks" else None,
    )


def _leave_one_out(distance: Distance, counts: np.ndarray) -> np.ndarray:
    """Return the distance of every week from the mean of the others."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    others = (shares.sum(axis=0) - shares) / (len(shares) - 1)
    distances = [distance(week, rest) for week, rest in zip(shares, others, strict=True)]
    return np.maximum(distances, SMALLEST_DISTANCE)


def _volume_facts(point: VolumePoint | None) -> dict[str, Any] | None:
    if point is None:
        return None
    facts = asdict(point)
    del facts["week"]
    facts["sigmas"] = None if point.sigmas is None else round(point.sigmas, 3)
    return facts


def _rounded(statistic: Statistic) -> dict[str, Any]:
    facts = asdict(statistic)
    return {
        name: float(f"{value:.5g}") if isinstance(value, float) else value
        for name, value in facts.items()
    }
