"""The API as Lambda calls it, over a bucket played by moto."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from fastapi import FastAPI
from mangum import Mangum
from moto import mock_aws
from sodai.domain.sharding import serving_shard
from sodai.store.artifacts import Artifacts
from sodai_api.application import TEXT, create_app
from sodai_api.reading import Reading
from sodai_api.settings import Settings

from tests.unit.serving import small_forecast as small

BUCKET = "artifacts"
SETTINGS = Settings(artifacts_bucket=BUCKET)
STRANGERS = (77, 2**63 - 1)
SHOPS = (small.CORNER, small.CANTEEN, small.NEWCOMER, *STRANGERS)
ASKED = (
    "catalogue.json.gz",
    "rates.json.gz",
    "positives.csv",
    *(f"{serving_shard(shop)}.json.gz" for shop in SHOPS),
)


@dataclass(frozen=True)
class Reply:
    """What API Gateway would send on."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def rest_event(
    method: str, path: str, body: Any, headers: Mapping[str, str], query: Mapping[str, str]
) -> dict[str, Any]:
    """A proxy event of a REST API."""
    raw = body if body is None or isinstance(body, str) else json.dumps(body)
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "api.example", "Content-Type": "application/json", **headers},
        "multiValueHeaders": None,
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
        "requestContext": {"identity": {"sourceIp": "127.0.0.1"}, "stage": "live"},
        "body": raw,
        "isBase64Encoded": False,
    }


class Api:
    """Calls the function with events of API Gateway."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler
        self._context = SimpleNamespace(aws_request_id="lambda-request-1")

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> Reply:
        event = rest_event(method, path, body, headers or {}, query)
        return self._reply(event)

    def _reply(self, event: dict[str, Any]) -> Reply:
        answer = self._handler(event, self._context)
        assert not answer["isBase64Encoded"], "the gateway would not decode this"
        return Reply(answer["statusCode"], answer["headers"], answer["body"])

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: str) -> Reply:
        return self("GET", path, None, headers, **query)

    def post_bytes(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send what the gateway takes for binary, as it does: in base64."""
        event = rest_event("POST", path, b64encode(body).decode(), headers, {})
        return self._reply({**event, "isBase64Encoded": True})

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        return self("POST", path, body, headers)


class Bucket:
    """The artifacts, and what publishing does to them."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def put_json(self, key: str, value: Any) -> None:
        self.put(key, json.dumps(value).encode())

    def write(self, week: str, run: str, shift: float = 0.0) -> None:
        """Write the part of a forecast that the tests ask for, without publishing it."""
        for key, body in small.objects(week, run, shift=shift).items():
            if key.endswith(ASKED):
                self.put(key, body)

    def point_to(self, week: str, run: str) -> None:
        self.put_json("predictions/latest.json", small.pointer(week, run))

    def publish(self, week: str = "2025-01-06", run: str = "r1", shift: float = 0.0) -> None:
        self.write(week, run, shift)
        self.point_to(week, run)


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def cloud() -> Iterator[Bucket]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield Bucket()


@pytest.fixture
def bucket(cloud: Bucket) -> Bucket:
    """The same bucket for all tests of a module, emptied for each."""
    for item in cloud.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        cloud.s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    return cloud


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reading(bucket: Bucket, clock: Clock) -> Reading:
    return Reading(SETTINGS, clock, lambda name: Artifacts(name, bucket.s3))


@pytest.fixture(scope="session")
def app() -> FastAPI:
    return create_app(SETTINGS)


@pytest.fixture
def api(app: FastAPI, reading: Reading, lambda_loop: None) -> Api:
    app.state.reading = reading
    return Api(Mangum(app, lifespan="off", text_mime_types=TEXT))


@pytest.fixture
def published(bucket: Bucket) -> Bucket:
    bucket.publish()
    return bucket
