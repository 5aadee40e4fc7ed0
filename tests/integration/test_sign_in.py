"""Sign-in turned on by stack parameters: the gateway asks, the provider's keys decide."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.issuer import AUDIENCE, Issuer, new_key, running_issuer
from tests.stack import deployed


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as one:
        yield one


@pytest.fixture(scope="module")
def api(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("signed")
    chosen = {"SignIn": "OpenIdConnect", "OidcIssuer": issuer.url, "OidcAudience": AUDIENCE}
    with deployed(folder, parameters=chosen) as stack:
        url = f"{stack.api_url}/"
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            yield client


def test_with_a_good_token_the_api_answers(api: httpx.Client, issuer: Issuer) -> None:
    answer = api.get("health", headers={"Authorization": f"Bearer {issuer.token()}"})
    assert (answer.status_code, answer.json()["status"]) == (200, "waiting")


@pytest.mark.parametrize("kind", ["missing", "expired", "wrong audience", "wrong key"])
def test_without_one_it_is_a_401_in_the_apis_shape(
    api: httpx.Client, issuer: Issuer, kind: str
) -> None:
    tokens = {
        "missing": None,
        "expired": issuer.token(exp=int(time.time()) - 120),
        "wrong audience": issuer.token(aud="other"),
        "wrong key": issuer.token(key=new_key()),
    }
    token = tokens[kind]
    answer = api.get("health", headers={"Authorization": f"Bearer {token}"} if token else {})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:sodai:problem:unauthorized"
    assert answer.json()["correlation_id"] == answer.headers["x-correlation-id"]


def test_a_preflight_needs_no_token(api: httpx.Client) -> None:
    assert api.options("calls").status_code == 405  # the application's own answer, not a 401
