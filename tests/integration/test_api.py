"""The deployed API behind the front door, over a really published week."""

import subprocess
import sys
from collections.abc import Iterator
from math import exp
from pathlib import Path

import httpx
import pytest

from tests.stack import ROOT, Stack

CONFIGURATION = ROOT / "tests" / "conformance" / "schemathesis.toml"
EXAMPLES = 8  # per operation and phase; more find nothing new in ten times the time


@pytest.fixture(scope="module")
def api(published_stack: Stack) -> Iterator[httpx.Client]:
    url = f"{published_stack.api_url}/"
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def shop(api: httpx.Client) -> int:
    """The first shop of the work list."""
    found: int = api.get("calls", params={"limit": 1}).json()["items"][0]["customer_id"]
    return found


@pytest.mark.parametrize(
    "path",
    [
        "health",
        "weeks",
        "calls",
        "customers",
        "products",
        "predictions/positives",
        "runs",
        "drift",
        "performance",
        "model/info",
        "model/importance",
        "model/versions",
        "openapi.json",
        "docs",
    ],
)
def test_every_list_is_answered_packed_and_known_again(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    assert len(answer.headers["x-correlation-id"]) >= 8
    if len(answer.content) > 2000:
        assert answer.headers["content-encoding"] == "gzip"
    if path != "health":
        again = api.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_recommendations_say_why_and_the_parts_add_up(api: httpx.Client, shop: int) -> None:
    answer = api.post("recommendations", json={"customer_id": shop, "top_k": 5})
    items = answer.json()["recommendations"]
    assert len(items) == 5
    for item in items:
        assert item["why"]["es"].endswith(".")
        if parts := item["contributions"]:
            total = sum(part["contribution"] for part in parts)
            assert 1 / (1 + exp(-total)) == pytest.approx(item["prediction_score"], abs=1e-5)


def test_a_described_shop_gets_five_products(api: httpx.Client, shop: int) -> None:
    known = api.get(f"customers/{shop}/info").json()
    described = {name: known[name] for name in ("customer_type", "location_x", "location_y")}
    body = api.post("recommendations/new", json=described).json()
    assert len(body["recommendations"]) == 5
    assert body["used"]["customer_type"]
    assert body["case"] == "described"


def test_a_windows_1252_file_comes_back_whole(api: httpx.Client, shop: int) -> None:
    """The gateway hands the bytes over as they are."""
    pairs = api.get("predictions/positives").text.split()[:20]
    lines = [f"{pair.replace(',', ';')};año {i}" for i, pair in enumerate(pairs)]
    sent = "\r\n".join(["cliente;producto;Observación", *lines, f"{shop};x;última"])
    head = {"content-type": "text/csv"}
    answer = api.post("predict/csv", content=sent.encode("cp1252"), headers=head)
    assert answer.status_code == 200, answer.text
    rows = answer.content.decode("utf-8-sig").splitlines()
    assert rows[0].endswith(";Observación")
    assert [row.rsplit(";", 1)[1] for row in rows[1:-1]] == [f"año {i}" for i in range(20)]
    assert "INVALID_PRODUCT_ID" in rows[-1]
    assert rows[-1].endswith(";última")


def test_the_deployed_api_is_as_it_describes_itself(api: httpx.Client, tmp_path: Path) -> None:
    """Generated requests, valid and not, judged by every check of schemathesis."""
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file"]
    command += [str(CONFIGURATION), "run", f"{api.base_url}openapi.json"]
    command += ["--url", str(api.base_url).rstrip("/"), "--checks", "all", "--no-color"]
    command += ["--max-examples", str(EXAMPLES), "--generation-deterministic"]
    command += ["--continue-on-failure", "--rate-limit", "30/s", "--request-timeout", "60"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    print(done.stdout[-3000:])
    assert done.returncode == 0, done.stdout
