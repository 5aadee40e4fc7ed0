"""Take the claim, find what there is to do, and name the run."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from sodai.domain.errors import AlreadyRunning
from sodai.fingerprints import code_fingerprint, fingerprint
from sodai.step import Context, Facts, artifacts, closed, now, settings
from sodai.store import keys
from sodai.store.artifacts import NotFound
from sodai.store.claims import release_claim, take_claim
from sodai.store.runs import Record, change_record, read_record
from sodai.store.versions import read_champion

logger = Logger(service="sodai")
ELSEWHERE = ("artifacts_bucket", "threads", "alerts_topic", "tracking_uri")  # not of the forecast
OVER = {"published", "nothing_to_do", "already_published", "superseded"}


def handler(event: Mapping[str, Any], context: Context) -> Facts:
    """Return the run and what it starts from, or why there is nothing to run.

    ``outcome`` is ``run``, ``nothing_to_do``, ``already_running`` or, for a trigger that must not
    get lost, ``waiting``.
    """
    began, execution, asked = now(), event["execution"], read_request(event["input"])
    inputs = {
        "deliveries": {entry.key: entry.etag for entry in artifacts().list(keys.INCOMING)},
        "asked": asked,
        "code": code_fingerprint(),
        "champion": champion_version(),
        "settings": fingerprint(settings().model_dump(exclude=set(ELSEWHERE))),
    }
    try:
        claim = take_claim(
            artifacts(), execution, now(), lambda newest: choose_run(newest, inputs), is_running
        )
    except AlreadyRunning as error:
        logger.info("already running", reason=str(error))
        outcome = "waiting" if event["input"].get("wait") else "already_running"
        return {"outcome": outcome, "message": error.user_message, **asked}
    facts = {"run": claim.run, "execution": execution, **asked}
    if is_nothing_new(inputs) and not unfinished(claim.run):
        release_claim(artifacts(), execution)
        return {"outcome": "nothing_to_do", "message": "There is no new delivery.", **facts}
    record = start(claim.run, execution, inputs, began, context)
    return {"outcome": "run", **facts, "deliveries": sorted(record["inputs"]["deliveries"])}


def read_request(asked: Mapping[str, Any]) -> Facts:
    """Read what the trigger asked for; a schedule or an event of S3 asks for nothing special."""
    trials = asked.get("trials")
    return {
        "as_of": asked.get("as_of"),
        "force_retrain": bool(asked.get("force_retrain", False)),
        "trials": settings().optimization_trials if trials is None else trials,
        "replace_weeks": bool(asked.get("replace_weeks", False)),
    }


def unfinished(run: str) -> Record | None:
    """Return the record of a run that ended without a result, or None."""
    record = read_record(artifacts(), run)
    return record if record and record["outcome"] not in OVER else None


def choose_run(newest: str | None, inputs: Facts) -> str:
    """Go on with the newest run where it broke off and nothing changed since; else start one."""
    record = unfinished(newest) if newest else None
    if record:
        before = record["inputs"]
        same = all(before[key] == inputs[key] for key in ("asked", "code", "settings"))
        if (
            same
            and is_champion_of(before, str(newest))
            and inputs["deliveries"].items() <= before["deliveries"].items()
        ):
            return str(newest)
    return f"{now():%Y%m%dT%H%M%S}-{os.urandom(2).hex()}"


def model_keys() -> keys.Keys:
    """Return the keys under the stack's own prefix of models."""
    return keys.Keys(models=settings().sodai_models_path)


def champion_version() -> str | None:
    """Return the champion's version, or None before the first."""
    return (read_champion(artifacts(), model_keys()) or {}).get("version")


def is_champion_of(before: Facts, run: str) -> bool:
    """Tell whether the champion is the one a run started with, or made so itself."""
    pointer = read_champion(artifacts(), model_keys()) or {}
    return run == pointer.get("promoted_by") or pointer.get("version") == before.get("champion")


def is_nothing_new(inputs: Facts) -> bool:
    """Tell whether the published forecast already says all that is known."""
    asked = inputs["asked"]
    if inputs["deliveries"] or asked["force_retrain"] or asked["as_of"]:
        return False
    try:
        clean = artifacts().read_json(keys.CLEAN_MANIFEST)
    except NotFound:
        return False  # validate says what to deliver
    try:
        latest = artifacts().read_json(keys.LATEST_FORECAST)
    except NotFound:
        return False
    return bool(latest["clean_fingerprint"] == clean["fingerprint"])


def start(run: str, execution: str, inputs: Facts, began: datetime, context: Context) -> Record:
    """Open the record, or note another attempt of the same run."""

    def change(record: Record) -> None:
        record.setdefault("inputs", inputs)
        record["as_of"] = inputs["asked"]["as_of"]
        record["parameters"] = {
            **inputs["asked"],
            **settings().model_dump(mode="json", exclude={"tracking_uri"}),
        }
        record["status"], record["outcome"], record["error"] = "running", None, None
        if execution not in [attempt["execution"] for attempt in record["attempts"]]:
            record["attempts"].append({"execution": execution, "started_at": began.isoformat()})
        facts = {"deliveries": sorted(record["inputs"]["deliveries"])}
        record["states"]["plan"] = closed(context, execution, began, facts)

    return change_record(artifacts(), run, now(), change)


def is_running(execution: str) -> bool:
    """Ask Step Functions; an execution it does not know is not running."""
    try:
        told = boto3.client("stepfunctions").describe_execution(executionArn=execution)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return False
        raise
    return told["status"] == "RUNNING"
