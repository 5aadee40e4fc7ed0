"""The benchmark of the week runs, at tiny size; its figures are for people, not for tests."""

import re
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
    trained, later = done.stdout.split("the week, keeping the model (decision: keep NO_REASON)")
    kept, again = later.split("the week, retraining again (decision: retrain FORCED)")
    assert "the week, retraining (decision: retrain NO_CHAMPION)" in trained
    for figure in (
        "FeatureTables",
        "FitChallenger",
        "goal 360 s",
        "goal 3072 MB",
        "/recommendations",
    ):
        assert figure in trained
    for figure in (
        "LoadModel",
        "FeatureTables",
        "goal 90 s",
        "goal 3072 MB",
    ):
        assert figure in kept
    for figure in ("FitChallenger", "goal 360 s", "ratio of the week", "functions/api"):
        assert figure in again
    for verb in ("features", "predict"):
        assert re.search(rf"function {verb} +\d{{2,}} MB", trained)
        assert re.search(rf"function {verb} +\d{{2,}} MB", kept)
    assert "function train" not in kept
