"""IAM: a function may do what its role says, and nothing else."""

from collections.abc import Iterator

import httpx
import pytest
from sodai_local.cloud import Cloud
from sodai_local.embedded import EmbeddedCloud
from sodai_local.targets import chosen_target

from tests.conformance.conftest import TOY


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    if chosen_target() != "embedded":
        pytest.skip("needs an embedded cloud that enforces roles")
    folder = tmp_path_factory.mktemp("strict")
    with EmbeddedCloud.start(folder, stack="toy", auth=True) as embedded:
        embedded.deploy(TOY)
        yield embedded


@pytest.fixture
def strict(embedded: EmbeddedCloud) -> Cloud:
    return embedded.connect()


def test_function_writes_where_its_role_allows(strict: Cloud):
    assert strict.invoke("step", {"mode": "write", "key": "own/a"}).payload == {"wrote": "own/a"}


def test_function_is_refused_beside_what_its_role_allows(strict: Cloud):
    answer = strict.invoke("step", {"mode": "write", "key": "models/champion.json"})
    assert answer.function_error
    assert "AccessDenied" in answer.payload["errorMessage"]


def test_function_is_refused_in_another_bucket(strict: Cloud):
    site = strict.outputs["SiteBucket"]
    answer = strict.invoke("step", {"mode": "read", "bucket": site, "key": "own/a"})
    assert "AccessDenied" in answer.payload["errorMessage"]


def test_function_reads_the_streams_of_the_log_that_its_role_names_and_no_other(strict: Cloud):
    strict.invoke("step", {"mode": "facts"})
    own = strict.invoke("step", {"mode": "read_log", "group": "/aws/lambda/toy-step"})
    assert own.payload["events"] > 0
    other = strict.invoke("step", {"mode": "read_log", "group": "/aws/lambda/toy-step-two"})
    assert "AccessDenied" in other.payload["errorMessage"]


def test_site_is_closed_to_strangers_and_open_through_the_front_door(
    embedded: EmbeddedCloud, strict: Cloud
):
    site = strict.outputs["SiteBucket"]
    strict.client("s3").put_object(Bucket=site, Key="index.html", Body=b"<p>pedido</p>")
    direct = httpx.get(f"{embedded.endpoint}/{site}/index.html", trust_env=False)
    assert direct.status_code == 403
    assert httpx.get(embedded.front_door(), trust_env=False).text == "<p>pedido</p>"
