"""A bucket played by moto, and the settings of the functions that work on it."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto import mock_aws
from sodai.store.artifacts import Artifacts

BUCKET = "sodai-artifacts-test"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Artifacts]:
    """The bucket of artifacts, empty."""
    with empty_bucket(monkeypatch) as bucket:
        yield bucket


@contextmanager
def empty_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Artifacts]:
    """A bucket that the handlers work on while the context lasts."""
    from sodai import step

    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "ARTIFACTS_BUCKET": BUCKET,
        "THREADS": "1",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        step.settings.cache_clear()
        step.artifacts.cache_clear()
        yield Artifacts(BUCKET, client)
        step.settings.cache_clear()
        step.artifacts.cache_clear()
