"""Let a request in if its token was made for this API by the OpenID Connect provider named."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from urllib.request import urlopen

import jwt
from aws_lambda_powertools import Logger
from pydantic import Field
from pydantic_settings import BaseSettings

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]  # no secrets
LEEWAY_SECONDS: Final = 30
TIMEOUT_SECONDS: Final = 5
SCHEME: Final = "bearer "

logger = Logger(service="sodai-authorize")


class Settings(BaseSettings, frozen=True):
    """What ``template.yaml`` sets."""

    oidc_issuer: str = Field(pattern=r"^https?://\S+$")
    oidc_audience: str = Field(min_length=1)


class Unauthorized(Exception):
    """The gateway answers 401 where an authorizer fails with exactly this word."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Return the policy for the token's owner, or raise `Unauthorized`."""
    given = str(event.get("authorizationToken") or "")
    if not given.lower().startswith(SCHEME):
        logger.info("refused", reason="no bearer token")
        raise Unauthorized
    try:
        claims = read_token(given[len(SCHEME) :].strip(), Settings())
    except jwt.PyJWKClientConnectionError:
        raise  # the provider cannot be reached: not the caller's fault, so no 401
    except jwt.PyJWTError as error:
        logger.info("refused", reason=f"{type(error).__name__}: {error}")
        raise Unauthorized from error
    return allowed(claims["sub"], event["methodArn"])


def read_token(token: str, settings: Settings) -> dict[str, Any]:
    """Return a token's claims.

    Raises
    ------
    jwt.PyJWTError
        If it is not signed by a key of the issuer with a public-key algorithm, not made by it,
        not made for the audience, or not valid now.
    """
    key = signing_keys(settings.oidc_issuer).get_signing_key_from_jwt(token)
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=ALGORITHMS,
        audience=settings.oidc_audience,
        issuer=settings.oidc_issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iat", "sub", "aud", "iss"]},
    )
    return claims


@cache
def signing_keys(issuer: str) -> jwt.PyJWKClient:
    """Return the issuer's keys, as its discovery document names them; they are kept for a while.

    Raises
    ------
    jwt.PyJWKClientConnectionError
        If the issuer cannot be reached, or its document is not its own.
    """
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        with urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
            document = json.load(answer)
    except (OSError, ValueError) as error:
        raise jwt.PyJWKClientConnectionError(f"{address}: {error}") from error
    if document.get("issuer") != issuer:
        raise jwt.PyJWKClientConnectionError(f"{address} is of issuer {document.get('issuer')}")
    return jwt.PyJWKClient(document["jwks_uri"], timeout=TIMEOUT_SECONDS)


def allowed(subject: str, method_arn: str) -> dict[str, Any]:
    """Return the policy that opens the whole stage: the gateway keeps it for other addresses."""
    api, stage, *_ = method_arn.split("/")
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": f"{api}/{stage}/*",
    }
    return {
        "principalId": subject,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"subject": subject},
    }
