"""Sketch the newest weeks, measure drift, and decide: retrain, or keep."""

from datetime import date, timedelta

from sodai.domain.decision import Champion, DecisionFacts, decide
from sodai.domain.deliveries import complete_weeks
from sodai.domain.drift import (
    BIN_WEEKS,
    Bins,
    DriftReport,
    Sketch,
    compare,
    freeze_bins,
    not_evaluated,
    prior_of,
    sketch,
)
from sodai.step import Context, Event, Facts, Week, artifacts, monitor, settings, step, window_of
from sodai.store import keys
from sodai.store.artifacts import NotFound
from sodai.store.clean import Tables, load_tables, read_manifest
from sodai.store.versions import read_champion

SHOWN_FEATURES = 6


@step("drift")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Report drift feature by feature and decide from all reasons."""
    with monitor("drift"):
        report = measure(week)
    champion = None if week.as_of else read_champion(artifacts(), week.keys)
    decision = decide(
        DecisionFacts(
            target=week.target,
            forced=event["plan"]["force_retrain"],
            champion=Champion(
                champion["version"],
                window_of(champion["window"]),
                date.fromisoformat(champion["last_attempt"]),
            )
            if champion
            else None,
            drift_alarm=report.alarm,
            volume_flagged=report.volume.flagged if report.volume else False,
            performance_alarm=event["observe"]["alarm"],
            max_model_age_weeks=settings().max_model_age_weeks,
        )
    ).to_dict()
    told = {**report.to_dict(week.run), "decision": decision}
    artifacts().write_json_once(week.keys.drift(week.run), told)
    shown = sorted(told.get("statistics", []), key=lambda one: -(one["z"] or 0))[:SHOWN_FEATURES]
    return {
        **decision,
        "drift": told.get("drift"),
        "volume": told.get("volume"),
        "statistics": shown,
        "report": week.keys.drift(week.run),
    }


def measure(week: Week) -> DriftReport:
    """Compare the newest complete week with the reference weeks."""
    clean = load_tables(artifacts(), str(week.clean), until=week.as_of)
    manifest, _ = read_manifest(artifacts())
    closed = (manifest or {})["closed_weekdays"]
    weeks = complete_weeks(clean.first_day, clean.newest_day, closed)
    if len(weeks) < BIN_WEEKS:
        return not_evaluated(weeks[-1] if weeks else week.target.week, "TOO_FEW_WEEKS")
    bins = frozen_bins(week, clean, weeks)
    parts = (manifest or {})["parts"]
    sketches = [sketch_of(week, clean, parts, monday, bins) for monday in weeks]
    return compare(sketches[-1], sketches[:-1], bins, settings().drift_threshold)


def frozen_bins(week: Week, clean: Tables, weeks: list[date]) -> Bins:
    """Read the bins; the first run freezes them."""
    key = week.keys.root + keys.BINS
    try:
        return Bins.from_json(artifacts().read_json(key))
    except NotFound:
        bins = freeze_bins(clean.transactions, clean.customers, clean.products, weeks[:BIN_WEEKS])
        artifacts().write_json_once(key, bins.to_json())
        return bins


def sketch_of(week: Week, clean: Tables, parts: list[Facts], monday: date, bins: Bins) -> Sketch:
    """Read a week's sketch, or make it: anew when its parts, or those it looks back on, changed."""
    key = week.keys.root + keys.sketch(monday)
    back = {str(monday - timedelta(weeks=n)) for n in range(9)}
    made_from = sorted(p["key"] for p in parts if p["week"] in back)
    try:
        kept = artifacts().read_json(key)
    except NotFound:
        kept = None
    if kept and kept["parts"] == made_from and kept["bins"] == bins.sha256:
        return Sketch.from_json(kept["sketch"])
    made = sketch(
        monday,
        clean.transactions,
        clean.customers,
        clean.products,
        bins,
        prior_of(clean.transactions, monday),
    )
    told = {"bins": bins.sha256, "parts": made_from, "sketch": made.to_json()}
    artifacts().update_json(key, lambda _: told)
    return made
