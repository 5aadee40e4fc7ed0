"""What cannot be answered says so, in one shape and in words."""

import json
import logging
from typing import Any

import pytest
from sodai.domain.errors import TransientError
from sodai.domain.sharding import serving_shard
from sodai_api.reading import Reading

from tests.functional.api.conftest import Api, Bucket, Clock, Reply
from tests.unit.serving import small_forecast as small

PAIR = {"customer_id": small.CORNER, "product_id": small.COLA}
ALL_OF_FORECAST = [
    ("POST", "/predict", PAIR),
    ("POST", "/predict/batch", {"customer_product_pairs": [PAIR]}),
    ("POST", "/recommendations", {"customer_id": small.CORNER}),
    ("POST", "/recommendations/new", {"customer_type": "ABARROTES"}),
    ("GET", f"/customers/{small.CORNER}/info", None),
    ("GET", f"/products/{small.COLA}/info", None),
    ("GET", "/customers", None),
    ("GET", "/products", None),
    ("GET", "/calls", None),
    ("GET", "/weeks", None),
    ("GET", "/predictions/positives", None),
    ("GET", f"/customers/{small.CORNER}/history", None),
]


def assert_problem(reply: Reply, status: int, kind: str, *words: str) -> None:
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert {*reply.body} == {"type", "title", "status", "detail", "correlation_id"}
    assert reply.body["type"] == f"urn:sodai:problem:{kind}"
    assert reply.body["status"] == status
    assert reply.body["correlation_id"] == reply.headers["x-correlation-id"]
    for word in words:
        assert word in reply.body["detail"]
    for secret in ("Traceback", ".py", "site-packages", "Error("):
        assert secret not in reply.text


@pytest.mark.parametrize(("method", "path", "body"), ALL_OF_FORECAST)
@pytest.mark.usefixtures("bucket")
def test_before_the_first_publication_every_answer_says_so_and_what_to_do(
    api: Api, method: str, path: str, body: Any
) -> None:
    reply = api(method, path, body)
    assert_problem(reply, 503, "nothing-published", "No forecast", "sodai ingest")
    assert reply.headers["retry-after"] == "5"


@pytest.mark.usefixtures("bucket")
def test_health_before_the_first_publication_is_200_and_says_what_is_missing(api: Api) -> None:
    reply = api.get("/health")
    assert reply.status == 200
    body = reply.body
    assert (body["status"], body["model_loaded"], body["data_available"]) == (
        "waiting",
        False,
        False,
    )
    assert "sodai ingest" in body["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "word"),
    [
        ("POST", "/predict", {**PAIR, "customer_id": 77}, "customer 77"),
        ("POST", "/predict", {**PAIR, "product_id": 78}, "product 78"),
        ("POST", "/predict", {**PAIR, "product_id": -1}, "product -1"),
        ("POST", "/recommendations", {"customer_id": 2**63 - 1}, str(2**63 - 1)),
        ("GET", "/customers/77/info", None, "customer 77"),
        ("GET", "/products/78/info", None, "product 78"),
        ("GET", "/runs/never", None, "run never"),
        ("GET", "/runs/never/logs", None, "run never"),
        ("GET", "/customers/77/history", None, "customer 77"),
        ("POST", "/predict", {**PAIR, "week": "2024-07-01"}, "the week 2024-07-01"),
        ("POST", "/recommendations", {"customer_id": 11, "week": "2024-07-01"}, "2025-01-06"),
    ],
)
@pytest.mark.usefixtures("published")
def test_an_unknown_id_is_404_and_named(
    api: Api, method: str, path: str, body: Any, word: str
) -> None:
    assert_problem(api(method, path, body), 404, "unknown-id", word)


@pytest.mark.parametrize("cursor", ["cjA6MQ==", "ñ", "0", "=" * 200])
@pytest.mark.parametrize("path", ["/calls", "/customers", "/products"])
@pytest.mark.usefixtures("published")
def test_a_cursor_of_no_or_another_forecast_is_409(api: Api, path: str, cursor: str) -> None:
    assert_problem(api.get(path, cursor=cursor), 409, "out-of-date", "Begin again")


