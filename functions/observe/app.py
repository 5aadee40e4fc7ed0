"""Score the published forecasts whose window has passed against what happened."""

import io
from collections.abc import Collection
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sodai.domain.calendar import Window
from sodai.domain.drift import flagged_weeks
from sodai.domain.errors import ArtifactDamaged
from sodai.domain.evaluation import ScoredPairs, calibration_bins, evaluate
from sodai.domain.history import History, labels
from sodai.domain.ledger import Bought, Earned, Entry, earned, entry, summary, with_entries
from sodai.domain.level import coming_offset, level_offset
from sodai.domain.performance import PerformancePoint, chart
from sodai.domain.ranking import order_probabilities
from sodai.domain.threshold import best_threshold
from sodai.step import (
    Context,
    Event,
    Facts,
    Week,
    artifacts,
    logger,
    monitor,
    settings,
    step,
    window_of,
)
from sodai.store import keys
from sodai.store.artifacts import NotFound
from sodai.store.clean import load_tables
from sodai.store.folders import Folder

SHOWN = 4  # decisions scored in one run, in its record


@step("observe")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Add a point for every forecast that can be judged now, and judge the newest.

    A damaged forecast is told once and stays without a point: it must not hold up later weeks.
    """
    before = read_observed()
    points, damaged = points_before(week, before), before["damaged"]
    due = [] if week.as_of else forecasts_due(event["validate"]["newest_day"], before)
    if due:
        clean = load_tables(artifacts(), str(week.clean))
        history = History.from_tables(clean.customers, clean.products, clean.transactions)
        entries = []
        with monitor("performance"):
            unusual = flagged_weeks(clean.transactions)
            for published in due:
                try:
                    one = (scored(published, history), realised(published, history, unusual))
                except (ArtifactDamaged, NotFound) as error:
                    shown = {key: published[key] for key in ("week", "run")}
                    damaged.append({**shown, "reason": str(error), "seen_by": week.run})
                    logger.error("a forecast is not intact", refused=damaged[-1])
                else:
                    entries.append(one[0])
                    points.append(one[1])
            enter(entries)
        told = {"schema": 1, "points": points, "reports": judged(points), "damaged": damaged}
        artifacts().update_json(keys.PERFORMANCE, lambda _: told)
    offset = coming_offset(offsets_before(week, points))
    unread = [one for one in damaged if one["seen_by"] == week.run]
    if not points:
        return {
            "alarm": False,
            "observed": 0,
            "damaged": unread,
            "reason": "NOTHING_TO_OBSERVE",
            "level_offset": offset,
            "ledger": ledger_of([]),
        }
    reports = chart([PerformancePoint.from_dict(point["chart"]) for point in points])
    last = sorted(points, key=lambda point: str(point["week"]))[-1]  # restored ones come late
    newest = {key: last[key] for key in ("week", "run", "metrics", "naive")}
    return {
        "observed": len(points),
        "damaged": unread,
        "newest": newest,
        "level_offset": offset,
        **reports[-1].to_dict(),
        "ledger": ledger_of([published["run"] for published in due]),
    }


def enter(fresh: list[Entry]) -> None:
    """Enter into the ledger what each decision earned, and what the other model would have."""

    def change(before: dict[str, Any] | None) -> dict[str, Any]:
        entries = with_entries(before["entries"] if before else [], fresh)
        return {
            "schema": 1,
            "unit_margin": settings().unit_margin or None,
            "entries": entries,
            "totals": summary(entries),
        }

    artifacts().update_json(keys.LEDGER, change)


def scored(published: dict[str, Any], history: History) -> Entry:
    """Score one decision."""
    folder = open_forecast(published)
    bought = Bought.of(history, window_of(published))
    margin = settings().unit_margin or None

    def earned_by(name: str, threshold: float) -> Earned:
        pairs = pd.read_parquet(io.BytesIO(folder.read(name)))
        columns = (pairs[key].to_numpy() for key in ("customer_id", "product_id", "probability"))
        return earned(ScoredPairs(*columns), threshold, bought, margin)

    alternative = folder.facts.get("alternative", {"reason": "NOT_KEPT"})
    other = None
    if "version" in alternative:
        try:
            other = earned_by("alternative.parquet", alternative["threshold"])
        except ArtifactDamaged as error:
            logger.error("what the other model would have earned is lost", reason=str(error))
            alternative = {"reason": "DAMAGED"}
    chosen = earned_by("ranking.parquet", published["threshold"])
    return entry(published, chosen, alternative, other)


def ledger_of(runs: list[str]) -> Facts:
    """Return the ledger's totals, and what it says of the decisions of these runs."""
    try:
        ledger = artifacts().read_json(keys.LEDGER)
    except NotFound:
        return {"entries": [], "totals": None}
    entries = [one for one in ledger["entries"] if one["run"] in runs]
    return {"entries": entries[-SHOWN:], "totals": ledger["totals"]}


