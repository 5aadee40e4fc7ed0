"""The benchmark of the week runs, at tiny size; its figures are for people, not for tests."""

import subprocess
import sys
from pathlib import Path

from data.generate import generate
from tests.stack import RECIPE, ROOT, write_tables


def test_benchmark_of_the_week_prints_every_figure(tmp_path: Path) -> None:
    folder = write_tables(generate(RECIPE), tmp_path / "tables")
    command = [sys.executable, "-m", "tests.performance.week", "--data", str(folder)]
    done = subprocess.run(
        [*command, "--trials", "1"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for figure in ("train", "the week", "/recommendations", "ratio of the week", "functions/api"):
        assert figure in done.stdout
