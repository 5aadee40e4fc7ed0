"""The reading side stays light: no AWS library, no tables, no numbers library."""

import subprocess
import sys

HEAVY = {"boto3", "botocore", "numpy", "pandas", "pyarrow", "lightgbm", "scipy", "fastapi"}


def test_serving_imports_nothing_heavy() -> None:
    code = "import sys, sodai.serving; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert HEAVY.isdisjoint(done.stdout.split())
