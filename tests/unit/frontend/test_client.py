"""The client's JavaScript: its own tests and, where TypeScript is installed, its types."""

import pytest

from tests.conftest import ROOT
from tests.unit.frontend.node import run_node

FRONTEND = ROOT / "frontend"
TYPESCRIPT = FRONTEND / "node_modules" / "typescript" / "bin" / "tsc"


def test_pure_parts_of_the_client_hold_in_node():
    ended = run_node("--test", "tests/unit/frontend/client.test.js", cwd=ROOT)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_types_of_the_client_hold():
    if not TYPESCRIPT.is_file():
        pytest.skip("TypeScript is not installed (npm install --prefix frontend)")
    ended = run_node(str(TYPESCRIPT), "--project", str(FRONTEND), cwd=ROOT)
    assert ended.returncode == 0, ended.stdout
