"""Dependencies point one way, and the request path stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "layers" / "sodai" / "python" / "sodai"
AWS = {"boto3", "botocore", "aws_lambda_powertools", "mangum"}
OUTSIDE = {"os.environ", "datetime.now", "date.today", "time.time", "getenv"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("room", ["domain", "serving"])
def test_room_knows_neither_aws_nor_the_store(room: str) -> None:
    for path in (LIBRARY / room).rglob("*.py"):
        names = imports(path)
        assert not AWS & {name.split(".")[0] for name in names}, path
        assert not any(name.startswith(("sodai.store", "sodai.step")) for name in names), path


def test_domain_reads_no_clock_and_no_environment() -> None:
    for path in (LIBRARY / "domain").rglob("*.py"):
        text = path.read_text()
        assert not [word for word in OUTSIDE if word in text], path


def test_only_one_file_spells_the_bucket_s_keys() -> None:
    prefixes = ("predictions/", "incoming/", "monitoring/", "claims/", "quarantine/")
    for path in [*LIBRARY.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        if path.name == "keys.py":
            continue
        strings = {
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not [text for text in strings if text.startswith(prefixes)], path


@pytest.mark.parametrize("verb", ["plan", "load_model", "publish", "record", "watch"])
def test_thin_function_loads_neither_numpy_nor_pandas(verb: str) -> None:
    code = (
        f"import sys, functions.{verb}.app; "
        "sys.exit(bool({'numpy', 'pandas', 'pyarrow', 'lightgbm'} & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": f"{ROOT}:{LIBRARY.parent}", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0
