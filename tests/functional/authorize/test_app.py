"""Only a token that the provider named made for this API opens it."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.authorize.app import Unauthorized, handler, signing_keys
from tests.issuer import AUDIENCE, Issuer, new_key, running_issuer

ARN = "arn:aws:execute-api:us-east-1:000000000000:abc123/live/GET/calls"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as one:
        yield one


@pytest.fixture(autouse=True)
def settings(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OIDC_ISSUER", issuer.url)
    monkeypatch.setenv("OIDC_AUDIENCE", AUDIENCE)
    signing_keys.cache_clear()
    yield
    signing_keys.cache_clear()


def ask(token: str | None, scheme: str = "Bearer ") -> dict[str, Any]:
    given = {} if token is None else {"authorizationToken": f"{scheme}{token}"}
    return handler({"type": "TOKEN", "methodArn": ARN, **given}, None)


def test_a_good_token_opens_the_stage_and_nothing_else(issuer: Issuer) -> None:
    policy = ask(issuer.token())
    assert policy["principalId"] == "agent-7"
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement == {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:us-east-1:000000000000:abc123/live/*",
    }
    assert ask(issuer.token(aud=["other", AUDIENCE]), scheme="bearer ") == policy


def unsigned(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), None, "none", {"kid": issuer.kid})


def signed_with_the_public_key(issuer: Issuer) -> str:
    """What an attacker can do who takes the public key for a shared secret."""
    public = issuer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [{"alg": "HS256", "kid": issuer.kid, "typ": "JWT"}, issuer.claims()]
    message = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    digest = hmac.new(public, message.encode(), "sha256").digest()
    return f"{message}.{encoded(digest)}"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def changed_afterwards(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    return f"{head}.{encoded(json.dumps(issuer.claims(sub='boss')).encode())}.{signature}"


BAD: dict[str, Callable[[Issuer], str | None]] = {
    "missing": lambda _: None,
    "empty": lambda _: "",
    "no token": lambda _: "not-a-token",
    "expired": lambda one: one.token(exp=int(time.time()) - 120),
    "not yet valid": lambda one: one.token(nbf=int(time.time()) + 600),
    "wrong audience": lambda one: one.token(aud="another-service"),
    "no audience": lambda one: one.token(aud=None),
    "wrong issuer": lambda one: one.token(iss="https://evil.example"),
    "no expiry": lambda one: one.token(exp=None),
    "no owner": lambda one: one.token(sub=None),
    "wrong key": lambda one: one.token(key=new_key()),
    "unknown key": lambda one: one.token(kid="key-2"),
    "alg none": unsigned,
    "public key as secret": signed_with_the_public_key,
    "changed afterwards": changed_afterwards,
}


@pytest.mark.parametrize("kind", BAD)
def test_any_other_token_is_refused(issuer: Issuer, kind: str) -> None:
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        ask(BAD[kind](issuer))


def test_another_scheme_is_refused(issuer: Issuer) -> None:
    with pytest.raises(Unauthorized):
        ask(issuer.token(), scheme="Basic ")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "{}/other"])
def test_a_provider_that_cannot_be_asked_is_no_fault_of_the_caller(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", url.format(issuer.url))
    with pytest.raises(jwt.PyJWKClientConnectionError):
        ask(issuer.token())


def test_a_changed_key_is_seen_without_a_restart(issuer: Issuer) -> None:
    ask(issuer.token())
    signing_keys(issuer.url).cooldown_duration = 0  # half a minute, so that nobody is flooded
    issuer.key, issuer.kid = new_key(), "key-1b"
    assert ask(issuer.token())["principalId"] == "agent-7"