def open_forecast(published: dict[str, Any]) -> Folder:
    """Open the folder of a published forecast."""
    folder = Folder.open(artifacts(), published["prefix"])
    if folder is None:
        raise NotFound(published["prefix"])
    return folder


def read_observed() -> Facts:
    """Return what was observed so far: points, oldest first, and forecasts found damaged."""
    try:
        observed: Facts = artifacts().read_json(keys.PERFORMANCE)
    except NotFound:
        observed = {"points": []}
    return {"damaged": [], **observed}


def points_before(week: Week, observed: Facts) -> list[dict[str, Any]]:
    """Return the points known when the run looks: one with ``as_of`` sees none of what followed."""
    points: list[dict[str, Any]] = observed["points"]
    if week.as_of is None:
        return points
    return [point for point in points if point["week"] < str(week.target.week)]


def judged(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every point's place on the control chart, with its run."""
    ordered = sorted(points, key=lambda point: str(point["week"]))
    reports = chart([PerformancePoint.from_dict(point["chart"]) for point in ordered])
    return [
        {**report.to_dict(), "run": point["run"]}
        for point, report in zip(ordered, reports, strict=True)
    ]


def offsets_before(week: Week, points: list[dict[str, Any]]) -> list[float]:
    """Return the offsets in level of the weeks that were over before the target's, oldest first.

    A week that was forecast twice counts as last forecast.
    """
    known = {
        point["week"]: point["level_offset"]
        for point in points
        if point.get("level_offset") is not None and point["week"] < str(week.target.week)
    }
    return [known[monday] for monday in sorted(known)]


def forecasts_due(newest_day: str, observed: Facts) -> list[dict[str, Any]]:
    """Return the published forecasts whose last day has come and that nobody looked at yet."""
    try:
        weeks = artifacts().read_json(keys.LATEST_FORECAST)["weeks"]
    except NotFound:
        return []
    seen = {one["run"] for one in (*observed["points"], *observed["damaged"])}
    return [
        {"week": monday, **published}
        for monday, published in sorted(weeks.items())
        if published["to"] <= newest_day and published["run"] not in seen
    ]


def realised(
    published: dict[str, Any], history: History, unusual: Collection[date]
) -> dict[str, Any]:
    """Score one published forecast, and the naive ranking of the same pairs."""
    folder = open_forecast(published)
    ranking = pd.read_parquet(io.BytesIO(folder.read("ranking.parquet")))
    window: Window = window_of(published)
    actual = labels(history, window)
    sold = history.sold_before(window.cutoff)
    ids = (ranking["customer_id"].to_numpy(), ranking["product_id"].to_numpy())
    model = ScoredPairs(*ids, ranking["probability"].to_numpy(dtype=np.float64))
    naive = ScoredPairs(*ids, ranking["weeks_bought_of_8"].to_numpy(dtype=np.float64))
    orders = None
    if "order_probability" in ranking:  # the first releases did not tell
        chances = order_probabilities(ranking)
        orders = dict(zip(chances.index.tolist(), chances.tolist(), strict=True))
    metrics = evaluate(
        model,
        actual,
        history.customer_ids,
        sold,
        published["threshold"],
        order_probability=orders,
    )
    bought = set(zip(actual.customer_ids.tolist(), actual.product_ids.tolist(), strict=True))
    hit = np.array([pair in bought for pair in zip(*(x.tolist() for x in ids), strict=True)])
    threshold, naive_f1 = best_threshold(naive.scores, hit.astype(np.int8), actual.count)
    baseline = evaluate(naive, actual, history.customer_ids, sold, threshold, calibrated=False)
    monday = date.fromisoformat(published["week"])
    point = PerformancePoint(
        week=monday,
        horizon_days=window.horizon_days,
        ap=float(metrics["average_precision"] or 0.0),
        ap_naive=float(baseline["average_precision"] or 0.0),
        f1=metrics["f1"],
        f1_naive=naive_f1,
        ece=metrics["ece_05"],
        level=metrics["level"],
        first_publication=not published.get("superseded"),
        flagged=monday in unusual,
    )
    return {
        "week": published["week"],
        "run": published["run"],
        "level_offset": plain_offset(published, model.scores, int(hit.sum())),
        "metrics": metrics,
        "naive": {**baseline, "threshold_in_hindsight": threshold},
        "calibration": calibration_bins(model, actual),
        "chart": point.to_dict(),
    }


def plain_offset(
    published: dict[str, Any], probability: NDArray[np.float64], bought: int
) -> float | None:
    """Return by how much the model's own level was off, in log-odds; a baseline's is unknown."""
    applied = published.get("level_offset")
    return None if applied is None else applied + level_offset(probability, bought)
