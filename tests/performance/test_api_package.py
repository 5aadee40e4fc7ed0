"""What the API function weighs, and what it loads: a cold start pays for both."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "functions" / "api"
LAYER = ROOT / "layers" / "sodai" / "python"
LOCK = ROOT / "local" / "requirements" / "laptop.txt"

BUDGET_BYTES = 40_000_000
IMPORT_BUDGET_SECONDS = 0.6
NEVER_LOADED = {"numpy", "pandas", "pyarrow", "lightgbm", "scipy", "sklearn", "shap", "matplotlib"}
LOADED_WITH_THE_FIRST_READ = {"boto3"}
LAMBDA_PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")


def weight(folder: Path) -> int:
    """Bytes of every file below a folder, as Lambda unpacks it: without compiled leftovers."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if "__pycache__" not in path.parts)


def test_the_api_loads_no_numbers_library_and_the_aws_library_only_when_it_reads() -> None:
    loaded = set(run_python("import sys, app; print(*sys.modules)").split())
    roots = {name.partition(".")[0] for name in loaded}
    assert not roots & (NEVER_LOADED | LOADED_WITH_THE_FIRST_READ)


def test_the_api_is_imported_within_its_budget(tmp_path: Path) -> None:
    code = "import time, app; print(time.process_time())"
    compiled = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    seconds = [float(run_python(code, **compiled)) for _ in range(4)]
    print(f"import: {min(seconds):.3f} s of processor time, interpreter included")
    assert min(seconds) < IMPORT_BUDGET_SECONDS


def test_the_functions_requirements_are_those_that_are_tested() -> None:
    wanted = {
        line
        for line in (API / "requirements.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert wanted <= set(pins())


def test_function_and_layer_stay_within_their_budget(tmp_path: Path) -> None:
    build = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-input"]
        + ["--target", str(tmp_path), "--python-version", "3.11", "--only-binary", ":all:"]
        + [word for platform in LAMBDA_PLATFORMS for word in ("--platform", platform)]
        + ["--requirement", str(API / "requirements.txt"), "--constraint", constraints(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if build.returncode and any(sign in build.stderr for sign in ("Connection", "No matching")):
        pytest.skip("pip cannot reach packages here, so the function's package was not built")
    assert build.returncode == 0, build.stderr
    parts = {"dependencies": weight(tmp_path), "function": weight(API), "layer": weight(LAYER)}
    print({name: f"{size / 1e6:.1f} MB" for name, size in parts.items()})
    assert sum(parts.values()) < BUDGET_BYTES


def constraints(folder: Path) -> str:
    """The locked versions, without their hashes: what the function pulls in is pinned too."""
    path = folder.parent / f"{folder.name}-constraints.txt"
    path.write_text("\n".join(pins()))
    return str(path)


def pins() -> list[str]:
    """The locked versions as ``name==version``: constraints may not name extras."""
    found = re.findall(r"^([\w.-]+)(?:\[.*?\])?(==[^\s\\;]+)(.*)", LOCK.read_text(), re.MULTILINE)
    return [name + version + marker.rstrip(" \\") for name, version, marker in found]


def run_python(code: str, **environment: str) -> str:
    """Run code as the function would: its folder and the layer on the path, nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=API,
        capture_output=True,
        text=True,
        check=True,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(LAYER),
            "ARTIFACTS_BUCKET": "artifacts",
            **environment,
        },
    )
    return done.stdout
