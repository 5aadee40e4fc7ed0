"""The machine is switched off in the middle of a week; `make run` brings the week to its end."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sodai.store import keys
from sodai.store.runs import list_runs, read_record
from sodai_local import part
from sodai_local.state import State

from tests.stack import Stack, deployed

TRIALS = 16
REUSED_WHOLE = ("validate", "observe", "drift")


def running_record(stack: Stack) -> dict[str, Any]:
    """Return the record of the only run; empty until it has begun."""
    store = stack.store
    return next((read_record(store, run) or {} for run in list_runs(store)), {})


def is_in_the_middle_of_its_search(stack: Stack) -> bool:
    progress = running_record(stack).get("progress") or {}
    return progress.get("state") == "train" and 2 <= progress["done"] < progress["of"]


def versions(stack: Stack, *prefixes: str) -> dict[str, list[str]]:
    """Every version of the objects under these prefixes: a second write would show."""
    pages = stack.cloud.client("s3").get_paginator("list_object_versions")
    found: dict[str, list[str]] = {}
    for prefix in prefixes:
        for page in pages.paginate(Bucket=stack.cloud.bucket(), Prefix=prefix):
            for one in page.get("Versions", []):
                found.setdefault(one["Key"], []).append(one["VersionId"])
    return found


def switch_off(stack: Stack) -> None:
    """Kill front door, cloud and the functions at work, as a power cut would."""
    names: tuple[part.Name, ...] = ("door", "cloud")
    records = [record for name in names if (record := part.find(State(stack.state), name))]
    assert len(records) == 2
    for record in records:
        os.killpg(record.pid, signal.SIGKILL)
    assert part.wait_until(lambda: not any(part.command_line(r.pid) for r in records), 10)


@dataclass(frozen=True)
class Recovered:
    """A stack that was killed while it searched and then started again, and what it was before."""

    stack: Stack
    record_before: dict[str, Any]
    written_before: dict[str, list[str]]


@pytest.fixture(scope="module")
def recovered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recovered]:
    folder = tmp_path_factory.mktemp("recovery")
    with deployed(folder, settings={"OPTIMIZATION_TRIALS": str(TRIALS)}) as stack:
        assert stack.sodai("ingest", str(stack.tables)).returncode == 0
        assert stack.sodai("run", "--no-wait").returncode == 0
        assert part.wait_until(lambda: is_in_the_middle_of_its_search(stack), 300, pause=0.1)
        record, written = running_record(stack), versions(stack, "features/", "studies/")
        switch_off(stack)
        up = stack.sodai("up")
        assert up.returncode == 0, up.stdout + up.stderr
        again = stack.sodai("ingest", str(stack.tables), "--run")
        assert again.returncode == 0, again.stdout + again.stderr
        assert "known before" in again.stdout
        yield Recovered(stack, record, written)


def test_week_was_cut_off_while_it_trained(recovered: Recovered) -> None:
    before, written = recovered.record_before, recovered.written_before
    assert before["outcome"] is None
    assert before["states"]["features"]["status"] == "succeeded"
    assert before["states"]["train"]["status"] == "running"
    assert any(key.startswith("studies/") for key in written)


def test_same_run_goes_on_in_a_second_attempt_and_is_published(recovered: Recovered) -> None:
    stack, before = recovered.stack, recovered.record_before
    [run] = stack.json("runs")
    assert (run["run"], run["outcome"]) == (before["run"], "published")
    record = stack.json("show", "last")
    first, second = (attempt["execution"] for attempt in record["attempts"])
    assert first == before["attempts"][0]["execution"] != second
    assert {entry["execution"] for entry in record["states"].values()} == {second}
    assert {entry["status"] for entry in record["states"].values()} == {"succeeded"}
    assert stack.store.read_json(keys.LATEST_FORECAST)["run"] == before["run"]
    health = httpx.get(f"{stack.api_url}/health", trust_env=False).json()
    assert (health["status"], health["data_available"]) == ("ok", True)


def test_finished_states_are_reused(recovered: Recovered) -> None:
    stack, before = recovered.stack, recovered.record_before
    states = stack.json("show", "last")["states"]
    for name in REUSED_WHOLE:
        assert states[name]["reused"], name
        assert states[name]["ended_at"] == before["states"][name]["ended_at"], name


def test_no_feature_table_is_made_twice(recovered: Recovered) -> None:
    stack, written = recovered.stack, recovered.written_before
    after = versions(stack, "features/")
    features = {key: ids for key, ids in written.items() if key.startswith("features/")}
    assert features.items() <= after.items()
    added = [key for key in after if key not in features]
    assert all(key.startswith("features/items/") for key in added)
    assert [stack.store.read_json(key) for key in added] == [[]]


def test_search_goes_on_after_the_trials_that_were_done(recovered: Recovered) -> None:
    stack, written = recovered.stack, recovered.written_before
    trials = {key: ids for key, ids in written.items() if key.startswith("studies/")}
    after = versions(stack, "studies/")
    assert trials.items() <= after.items()
    assert len(after) > len(trials)
    assert stack.json("show", "last")["training"]["trials_done"] == TRIALS
