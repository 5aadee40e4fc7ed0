"""What a retrain is worth: policies over the same fits, one per week and seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from sodai.domain.calendar import DAYS_PER_WEEK, Window
from sodai.domain.decision import Champion, DecisionFacts, decide
from sodai.domain.level import coming_offset
from sodai.domain.performance import PerformancePoint, judge

from tests.performance.monitoring.fits import GRID, Figures, Fits
from tests.performance.monitoring.year import Year

PHASES: Final = 4
BLOCK_WEEKS: Final = 4
DRAWS: Final = 4_000
RULE, WEEKLY, FOUR = "the rule", "every week", "every 4 weeks"

Retrain = Callable[["Held"], bool]


@dataclass(frozen=True, slots=True)
class Held:
    """What a policy knows at the start of a week."""

    week: date
    champion: date
    drift: bool
    flagged: bool
    below_limit: bool

    @property
    def age(self) -> int:
        """Weeks since the last training."""
        return (self.week - self.champion).days // DAYS_PER_WEEK


@dataclass(frozen=True, eq=False, slots=True)
class Course:
    """What one policy earned, week by week, from one start with one seed."""

    trainings: int
    ap: np.ndarray
    f1: np.ndarray


def by_the_rule(held: Held) -> bool:
    """Ask the product's own decision."""
    facts = DecisionFacts(
        target=Window(held.week, DAYS_PER_WEEK),
        forced=False,
        champion=Champion("champion", Window(held.champion, DAYS_PER_WEEK), held.champion),
        drift_alarm=held.drift,
        volume_flagged=held.flagged,
        performance_alarm=held.below_limit,
    )
    return decide(facts).retrain


def every(weeks: int) -> Retrain:
    """Retrain once the champion is so old."""
    return lambda held: held.age >= weeks


POLICIES: Final[Mapping[str, tuple[Retrain, int]]] = {
    WEEKLY: (every(1), 1),
    "every 2 weeks": (every(2), 2),
    FOUR: (every(4), 4),
    "every 8 weeks": (every(8), PHASES),
    RULE: (by_the_rule, PHASES),
    "drift only": (lambda held: held.drift, 1),
    "never": (lambda held: False, 1),
}


def course(
    year: Year, fits: Fits, retrain: Retrain, weeks: Sequence[date], seed: int, age: int
) -> Course:
    """Follow a policy from a champion that is so many weeks old."""
    champion = weeks[0] - timedelta(weeks=age)
    points: list[PerformancePoint] = []
    offsets: list[float] = []
    ap, f1, trainings = [], [], 0
    for week in weeks:
        before = week - timedelta(weeks=1)
        drift = year.drift(year.sketches[before])
        below = len(points) > 0 and judge(points[-1], points[:-1]).alarm
        held = Held(week, champion, drift.alarm, drift.volume_flagged, below)
        if retrain(held):
            champion, trainings = week, trainings + 1
        got, naive = fits.figures(champion, week, seed), fits.naive(week)
        applied = coming_offset(offsets)
        ap.append(got["average_precision"])
        f1.append(f1_at(got, applied))
        offsets.append(got["offset"])
        points.append(
            PerformancePoint(
                week=week,
                horizon_days=DAYS_PER_WEEK,
                ap=ap[-1],
                ap_naive=naive["average_precision"],
                f1=f1[-1],
                f1_naive=naive["f1"],
                flagged=week in year.flagged,
            )
        )
    return Course(trainings, np.array(ap), np.array(f1))


def f1_at(figures: Figures, offset: float) -> float:
    """Return F1 once the level is moved by an offset."""
    return float(np.interp(offset, GRID, figures["f1_at"]))


@dataclass(frozen=True, slots=True)
class Worth:
    """A policy beside weekly retraining and beside every four weeks; means and 95 % bounds."""

    policy: str
    trainings: float
    ap: float
    f1: float
    regret_ap: float
    regret_f1: float
    beside_ap: tuple[float, float, float]  # loss against every 4 weeks: mean, lower, upper
    beside_f1: tuple[float, float, float]


def worth(
    courses: Mapping[str, Sequence[Sequence[Course]]], policy: str, rng: np.random.Generator
) -> Worth:
    """Compare a policy, starts averaged within each seed; blocks of weeks are drawn again.

    Parameters
    ----------
    courses : mapping
        By policy and seed, one course per start.
    """
    seeds = min(len(courses[policy]), len(courses[FOUR]))

    def mean(of: str, metric: str) -> np.ndarray:
        return np.array(
            [np.mean([getattr(one, metric) for one in starts], axis=0) for starts in courses[of]]
        )[:seeds]

    def beside(metric: str) -> tuple[float, float, float]:
        lost = (mean(FOUR, metric) - mean(policy, metric)).mean(axis=0)
        drawn = _drawn_means(lost, rng)
        low, high = np.quantile(drawn, [0.025, 0.975])
        return float(lost.mean()), float(low), float(high)

    ap, f1 = mean(policy, "ap"), mean(policy, "f1")
    return Worth(
        policy=policy,
        trainings=float(np.mean([c.trainings for starts in courses[policy] for c in starts])),
        ap=float(ap.mean()),
        f1=float(f1.mean()),
        regret_ap=float((mean(WEEKLY, "ap") - ap).mean()),
        regret_f1=float((mean(WEEKLY, "f1") - f1).mean()),
        beside_ap=beside("ap"),
        beside_f1=beside("f1"),
    )


def _drawn_means(lost: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return means of weeks drawn again in blocks (circular block bootstrap)."""
    count = len(lost)
    starts = rng.integers(0, count, (DRAWS, -(-count // BLOCK_WEEKS)))
    places = (starts[..., None] + np.arange(BLOCK_WEEKS)) % count
    return np.asarray(lost[places.reshape(DRAWS, -1)[:, :count]].mean(axis=1))
