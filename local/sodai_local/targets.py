"""The three targets, and clients that talk to them and nothing else."""

import functools
import os
from typing import Any, Final, Literal

from sodai_local.environment import ACCESS_KEY
from sodai_local.errors import LocalError

Target = Literal["embedded", "localstack", "aws"]
TARGETS: Final[tuple[Target, ...]] = ("embedded", "localstack", "aws")
READ_SECONDS: Final = 910  # a synchronous call may last as long as the longest function


def chosen_target() -> Target:
    """Return ``TARGET`` from the environment; ``embedded`` by default."""
    name = os.environ.get("TARGET") or "embedded"
    if name not in TARGETS:
        raise LocalError(
            f"unknown target {name}", f"TARGET={name} is unknown. Known: {', '.join(TARGETS)}."
        )
    return name


@functools.cache
def client_of(target: Target, region: str, endpoint: str | None, service: str) -> Any:
    """Return a client; one is kept for each service."""
    from botocore.config import Config

    if target == "aws":
        import boto3

        make: Any = boto3.client  # its overloads name each service
        return make(service, region_name=region)
    config = Config(
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1},  # a call may do work: never twice unasked
        max_pool_connections=16,
        s3={"addressing_style": "path"},
        proxies={},
    )
    return _plain_session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
        config=config,
    )


@functools.cache
def _plain_session() -> Any:
    """Return a session that reads neither profiles nor settings of the host."""
    import botocore.session

    return botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )


def localstack_endpoint() -> str:
    """Return where LocalStack answers."""
    from localstack_client.config import get_service_endpoint

    return str(get_service_endpoint("cloudformation"))


def aws_region() -> str:
    """Return the region of the environment or the profile."""
    import boto3

    region = os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise LocalError("no AWS region", "No AWS region is set. Set AWS_REGION, or a profile.")
    return region