@pytest.mark.usefixtures("published")
def test_a_number_that_is_whole_is_taken_as_it_is_meant(api: Api) -> None:
    body = f'{{"customer_id": {small.CORNER}.0, "product_id": {small.COLA}}}'
    assert api.post("/predict", body).body["prediction_score"] == 0.83


TOO_MANY = {"customer_product_pairs": [PAIR] * 1001}


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/predict", {"customer_id": small.CORNER}, "product_id: is missing"),
        ("/predict", {**PAIR, "customer_id": "11"}, "customer_id: should be a valid integer"),
        ("/predict", {**PAIR, "customer_id": 11.5}, "customer_id: should be a valid integer"),
        ("/predict", {**PAIR, "customer_id": True}, "customer_id: should be a valid integer"),
        ("/predict", {**PAIR, "customer_id": None}, "customer_id: should be a valid integer"),
        ("/predict", {**PAIR, "customer_id": 2**63}, "customer_id: should be less than or equal"),
        ("/predict", {**PAIR, "weak": 1}, "weak: is not a field"),
        ("/predict", {**PAIR, "week": "next"}, "week: string should match"),
        ("/predict", [], "must be a JSON object"),
        ("/predict", "{", "not JSON"),
        ("/predict", "", "must be a JSON object"),
        ("/recommendations/new", {}, "customer_type: is missing"),
        ("/recommendations/new", {"customer_type": "x", "deliveries_per_week": False}, "per_week"),
        ("/recommendations/new", {"customer_type": "x", "location_y": "46"}, "location_y"),
        ("/recommendations/new", {"customer_type": "x", "location_x": 181}, "location_x"),
        ("/recommendations", {"customer_id": 11, "top_k": 0}, "top_k: should be greater than"),
        ("/recommendations", {"customer_id": 11, "top_k": 101}, "top_k: should be less than"),
        ("/recommendations", {"customer_id": 11, "top_k": "5"}, "top_k: should be a valid"),
        ("/predict/batch", {"customer_product_pairs": []}, "at least 1 item"),
        ("/predict/batch", TOO_MANY, "at most 1000 items"),
        ("/predict/batch", {"customer_product_pairs": [PAIR, {}]}, "customer_product_pairs.1."),
    ],
)
@pytest.mark.usefixtures("published")
def test_a_wrong_body_is_422_and_the_field_is_named(
    api: Api, path: str, body: Any, word: str
) -> None:
    assert_problem(api.post(path, body), 422, "invalid-request", word)


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("/customers/eleven/info", {}, "customer_id"),
        ("/customers/1e3/info", {}, "customer_id"),
        ("/calls", {"limit": "0"}, "limit"),
        ("/calls", {"week": "2025-1-6"}, "week"),
        ("/customers", {"q": "a" * 101}, "q: string should have at most 100"),
    ],
)
@pytest.mark.usefixtures("published")
def test_a_wrong_address_or_query_is_422_and_named(
    api: Api, path: str, query: dict[str, str], word: str
) -> None:
    assert_problem(api("GET", path, None, None, **query), 422, "invalid-request", word)


@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/recommendations"])
def test_a_body_that_is_not_sent_as_json_is_415_and_told_what_to_send(api: Api, path: str) -> None:
    reply = api.post(path, json.dumps(PAIR), {"Content-Type": "text/plain"})
    assert_problem(reply, 415, "unsupported-media-type", "content-type application/json")


@pytest.mark.usefixtures("published")
def test_of_many_faults_the_first_are_named_and_the_others_counted(api: Api) -> None:
    reply = api.post("/predict/batch", {"customer_product_pairs": [{}] * 1000})
    assert_problem(reply, 422, "invalid-request", "pairs.0.customer_id", "And 1995 more.")


