"""Start an execution and show, line by line, how it goes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from sodai.store.artifacts import Artifacts
from sodai.store.runs import Record, read_record

from sodai_local.cloud import Cloud, Execution
from sodai_local.console import console, say
from sodai_local.errors import Interrupted, LocalError

STATES: Final = (
    "plan", "validate", "observe", "features", "drift", "train", "load_model", "evaluate",
    "refit", "explain", "predict", "publish",
)  # fmt: skip
POLL_SECONDS: Final = 0.4
GLYPHS: Final = {"succeeded": "✓", "failed": "✗"}


@dataclass(frozen=True, slots=True)
class Ended:
    """How an execution ended."""

    execution: Execution
    record: Record | None
    outcome: str | None

    @property
    def is_good(self) -> bool:
        """Tell whether it did what it was started for."""
        return self.execution.status in {"SUCCEEDED", "RUNNING"}


def start_week(cloud: Cloud, asked: Mapping[str, Any], *, wait: bool, quiet: bool) -> Ended:
    """Start the week; follow it to its end unless told not to wait."""
    name = f"run-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
    arn = cloud.start(dict(asked), name)
    if not wait:
        return Ended(cloud.execution(arn), None, None)
    try:
        return follow(cloud, arn, quiet=quiet)
    except KeyboardInterrupt:
        raise Interrupted(
            "Stopped watching; the run itself goes on. See it with: sodai runs"
        ) from None


def follow(cloud: Cloud, arn: str, *, quiet: bool) -> Ended:
    """Print a line per state as it ends, until the execution has ended."""
    store, told, run = cloud.artifacts(), set[str](), None
    show: Callable[[str], None] = (lambda _: None) if quiet else say
    with console().status("starting", spinner="dots") as spinner:
        while True:
            execution = cloud.execution(arn)
            run = run or run_of(store, arn)
            record = read_record(store, run) if run else None
            if record:
                report_states(record, told, show, arn)
                spinner.update(present(record))
            if execution.status != "RUNNING":
                break
            time.sleep(POLL_SECONDS)
    output = execution.output if isinstance(execution.output, dict) else {}
    run = run or output.get("run")
    record = read_record(store, run) if run else None
    if record:
        report_states(record, told, show, arn)
    if execution.status == "UNKNOWN":
        raise LocalError(
            f"{arn} is unknown",
            "The cloud was restarted while the run was under way. Start it again with: "
            "sodai run — finished states return at once.",
        )
    outcome = output.get("outcome") or (record or {}).get("outcome")
    return Ended(execution, record, outcome)


def run_of(store: Artifacts, arn: str) -> str | None:
    """Return the run an execution works on, once it has taken the claim."""
    from sodai.store import keys
    from sodai.store.artifacts import NotFound

    try:
        claim = store.read_json(keys.CLAIM)
    except NotFound:
        return None
    return str(claim["run"]) if claim["execution"] == arn else None


def report_states(
    record: Record, told: set[str], show: Callable[[str], None], execution: str | None = None
) -> None:
    """Say what ended since the last look; with an execution, only what that attempt did."""
    for state in STATES:
        entry = record["states"].get(state)
        if entry is None or entry["status"] not in GLYPHS or state in told:
            continue
        if execution not in {None, entry.get("execution")}:
            continue
        told.add(state)
        again = "  (finished before)" if entry.get("reused") else ""
        show(f"  {GLYPHS[entry['status']]} {state:<11}{entry.get('seconds', 0):>8.1f} s{again}")


def present(record: Record) -> str:
    """Return what is going on right now."""
    running = [s for s in STATES if record["states"].get(s, {}).get("status") == "running"]
    progress = record.get("progress")
    if running and progress and progress["state"] == running[-1]:
        return f"{running[-1]}: trial {progress['done']} of {progress['of']}"
    return running[-1] if running else "waiting"
