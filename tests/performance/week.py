"""`make bench`: three weeks on the embedded cloud, one in one process, the API, the packages.

The first week trains a model on everything but the newest complete week; the second is delivered
that week and keeps the model; the third is made to train again, where the champion has seen what
judges it: it is fitted once more if the search has found another recipe. Everything is measured in
one run, so that the ratios mean something on any machine.
"""

import argparse
import io
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
from sodai.domain.deliveries import closed_weekdays, complete_weeks

from tests.stack import ROOT, Stack, free_port

REQUESTS = 200
BREATH = 0.02  # seconds between two requests: the front door answers 50 a second
LINES = "transacciones.parquet"
TRAINING_SECONDS, KEEPING_SECONDS, MEGABYTES = 360, 90, 3072  # the goals
NO_DRIFT = "1000000"  # robust sigmas: the second week keeps the model whatever it brings
REPORTED = re.compile(r"Max Memory Used: (\d+) MB")


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--trials", type=int, default=40)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, following = cut(asked.data, Path(folder))
        settings = {"OPTIMIZATION_TRIALS": str(asked.trials), "DRIFT_THRESHOLD": NO_DRIFT}
        stack = Stack(Path(folder) / "state", free_port(), first, settings)
        with running(stack):
            command = ("ingest", str(first), "--run")
            wall = measure_week(stack, command, "the week, retraining", TRAINING_SECONDS)
            report_api(stack)
        with running(stack):  # a week later no function is warm any more
            command = ("ingest", str(following), "--run")
            measure_week(stack, command, "the week, keeping the model", KEEPING_SECONDS)
        with running(stack):
            command = ("run", "--force-retrain")
            measure_week(stack, command, "the week, retraining again", TRAINING_SECONDS)
        report_ratio(wall, in_one_process(first, asked.trials))
    report_packages()


def cut(data: Path, folder: Path) -> tuple[Path, Path]:
    """Write the tables before the newest complete week, and that week as the next delivery.

    Days of an unfinished week after it are left out: they would change the target's shape.
    """
    first, following = folder / "tables", folder / "week.parquet"
    shutil.copytree(data, first)
    lines = pd.read_parquet(data / LINES)
    days = lines["purchase_date"]
    oldest, newest = days.min().date(), days.max().date()
    monday = complete_weeks(oldest, newest, closed_weekdays(lines, newest))[-1]
    begin, end = pd.Timestamp(monday), pd.Timestamp(monday + timedelta(weeks=1))
    lines[days < begin].to_parquet(first / LINES, index=False)
    lines[(days >= begin) & (days < end)].to_parquet(following, index=False)
    return first, following


@contextmanager
def running(stack: Stack) -> Iterator[None]:
    """Run the stack's cloud."""
    up = stack.sodai("up")
    try:
        if up.returncode:
            raise SystemExit(up.stdout + up.stderr)
        yield
    finally:
        stack.sodai("down")


def measure_week(stack: Stack, command: Sequence[str], name: str, goal: float) -> float:
    """Run the week by a command, print its figures; return its seconds."""
    moment, began = time.time(), time.perf_counter()
    done = stack.sodai(*command, timeout=3600)
    wall = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    record = stack.json("show", "last")
    decision = "retrain" if record["decision"]["retrain"] else "keep"
    print(f"{name} (decision: {decision} {' '.join(record['decision']['reasons'])})")
    report_states(stack, record)
    report_memory(peaks(stack, moment))
    print(f"{name:<32}{wall:>9.1f} s   goal {goal} s")
    return wall


def report_states(stack: Stack, record: dict[str, Any]) -> None:
    """Print wall time by state of the execution, cold starts included."""
    for name, seconds in wall_by_state(stack.cloud.history(record["attempts"][-1]["execution"])):
        print(f"  {name:<18}{seconds:>9.1f} s")
    for key in ("search_seconds", "fit_seconds"):
        if key in (record["training"] or {}):
            print(f"    {key:<16}{record['training'][key]:>9.1f} s")


