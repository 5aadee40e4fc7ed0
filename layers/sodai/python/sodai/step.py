"""What every handler of the week shares: settings, log, trace, metrics, the run record, reuse."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, wraps
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import monotonic
from typing import Any, Protocol

import boto3
from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config
from pydantic import Field
from pydantic_settings import BaseSettings

from sodai.domain.calendar import Window
from sodai.domain.errors import MonitorError, SodaiError, TransientError
from sodai.fingerprints import code_fingerprint, fingerprint
from sodai.store.artifacts import Artifacts
from sodai.store.keys import Keys
from sodai.store.runs import change_record, read_record, report_progress

Facts = dict[str, Any]
Event = Mapping[str, Any]


class Settings(BaseSettings, frozen=True):
    """What ``template.yaml`` sets; a bad value stops the first call and names its field."""

    artifacts_bucket: str = Field(min_length=3)
    drift_threshold: float = Field(default=3.5, gt=0)  # robust sigmas, largest of the week
    optimization_trials: int = Field(default=40, ge=0, le=1000)
    max_model_age_weeks: int = Field(default=4, ge=1)
    unit_margin: float = Field(default=0, ge=0)  # for the ledger; without it no money is told
    tracking_uri: str = ""  # of an MLflow server; it may hold a password
    alerts_topic: str = ""  # ARN of the topic that people are told by
    shards: int = Field(default=1, ge=1, le=1024)
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    sodai_models_path: str = Field(default="models/", pattern=r"^[\w.-]+(/[\w.-]+)*/$")


settings = cache(Settings)


class Context(Protocol):
    """The part of the Lambda context that handlers use."""

    aws_request_id: str
    log_group_name: str
    log_stream_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left before the platform stops the call."""


@cache
def artifacts() -> Artifacts:
    """Return the bucket of artifacts."""
    config = Config(max_pool_connections=32, retries={"max_attempts": 5, "mode": "standard"})
    return Artifacts(settings().artifacts_bucket, boto3.client("s3", config=config))


logger = Logger(service="sodai")
tracer = Tracer(service="sodai")


def now() -> datetime:
    """Return the present moment: for ``*_at`` fields and leases, never for the forecast."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Week:
    """What every state knows of the run it belongs to."""

    run: str
    execution: str
    keys: Keys
    as_of: date | None
    window: Window | None
    clean: str | None

    @classmethod
    def of(cls, event: Event) -> "Week":
        """Read the run from the state machine's data."""
        plan, data = event["plan"], event.get("validate", {})
        window = data.get("window")
        return cls(
            run=plan["run"],
            execution=plan["execution"],
            keys=Keys.of(plan["run"], plan["as_of"], settings().sodai_models_path),
            as_of=date.fromisoformat(plan["as_of"]) if plan["as_of"] else None,
            window=window_of(window) if window else None,
            clean=data.get("clean"),
        )

    @property
    def target(self) -> Window:
        """The window to forecast; known once the data were validated."""
        if self.window is None:
            raise LookupError("the target is known only after validate")
        return self.window

    def progress(self, state: str, done: int, of: int) -> None:
        """Tell those who watch how far a long state has come."""
        report_progress(artifacts(), self.run, now(), state, done, of)


def window_of(facts: Mapping[str, Any]) -> Window:
    """Read a window from its facts."""
    return Window(date.fromisoformat(facts["from"]), int(facts["horizon_days"]))


def window_facts(window: Window) -> Facts:
    """Return a window's facts."""
    return {
        "week": str(window.week),
        "from": str(window.cutoff),
        "to": str(window.end),
        "horizon_days": window.horizon_days,
    }


Handler = Callable[[Week, Event, Context], Facts]


def step(state: str, *, opens: bool = True, closes: bool = True) -> Callable[[Handler], Any]:
    """Turn a function of a week into the handler of a state.

    The handler keeps the run record true while it works, logs with the run's name, lets errors
    out under their own name, and returns at once the facts of a state that this run finished
    before on the same inputs with the same code.

    Parameters
    ----------
    state : str
        The verb, as in the run record.
    opens, closes : bool
        Whether this part starts and ends the state; a part inside a Map does neither, and only
        its failure is noted.
    """

    def decorate(function: Handler) -> Callable[[Event, Context], Facts]:
        @wraps(function)
        def handler(event: Event, context: Context) -> Facts:
            week = Week.of(event)
            logger.append_keys(run=week.run, state=state, part=event.get("part"))
            inputs = fingerprint(_lasting(event), code_fingerprint())
            if opens and closes and (done := _finished(week, state, inputs)):
                logger.info("finished before, reused")
                return done
            if opens:
                _note(week, state, _started(context))
            logger.info("started")
            began = monotonic()
            try:
                facts = tracer.capture_method(function)(week, event, context)
            except Exception as error:
                logger.exception("failed")
                _note(week, state, {**_where(context), **_failure(error)})
                raise
            finally:
                _measure(state, monotonic() - began)
            if closes:
                _note(week, state, {**_succeeded(facts), "inputs": inputs})
            logger.info("ended", peak_mb=_peak_mb())
            return facts

        return handler

    return decorate


