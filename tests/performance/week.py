"""`make bench`: one week on the embedded cloud and in one process, the API, the packages.

Everything is measured in one run, so that the ratios mean something on any machine.
"""

import argparse
import io
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from tests.stack import ROOT, Stack, free_port

REQUESTS = 200


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--trials", type=int, default=40)
    asked = arguments.parse_args()
    os.environ["OPTIMIZATION_TRIALS"] = str(asked.trials)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), asked.data) as stack:
        began = time.perf_counter()
        done = stack.sodai("ingest", str(asked.data), timeout=600)
        done = stack.sodai("run", "--trials", str(asked.trials), timeout=3600)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        wall = time.perf_counter() - began
        record = stack.json("show", "last")
        report_states(record, wall)
        report_api(stack)
    report_ratio(wall, in_one_process(asked.data, asked.trials))
    report_packages()


@contextmanager
def running(folder: Path, data: Path) -> Iterator[Stack]:
    """Start a cloud of its own for the benchmark."""
    stack = Stack(folder / "state", free_port(), data)
    up = stack.sodai("up")
    try:
        if up.returncode:
            raise SystemExit(up.stdout + up.stderr)
        yield stack
    finally:
        stack.sodai("down")


def report_states(record: dict[str, Any], wall: float) -> None:
    """Print wall time and peak memory by state."""
    print(f"{'state':<12}{'seconds':>9}{'peak MB':>9}")
    for name, entry in record["states"].items():
        print(f"{name:<12}{entry.get('seconds', 0):>9.1f}{entry.get('peak_mb', 0):>9}")
    print(f"{'the week':<12}{wall:>9.1f}")
    for key in ("search_seconds", "fit_seconds"):
        print(f"  {key:<18}{(record['training'] or {}).get(key, 0):>8.1f}")


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
    os.environ.update(POWERTOOLS_METRICS_DISABLED="true")
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
