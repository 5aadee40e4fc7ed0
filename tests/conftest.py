"""What every layer of tests shares: markers by folder and the real tables, where present."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.stack import Stack, deployed

ROOT = Path(__file__).resolve().parents[1]
# A busy machine is no failure: nothing here is judged by the clock.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
LAYERS = ("unit", "functional", "integration", "conformance", "browser", "performance")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        layer = item.path.relative_to(ROOT / "tests").parts[0]
        if layer in LAYERS:
            item.add_marker(getattr(pytest.mark, layer))


@pytest.fixture(scope="session")
def real_tables() -> Path:
    """Folder of the distributor's real tables; they are not part of the repository."""
    folder = Path(os.environ.get("SODAI_REAL_DATA", ROOT.parent / "shared" / "data" / "sodai"))
    if not (folder / "transacciones.parquet").is_file():
        pytest.skip("the real tables are not on this machine (SODAI_REAL_DATA names their folder)")
    return folder


@pytest.fixture(scope="session")
def lambda_loop() -> Iterator[None]:
    """The event loop that Mangum works on: Lambda never closes its own, the tests do."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The template on an embedded cloud of its own; nothing delivered, nothing published."""
    with deployed(tmp_path_factory.mktemp("stack")) as one:
        yield one


@pytest.fixture(scope="session")
def published_stack(stack: Stack) -> Stack:
    """The same, once a real execution has published a forecast."""
    ended = stack.sodai("ingest", str(stack.tables), "--run")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return stack
