"""Broken scores through the layers that look at a forecast: sanity before, performance after."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sodai.domain.calendar import DAYS_PER_WEEK, Window
from sodai.domain.evaluation import ScoredPairs, evaluate
from sodai.domain.features import FeatureTable
from sodai.domain.performance import PerformancePoint, judge
from sodai.domain.sanity import check
from sodai.domain.threshold import plug_in_threshold
from sodai.domain.training import Model

from tests.performance.monitoring.fits import Fits
from tests.performance.monitoring.year import Year

SEED: Final = 7
Scores = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Forecast:
    """A week's table, the model that scores it, and what it may be broken with."""

    fits: Fits
    week: date
    table: FeatureTable
    model: Model


@dataclass(frozen=True, slots=True)
class ScoreFault:
    """A way to break a forecast; ``stamp`` weeks back is the week the features carry."""

    name: str
    breaks: Callable[[Forecast, np.random.Generator], tuple[FeatureTable, Scores]]
    layer: str = ""
    goal: float = 1.0
    stamp: int = 0


@dataclass(frozen=True, slots=True)
class Noticed:
    """What each layer said of a forecast."""

    fault: str
    week: date
    sanity: bool
    codes: frozenset[str]
    ap: bool
    f1: bool
    f1_lost: float
    is_charted: bool  # enough points before it


def _healthy(forecast: Forecast, rng: np.random.Generator) -> tuple[FeatureTable, Scores]:
    return forecast.table, forecast.model.predict(forecast.table)


def _shuffled(
    forecast: Forecast, rng: np.random.Generator, share: float
) -> tuple[FeatureTable, Scores]:
    """Give some customers the features, and so the scores, of others."""
    table, scores = _healthy(forecast, rng)
    customers = np.unique(table.customer_ids)
    chosen = rng.permutation(customers)[: round(share * len(customers))]
    whose = dict(zip(chosen.tolist(), np.roll(chosen, 1).tolist(), strict=True))
    of = [whose.get(customer, customer) for customer in table.customer_ids.tolist()]
    known = pd.Series(scores, pd.MultiIndex.from_arrays([table.customer_ids, table.product_ids]))
    theirs = known.reindex(pd.MultiIndex.from_arrays([of, table.product_ids]))
    return table, theirs.fillna(0.0).to_numpy()


def _unscored(
    forecast: Forecast, rng: np.random.Generator, share: float
) -> tuple[FeatureTable, Scores]:
    table = forecast.table
    customers = np.unique(table.customer_ids)
    lost = rng.permutation(customers)[: round(share * len(customers))]
    kept = table.take(~np.isin(table.customer_ids, lost))
    return kept, forecast.model.predict(kept)


def _stale(forecast: Forecast, rng: np.random.Generator, weeks: int) -> tuple[FeatureTable, Scores]:
    old = forecast.fits.table(forecast.week - timedelta(weeks=weeks))
    return old, forecast.model.predict(old)


def _no_history(
    forecast: Forecast, rng: np.random.Generator, share: float
) -> tuple[FeatureTable, Scores]:
    """Forget the history of a share of the pairs."""
    table = forecast.table
    lost = (rng.random(len(table)) < share) & (table.column("pair_purchase_days") > 0)
    matrix = table.matrix.copy(order="F")
    never = np.flatnonzero(table.column("pair_purchase_days") == 0)
    for column, name in enumerate(table.names):
        if name.startswith(("pair_", "rank_")) and len(never):
            known = matrix[never, column][~np.isnan(matrix[never, column])]
            matrix[lost, column] = np.median(known) if len(known) else np.nan
    broken = replace(table, matrix=matrix)
    return broken, forecast.model.predict(broken)


SCORE_FAULTS: Final = (
    ScoreFault("none", _healthy),
    *(
        ScoreFault(
            f"features shuffled for {share:.0%} of customers",
            partial(_shuffled, share=share),
            "sanity" if share >= 0.05 else "",
            0.9,
        )
        for share in (0.2, 0.1, 0.05, 0.02)
    ),
    *(
        ScoreFault(f"{share:.0%} of customers unscored", partial(_unscored, share=share), "sanity")
        for share in (0.2, 0.02)
    ),
    *(
        ScoreFault(
            f"features {weeks} weeks stale", partial(_stale, weeks=weeks), "sanity", 1.0, weeks
        )
        for weeks in (8, 4, 2, 1)
    ),
    ScoreFault("features 8 weeks stale, stamped new", partial(_stale, weeks=8)),
    ScoreFault("pair history lost for 20 % of pairs", partial(_no_history, share=0.2)),
)


def notice(
    year: Year, fits: Fits, fault: ScoreFault, weeks: Sequence[date], chosen: Sequence[date]
) -> Iterator[Noticed]:
    """Break the fresh forecast of one chosen week after the other; all weeks draw the chart."""
    points = {week: point_of(year, fits, week) for week in weeks}
    for week in chosen:
        forecast = Forecast(fits, week, fits.table(week), fits.model(week, SEED))
        table, scores = fault.breaks(forecast, np.random.default_rng(week.toordinal()))
        codes = insane(year, week, table, scores, fault.stamp)
        healthy = points[week]
        broken = replace(healthy, **realised(fits, week, table, scores))
        report = judge(broken, [point for when, point in points.items() if when < week])
        f1_gap = broken.f1_gap or 0.0
        yield Noticed(
            fault=fault.name,
            week=week,
            sanity=bool(codes),
            codes=codes,
            ap=report.alarm,
            f1=report.f1_limit is not None and f1_gap < report.f1_limit,
            f1_lost=(healthy.f1 or 0.0) - (broken.f1 or 0.0),
            is_charted=report.evaluated,
        )


def insane(
    year: Year, week: date, table: FeatureTable, scores: Scores, stamp: int
) -> frozenset[str]:
    """Return the codes for which the forecast would not be published."""
    target = Window(week, DAYS_PER_WEEK)
    ranking = pd.DataFrame(
        {
            "customer_id": table.customer_ids,
            "product_id": table.product_ids,
            "probability": scores,
            "selected": scores >= plug_in_threshold(scores),
        }
    )
    state = year.state
    report = check(ranking, state.transactions, state.customers, target, target.shift(-stamp))
    return frozenset(failure.code for failure in report.failures)


def realised(fits: Fits, week: date, table: FeatureTable, scores: Scores) -> dict[str, float]:
    """Return what scores were worth once the week came true."""
    bought = fits.labelled(week).bought
    known, sold = fits.past.customer_ids, fits.past.sold_before(week)
    own = replace(table, window=Window(week, DAYS_PER_WEEK))
    metrics = evaluate(ScoredPairs.of(own, scores), bought, known, sold, plug_in_threshold(scores))
    return {"ap": float(metrics["average_precision"] or 0), "f1": float(metrics["f1"] or 0)}


def point_of(year: Year, fits: Fits, week: date) -> PerformancePoint:
    """Return the point of the healthy forecast of a week."""
    own, naive = fits.figures(week, week, SEED), fits.naive(week)
    plain = own["f1_at"][len(own["f1_at"]) // 2]
    return PerformancePoint(
        week=week,
        horizon_days=DAYS_PER_WEEK,
        ap=own["average_precision"],
        ap_naive=naive["average_precision"],
        f1=plain,
        f1_naive=naive["f1"],
        ece=own["ece_05"],
        level=own["level"],
        flagged=week in year.flagged,
    )
