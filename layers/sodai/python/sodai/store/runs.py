"""The record of a run: what each state did, kept up to date while it runs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sodai.store import keys
from sodai.store.artifacts import Artifacts, NotFound

Record = dict[str, Any]


def read_record(artifacts: Artifacts, run: str) -> Record | None:
    """Return a run's record, or None if there is none."""
    try:
        record: Record = artifacts.read_json(keys.run_record(run))
    except NotFound:
        return None
    return record


def list_runs(artifacts: Artifacts, limit: int = 100) -> list[str]:
    """Return the ids of the newest runs, newest first: ids start with their moment."""
    names = [entry.key.removeprefix(keys.RUNS) for entry in artifacts.list(keys.RUNS)]
    return [name.removesuffix(".json") for name in reversed(names)][:limit]


def change_record(
    artifacts: Artifacts, run: str, now: datetime, change: Callable[[Record], None]
) -> Record:
    """Change a run's record in place, by conditional write."""

    def changed(before: Record | None) -> Record:
        after = before or {
            "schema": 1,
            "run": run,
            "status": "running",
            "outcome": None,
            "created_at": now.isoformat(),
            "attempts": [],
            "states": {},
            "progress": None,
        }
        change(after)
        after["updated_at"] = now.isoformat()
        return after

    record: Record = artifacts.update_json(keys.run_record(run), changed)
    return record


def report_progress(
    artifacts: Artifacts, run: str, now: datetime, state: str, done: int, of: int
) -> None:
    """Note how far a long state has come."""

    def change(record: Record) -> None:
        record["progress"] = {"state": state, "done": done, "of": of}

    change_record(artifacts, run, now, change)
