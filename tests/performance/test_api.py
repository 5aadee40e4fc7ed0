"""The benchmark of the API runs, at tiny size; its figures are for people, not for tests."""

import os
import subprocess
import sys

from tests.stack import ROOT, Stack


def test_benchmark_of_the_api_prints_every_figure(published_stack: Stack) -> None:
    command = [sys.executable, "-m", "tests.performance.api", "--url", published_stack.url]
    done = subprocess.run(
        [*command, "--requests", "6", "--clients", "1", "2"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "functions" / "api")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("cold import")
    for start in ("function", "front door,  1 at a time", "front door,  2 at a time"):
        found = [line for line in lines if line.startswith(start)]
        assert len(found) == 3
        for line in found:
            assert all(word in line for word in ("p50", "p95", "p99", "/s"))
            assert "refused" not in line