def wall_by_state(history: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Return the seconds between entering and leaving each task and map, in order."""
    entered, spent = {}, dict[str, float]()
    for event in history:
        if event["type"] in {"TaskStateEntered", "MapStateEntered"}:
            entered[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
        if event["type"] in {"TaskStateExited", "MapStateExited"}:
            name = event["stateExitedEventDetails"]["name"]
            seconds = (event["timestamp"] - entered[name]).total_seconds()
            spent[name] = spent.get(name, 0.0) + seconds
    return list(spent.items())


def peaks(stack: Stack, moment: float) -> dict[str, int]:
    """Return the most memory that any call of each function took since a moment, in MB.

    The platform reports it call by call, so parts inside a Map count as well.
    """
    cloud, found = stack.cloud, {}
    for verb in cloud.function_verbs():
        lines = cloud.log_lines(
            f"/aws/lambda/{cloud.function_name(verb)}", since_ms=int(moment * 1000)
        )
        used = [int(hit[1]) for line in lines if (hit := REPORTED.search(line.message))]
        if used:
            found[verb] = max(used)
    return found


def report_memory(found: dict[str, int]) -> None:
    """Print peak memory by function."""
    for verb, megabytes in found.items():
        print(f"  function {verb:<9}{megabytes:>9} MB")
    print(f"{'largest peak of a function':<32}{max(found.values()):>9} MB  goal {MEGABYTES} MB")


def report_api(stack: Stack) -> None:
    """Print latencies at the front door, in milliseconds."""
    with httpx.Client(base_url=stack.api_url, trust_env=False, timeout=30) as client:
        shops = [one["customer_id"] for one in client.get("/calls").json()["items"]]
        for name, call in {
            "/health": lambda i: client.get("/health"),
            "/recommendations": lambda i: client.post(
                "/recommendations", json={"customer_id": shops[i % len(shops)], "top_k": 10}
            ),
        }.items():
            call(0)
            times = []
            for i in range(REQUESTS):
                began = time.perf_counter()
                call(i).raise_for_status()
                times.append(1000 * (time.perf_counter() - began))
                time.sleep(BREATH)
            p95 = float(np.percentile(times, 95))
            print(f"{name:<18} p50 {statistics.median(times):6.1f} ms   p95 {p95:6.1f} ms")


def in_one_process(data: Path, trials: int) -> float:
    """Return the seconds of the same handlers over the same definition, in this process."""
    import boto3
    from moto import mock_aws
    from sodai.store import keys
    from sodai.store.artifacts import Artifacts

    from tests.functional.week.machine import Machine

    fixed = {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_REGION": "us-east-1"}
    os.environ.update(fixed, AWS_DEFAULT_REGION="us-east-1", ARTIFACTS_BUCKET="sodai-bench")
    os.environ.update(POWERTOOLS_TRACE_DISABLED="true", POWERTOOLS_LOG_LEVEL="ERROR")
    os.environ.update(POWERTOOLS_METRICS_DISABLED="true", OMP_WAIT_POLICY="PASSIVE")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="sodai-bench")
        store = Artifacts("sodai-bench", client)
        for file in sorted(data.glob("*.parquet")):
            store.write_once(keys.incoming(file.name), file.read_bytes())
        began = time.perf_counter()
        with redirect_stdout(io.StringIO()):  # metrics are lines of the log
            Machine(store.read).run({"trials": trials}, "bench")
        return time.perf_counter() - began


def report_ratio(wall: float, alone: float) -> None:
    """Print what the cloud costs over one process."""
    print(f"in one process {alone:.1f} s; ratio of the week on the cloud {wall / alone:.2f}")


def report_packages() -> None:
    """Print the size of what each zip function brings, and of the library."""
    for folder in [*sorted((ROOT / "functions").iterdir()), ROOT / "layers" / "sodai"]:
        if folder.is_dir():
            size = sum(f.stat().st_size for f in folder.rglob("*.py"))
            print(f"{folder.relative_to(ROOT)!s:<24}{size / 1024:>8.1f} KiB of own code")


if __name__ == "__main__":
    main()
