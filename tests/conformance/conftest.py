"""A toy stack on the chosen target, and a table of what that target can do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sodai_local.cloud import Cloud, Execution, connect
from sodai_local.deploy import deploy
from sodai_local.embedded import EmbeddedCloud
from sodai_local.front_door import stage_path
from sodai_local.targets import chosen_target

TOY = Path(__file__).parent / "toy" / "template.yaml"
results: dict[str, str] = {}


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The toy stack; TARGET=localstack has it on LocalStack."""
    if chosen_target() == "aws":
        pytest.skip("the conformance suite deploys to local targets only")
    if chosen_target() == "localstack":
        cloud = connect(require_stack=False)
        deploy(cloud, TOY)
        yield cloud
        return
    folder = tmp_path_factory.mktemp("cloud")
    quick = {"SFN_WAIT_SCALE": "0.1"}
    with EmbeddedCloud.start(folder, stack="toy", environment=quick) as embedded:
        embedded.deploy(TOY)
        yield embedded.connect()


@pytest.fixture(scope="session")
def run_toy(toy: Cloud) -> Callable[..., Execution]:
    """Run the toy's state machine to its end."""

    def run(mode: str, **more: object) -> Execution:
        name = f"{mode}-{uuid4().hex[:8]}"
        return toy.wait(toy.start({"mode": mode, "name": name, **more}, name), 60)

    return run


@pytest.fixture(scope="session")
def api(toy: Cloud) -> Iterator[httpx.Client]:
    """A client at the address of the toy's API."""
    path = stage_path(toy.outputs["ApiId"], toy.outputs["ApiUrl"])
    with httpx.Client(base_url=f"{toy.endpoint}{path}", trust_env=False, timeout=30) as client:
        yield client


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "tests/conformance/test_" not in report.nodeid:
        return
    if report.when == "call" or report.outcome != "passed":
        known_gap = hasattr(report, "wasxfail")
        results[report.nodeid] = "gap" if known_gap else report.outcome


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not results:
        return
    terminalreporter.section(f"parity of target {chosen_target()}")
    for node, outcome in sorted(results.items()):
        path, _, name = node.partition("::")
        area = Path(path).stem.removeprefix("test_")
        words = name.removeprefix("test_").replace("_", " ")
        terminalreporter.write_line(f"{outcome:<8}{area:<11}{words}")