def test_a_body_larger_than_a_megabyte_is_413(api: Api) -> None:
    text = json.dumps({"customer_product_pairs": [PAIR] * 30_000})
    reply = api.post("/predict/batch", text, {"Content-Length": str(len(text))})
    assert_problem(reply, 413, "too-large", "1 MB")


@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/docs/x/y.js", "/customers/1"])
def test_an_unknown_address_is_404(api: Api, path: str) -> None:
    assert_problem(api.get(path), 404, "not-found", path, "/api/docs")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/predict", "POST"), ("PUT", "/calls", "GET"), ("DELETE", "/health", "GET")],
)
def test_another_method_is_405_and_the_possible_ones_are_named(
    api: Api, method: str, path: str, allowed: str
) -> None:
    reply = api(method, path)
    assert_problem(reply, 405, "method-not-allowed", method, allowed)
    assert reply.headers["allow"] == allowed


def test_a_damaged_shard_is_503_in_words_and_the_others_go_on(api: Api, published: Bucket) -> None:
    name = f"{serving_shard(small.CORNER)}.json.gz"
    published.put(f"{small.pointer()['prefix']}serving/{name}", b"\x1f\x8b\x08 broken")
    reply = api.post("/recommendations", {"customer_id": small.CORNER})
    assert_problem(reply, 503, "artifact-damaged", "damaged", "sodai run")
    assert api.post("/recommendations", {"customer_id": small.CANTEEN}).status == 200


def test_health_with_a_damaged_catalogue_is_degraded(api: Api, published: Bucket) -> None:
    published.put(f"{small.pointer()['prefix']}serving/catalogue.json.gz", b"broken")
    body = api.get("/health").body
    assert (body["status"], body["model_loaded"], body["data_available"]) == (
        "degraded",
        True,
        False,
    )
    assert body["target_week"] == "2025-01-06"
    assert "damaged" in body["message"]


@pytest.mark.usefixtures("published")
def test_an_unreachable_bucket_is_503(
    api: Api, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise TransientError("S3 cannot be reached", "The store cannot be reached; try again.")

    monkeypatch.setattr(reading.artifacts, "read_if_changed", unreachable)
    assert_problem(api.get("/calls"), 503, "transient-error", "try again")


@pytest.mark.usefixtures("published")
def test_an_unexpected_error_is_500_without_a_word_of_the_inside(
    api: Api, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret /opt/python/sodai")

    monkeypatch.setattr(reading, "forecast", broken)
    reply = api.get("/calls")
    assert_problem(reply, 500, "internal", "correlation id")
    assert "secret" not in reply.text


class Lines(logging.Handler):
    """Keeps what the API logs."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append({"said": record.getMessage(), **record.__dict__})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("order-7f3a.2", True),
        ("short", False),
        ("x" * 65, False),
        ('a"b\\c12345', False),
        ("with space here", False),
    ],
)
@pytest.mark.usefixtures("published")
def test_a_well_formed_correlation_id_is_kept_and_logged_and_another_replaced(
    api: Api, given: str, kept: bool
) -> None:
    lines = Lines()
    sink = logging.getLogger("sodai-api")
    sink.addHandler(lines)
    try:
        reply = api.get("/customers/77/info", {"X-Correlation-Id": given})
    finally:
        sink.removeHandler(lines)
    answered = reply.headers["x-correlation-id"]
    assert (answered == given) is kept
    assert len(answered) >= 8
    assert {line["correlation_id"] for line in lines.records} == {answered}
    assert lines.records[-1]["said"] == "answered"
    assert lines.records[-1]["function_request_id"] == "lambda-request-1"


def test_a_moment_after_a_published_week_trouble_leaves_the_answers(
    api: Api, published: Bucket, reading: Reading, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.get("/calls").status == 200

    def unreachable(*_: object) -> None:
        raise TransientError("S3 cannot be reached")

    monkeypatch.setattr(reading.artifacts, "read_if_changed", unreachable)
    clock.now += 5
    assert api.get("/calls").status == 200
