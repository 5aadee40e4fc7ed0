"""Close the run: write its record in the sections people know, and give the claim back."""

from collections.abc import Iterator, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from sodai.domain.errors import SodaiError
from sodai.domain.notices import Notice, notices
from sodai.step import Context, Facts, artifacts, closed, now, read_cause, settings
from sodai.store.artifacts import NotFound
from sodai.store.claims import release_claim
from sodai.store.runs import Record, change_record
from sodai.telling import tell
from sodai.tracking import TrackingFailed, track

logger = Logger(service="sodai")
SECTIONS = {
    "data_stats": "validate",
    "features": "features",
    "drift": "drift",
    "training": "train",
    "evaluation": "evaluate",
    "interpretability": "explain",
    "predictions": "predict",
}


def handler(event: Mapping[str, Any], context: Context) -> Facts:
    """Note how the run ended; the state machine then ends the same way."""
    began, plan, error = now(), event["plan"], failure(event)
    outcome = outcome_of(event, error)
    if plan["outcome"] == "run":
        execution = plan["execution"]

        def change(record: Record) -> None:
            close(record, event, outcome, error)
            record["states"]["record"] = closed(context, execution, began, {"outcome": outcome})

        record = change_record(artifacts(), plan["run"], now(), change)
        release_claim(artifacts(), plan["execution"])
        tell_people(record)
        track_run(record)
    logger.info("ended", run=plan.get("run"), outcome=outcome)
    return {"outcome": outcome, "run": plan.get("run")}


def tell_people(record: Record) -> None:
    """Send what the run is worth telling, once; that nobody could be told is noted, too."""
    before = record.get("told", [])
    news = [notice for notice in record["notices"] if notice not in before]
    if not news:
        return
    told, about = [Notice(**notice) for notice in news], f"sodai show {record['run']}"
    error = tell(settings().alerts_topic, told, about, settings().artifacts_bucket)
    if error:
        logger.error("nobody could be told", reason=error)
    noted = {"told": before if error else [*before, *news], "notices_error": error}
    change_record(artifacts(), record["run"], now(), lambda one: one.update(noted))


def track_run(record: Record) -> None:
    """Write the run to the tracking server, if there is one; note what came of it."""
    if not (uri := settings().tracking_uri):
        return
    try:
        noted = {"tracking": {"run_id": track(uri, record, dict(tracked_files(record)))}}
    except (TrackingFailed, NotFound) as error:
        logger.exception("the run was not tracked")
        noted = {"tracking": {"error": str(error)}}
    change_record(artifacts(), record["run"], now(), lambda one: one.update(noted))


def tracked_files(record: Record) -> Iterator[tuple[str, bytes]]:
    """Return the artifacts of a run that a tracking server gets; what was not made is left out."""
    made = record["artifacts"]
    folder = (record["interpretability"] or {}).get("folder")
    named = {
        "drift.json": made["drift"],
        "evaluation.json": made["evaluation"] and made["evaluation"] + "windows.json",
        "feature_importance.json": folder and folder + "feature_importance.json",
    }
    for name, key in named.items():
        if key:
            yield name, artifacts().read(key)


def outcome_of(event: Mapping[str, Any], error: Facts | None) -> str:
    """Return the run's outcome in one word."""
    if error:
        return "failed"
    if event["plan"]["outcome"] != "run":
        return str(event["plan"]["outcome"])
    if event["validate"]["outcome"] == "already_published":
        return "already_published"
    published = event["publish"]
    if published["published"]:
        return "published"
    return "superseded" if published["reason"] == "PROMOTION_LOST" else "experiment"


def failure(event: Mapping[str, Any]) -> Facts | None:
    """Return the caught error, with the words a person needs."""
    if "error" not in event:
        return None
    caught = event["error"]
    return {**read_cause(caught["Cause"]), "name": caught["Error"]}


def close(record: Record, event: Mapping[str, Any], outcome: str, error: Facts | None) -> None:
    """Write the sections, the outcome and the error into the record."""
    record["outcome"] = outcome
    record["status"] = "failed" if error else "succeeded"
    record["progress"] = None
    record["ended_at"] = now().isoformat()
    states = states_of(record, event["plan"]["execution"])
    for section, state in SECTIONS.items():
        record[section] = states.get(state, {}).get("facts")
    record["ledger"] = (states.get("observe", {}).get("facts") or {}).get("ledger")
    record["decision"] = {
        key: event[name].get(key)
        for name, keys in (
            ("decision", ("retrain", "reasons", "sentences", "detail")),
            ("evaluate", ("promoted", "winner", "version")),
        )
        if name in event
        for key in keys
    }
    record["artifacts"] = artifacts_of(event)
    record["fingerprints"] = fingerprints_of(record, states)
    record["target"] = event.get("validate", {}).get("window")
    if error:
        failed, noted = failed_state(states)
        words = noted["user_message"] if noted else SodaiError(error["message"]).user_message
        record["error"] = {**error, "state": failed, "user_message": words}
    told = notices({**record, "states": states})
    record["notices"] = [notice.to_dict() for notice in told]


def states_of(record: Record, execution: str) -> dict[str, Facts]:
    """Return what this attempt did; what an earlier one left behind is not its result."""
    return {
        state: entry
        for state, entry in record["states"].items()
        if entry.get("execution") == execution
    }


def failed_state(states: Mapping[str, Facts]) -> tuple[str | None, Facts | None]:
    """Return the state that failed last, and what it noted; a killed one noted nothing."""
    for state, entry in reversed(list(states.items())):
        if entry["status"] == "failed":
            return state, entry["error"]
        if entry["status"] == "running":
            entry["status"] = "failed"
            return state, None
    return None, None


def fingerprints_of(record: Record, states: Mapping[str, Facts]) -> Facts:
    """Return what the run was made from: equal fingerprints, equal results."""
    return {
        "clean": record["artifacts"]["clean"],
        **{key: record["inputs"][key] for key in ("code", "settings")},
        "study": (record["training"] or {}).get("study"),
        "states": {name: entry["inputs"] for name, entry in states.items() if "inputs" in entry},
    }


def artifacts_of(event: Mapping[str, Any]) -> Facts:
    """Return where the run's results lie."""
    return {
        "clean": event.get("validate", {}).get("clean"),
        "model": event.get("evaluate", {}).get("version"),
        "evaluation": event.get("evaluate", {}).get("folder"),
        "drift": event.get("decision", {}).get("report"),
        "forecast": event.get("predict", {}).get("prefix"),
    }
