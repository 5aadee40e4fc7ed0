"""Make the forecast the one that is served: one conditional write, after the champion's."""

from collections.abc import Mapping
from typing import Any

from sodai.domain.errors import ForecastRefused, PromotionLost
from sodai.step import Context, Event, Facts, Week, artifacts, logger, now, step, window_facts
from sodai.store import keys
from sodai.store.folders import Folder
from sodai.store.forecasts import OF_THE_FORECAST, decision_of, named
from sodai.store.versions import pointer_to


@step("publish")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Refuse a forecast that is not sane; else swing the champion, then the forecast."""
    forecast = event["predict"]
    refuse_insane(forecast["sanity"])
    if week.as_of:
        return {"published": False, "reason": "AS_OF", "prefix": forecast["prefix"]}
    try:
        swing_champion(week, event["evaluate"], trained="train" in event)
    except PromotionLost as error:
        logger.warning("another run promoted first", reason=str(error))
        return {"published": False, "reason": "PROMOTION_LOST", "message": error.user_message}
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


def swing_champion(week: Week, verdict: Mapping[str, Any], *, trained: bool) -> None:
    """Point to the model that forecasts, and note whether training was tried.

    Raises
    ------
    PromotionLost
        If the champion is no longer the one the verdict was reached against.
    """
    folder = Folder.open(artifacts(), week.keys.model(verdict["version"]))
    metadata = folder.facts if folder else {}

    def change(before: dict[str, Any] | None) -> dict[str, Any]:
        present, version = before["version"] if before else None, verdict["version"]
        if present not in {verdict["pointer"], version}:
            raise PromotionLost(
                f"champion is {present}, judged was {verdict['pointer']}",
                f"Another run made {present} the champion meanwhile; this run was decided "
                f"against {verdict['pointer']}, so it changes nothing.",
            )
        attempt = before["last_attempt"] if before and not trained else str(week.target.week)
        if before and present == version:
            return {**before, "last_attempt": attempt}
        return pointer_to(metadata, previous=present, last_attempt=attempt, by=week.run)

    artifacts().update_json(week.keys.champion, change)


def name_forecast(before: dict[str, Any] | None, week: Week, event: Event) -> dict[str, Any]:
    """Return the pointer that names this forecast, and the earlier ones by their week."""
    if before and before["run"] == week.run:
        return before
    forecast = event["predict"]
    told = {
        **window_facts(week.target),
        "run": week.run,
        "clean_fingerprint": week.clean,
        **{key: forecast[key] for key in OF_THE_FORECAST},
        "published_at": now().isoformat(),
        "decision": decision_of(event["decision"], event["evaluate"]),
    }
    return named(before, told)