@contextmanager
def monitor(name: str) -> Iterator[None]:
    """Let a monitor's failure out as an error of the run: it is never taken for a change."""
    try:
        yield
    except TransientError:
        raise
    except Exception as error:
        raise MonitorError(
            f"the monitor {name} failed: {type(error).__name__}: {error}",
            f"The monitor {name} could not be computed ({type(error).__name__}); that was not "
            "taken for a change. The published forecast stands.",
        ) from error


def _lasting(event: Event) -> Facts:
    """Return an event without what differs between two attempts of the same run."""
    return {**event, "plan": {**event["plan"], "execution": None}}


def _finished(week: Week, state: str, inputs: str) -> Facts | None:
    record = read_record(artifacts(), week.run)
    before = record["states"].get(state) if record else None
    if not before or before["status"] != "succeeded" or before.get("inputs") != inputs:
        return None
    _note(week, state, {"reused": True})
    facts: Facts = before["facts"]
    return facts


def _note(week: Week, state: str, change: Facts) -> None:
    def changed(record: Facts) -> None:
        entry = record["states"].setdefault(state, {})
        if change.get("status") == "running":
            entry.clear()
        entry.update(change, execution=week.execution)
        if "started_at" in entry and change.get("status") in {"succeeded", "failed"}:
            began = datetime.fromisoformat(entry["started_at"])
            entry["seconds"] = round((now() - began).total_seconds(), 3)

    change_record(artifacts(), week.run, now(), changed)


def _measure(state: str, seconds: float) -> None:
    with single_metric("Seconds", MetricUnit.Seconds, seconds, namespace="SodAI") as metric:
        metric.add_dimension("state", state)


def _where(context: Context) -> Facts:
    return {
        "request_id": context.aws_request_id,
        "log_group": context.log_group_name,
        "log_stream": context.log_stream_name,
    }


def _started(context: Context) -> Facts:
    moment = {"status": "running", "started_at": now().isoformat(), "reused": False}
    return {**moment, **_where(context)}


def _succeeded(facts: Facts) -> Facts:
    return {
        "status": "succeeded",
        "ended_at": now().isoformat(),
        "peak_mb": _peak_mb(),
        "facts": facts,
        "error": None,
    }


def closed(context: Context, execution: str, began: datetime, facts: Facts) -> Facts:
    """Return the entry of a state that keeps its part of the record itself."""
    return {
        **_where(context),
        **_succeeded(facts),
        "started_at": began.isoformat(),
        "seconds": round((now() - began).total_seconds(), 3),
        "reused": False,
        "execution": execution,
    }


def _peak_mb() -> int:
    """Return the most memory this process has held, in MB.

    ``getrusage`` tells it, too, but a child process starts there with its parent's.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except OSError:  # no Linux
        kib = getrusage(RUSAGE_SELF).ru_maxrss // 1024
    return round(kib / 1024)


def _failure(error: Exception) -> Facts:
    words = error.user_message if isinstance(error, SodaiError) else _plain(error)
    told = {"name": type(error).__name__, "message": str(error), "user_message": words}
    return {"status": "failed", "ended_at": now().isoformat(), "error": told}


def _plain(error: Exception) -> str:
    return f"An unexpected error stopped this step ({type(error).__name__}); its log says more."


def read_cause(cause: str) -> Facts:
    """Read the error that Lambda wrote into a state machine's ``Cause``.

    Returns
    -------
    dict
        ``name`` and ``message``; a cause that is not Lambda's JSON becomes the message.
    """
    try:
        told = json.loads(cause)
        return {"name": told["errorType"], "message": told["errorMessage"]}
    except (ValueError, KeyError, TypeError):
        return {"name": "Error", "message": cause}
