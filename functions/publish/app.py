"""Make the forecast the one that is served: one conditional write, after the champion's."""

from collections.abc import Mapping
from typing import Any

from sodai.domain.errors import ForecastRefused
from sodai.step import Context, Event, Facts, Week, artifacts, logger, now, step, window_facts
from sodai.store import keys
from sodai.store.folders import Folder


@step("publish")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Refuse a forecast that is not sane; else swing the champion, then the forecast."""
    forecast = event["predict"]
    refuse_insane(forecast["sanity"])
    if week.as_of:
        return {"published": False, "reason": "AS_OF", "prefix": forecast["prefix"]}
    verdict = event["evaluate"]
    if "train" in event:
        swing_champion(week, verdict)
    latest = artifacts().update_json(
        keys.LATEST_FORECAST, lambda before: name_forecast(before, week, event)
    )
    logger.info("published", week=latest["week"], pairs=latest["predicted_pairs"])
    return {"published": True, "prefix": forecast["prefix"], "published_at": latest["published_at"]}


def refuse_insane(sanity: Mapping[str, Any]) -> None:
    """Raise `ForecastRefused` if the last check before publication failed."""
    if failures := sanity["failures"]:
        words = " ".join(failure["sentence_en"] for failure in failures)
        raise ForecastRefused(words, f"The forecast was not published: {words}")


def swing_champion(week: Week, verdict: Mapping[str, Any]) -> None:
    """Point to the champion, and note that training was tried."""
    folder = Folder.open(artifacts(), week.keys.model(verdict["version"]))
    metadata = folder.facts if folder else {}

    def change(before: dict[str, Any] | None) -> dict[str, Any]:
        swung = before is not None and before["version"] == verdict["version"]
        kept = before if before and (swung or not verdict["promoted"]) else {}
        return {
            "version": verdict["version"],
            "kind": metadata["kind"],
            "window": metadata["window"],
            "trained_through": metadata["trained_through"],
            "promoted_by": week.run,
            "previous": before["version"] if before else None,
            **kept,
            "last_attempt": str(week.target.week),
        }

    artifacts().update_json(week.keys.champion, change)


def name_forecast(before: dict[str, Any] | None, week: Week, event: Event) -> dict[str, Any]:
    """Return the pointer that names this forecast, and the earlier ones by their week."""
    if before and before["run"] == week.run:
        return before
    forecast, verdict = event["predict"], event["decision"]
    weeks = dict(before["weeks"]) if before else {}
    monday, moment = str(week.target.week), now().isoformat()
    replaced = weeks.get(monday)
    superseded = [*replaced["superseded"], replaced["run"]] if replaced else []
    weeks[monday] = {
        "run": week.run,
        "prefix": forecast["prefix"],
        "published_at": moment,
        "threshold": forecast["threshold"],
        "level_offset": forecast["level_offset"],
        "superseded": superseded,
        **window_facts(week.target),
    }
    return {
        "schema": 1,
        **window_facts(week.target),
        "run": week.run,
        "prefix": forecast["prefix"],
        "clean_fingerprint": week.clean,
        "model_version": forecast["model_version"],
        "threshold": forecast["threshold"],
        "published_at": moment,
        "decision": {"retrain": verdict["retrain"], "reasons": verdict["reasons"]},
        "predicted_pairs": forecast["predicted_pairs"],
        "weeks": weeks,
    }
