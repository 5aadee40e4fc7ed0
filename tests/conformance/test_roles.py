"""IAM: a function may do what its role says, and nothing else."""

from collections.abc import Iterator

import pytest
from sodai_local.cloud import Cloud
from sodai_local.embedded import EmbeddedCloud
from sodai_local.targets import chosen_target

from tests.conformance.conftest import TOY


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    if chosen_target() != "embedded":
        pytest.skip("needs an embedded cloud that enforces roles")
    folder = tmp_path_factory.mktemp("strict")
    with EmbeddedCloud.start(folder, stack="toy", auth=True) as embedded:
        embedded.deploy(TOY)
        yield embedded.connect()


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
