import gzip
import json

import pytest
from sodai_local.answers import Answer, PackedFiles, Request, as_problem, failure, packed, plain
from sodai_local.cloud import LogLine, cut_out
from sodai_local.front_door import site_key, stage_path


def request(encoding: str = "gzip, br") -> Request:
    return Request("GET", "/", "", {"accept-encoding": encoding})


def test_long_text_is_packed_and_short_or_packed_ones_are_not():
    kind = ("content-type", "application/json")
    long = Answer(200, (kind,), b"x" * 5000)
    assert gzip.decompress(packed(long, request()).body) == long.body
    assert ("content-encoding", "gzip") in packed(long, request()).headers
    assert packed(long, request("identity")) == long
    for other in (
        Answer(200, (kind,), b"short"),
        Answer(200, (kind, ("content-encoding", "br")), b"x" * 5000),
        Answer(200, (("content-type", "image/png"),), b"x" * 5000),
    ):
        assert packed(other, request()) == other


def test_file_is_packed_once_and_the_oldest_goes_first():
    files = PackedFiles(limit=60)
    first = files.get("a", "1", b"a" * 1000)
    assert files.get("a", "1", b"") is first
    files.get("b", "1", b"b" * 1000)
    files.get("c", "1", b"c" * 1000)
    assert gzip.decompress(files.get("a", "1", b"a" * 1000)) == b"a" * 1000
    assert files.get("a", "1", b"a" * 1000) is not first


def test_failure_speaks_the_language_of_who_asks():
    told = failure(503, "Not yet.", as_json=True)
    assert json.loads(told.body) == {
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Not yet.",
    }
    assert failure(503, "Not yet.", as_json=False).body == b"Not yet.\n"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (failure(503, "Not yet.", as_json=True), "service-unavailable", "Not yet."),
        (plain(405, "Method not allowed."), "method-not-allowed", "Method not allowed."),
        (
            Answer(429, (("content-type", "application/json"),), b'{"message":"Limit Exceeded"}'),
            "too-many-requests",
            "Wait a second",
        ),
        (Answer(401, (), b'{"message":"Unauthorized"}'), "unauthorized", "Sign in"),
        (Answer(502, (("content-type", "text/html"),), b"<pre>/opt/x.py"), "bad-gateway", "log"),
    ],
)
def test_a_refusal_of_door_or_gateway_gets_the_apis_shape(answer: Answer, kind: str, words: str):
    shaped = as_problem(answer, "order-7f3a")
    headers, problem = dict(shaped.headers), json.loads(shaped.body)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-correlation-id"] == problem["correlation_id"] == "order-7f3a"
    assert (problem["status"], problem["type"]) == (answer.status, f"urn:sodai:problem:{kind}")
    assert words in problem["detail"]
    assert b"/opt" not in shaped.body
    assert ("retry-after" in headers) is (answer.status == 429)


def test_what_the_api_says_itself_is_passed_on():
    head = (("content-type", "application/problem+json"), ("x-correlation-id", "order-7f3a"))
    packed_one = Answer(422, (*head, ("content-encoding", "gzip")), gzip.compress(b"{}"))
    for answer in (packed_one, Answer(404, head, b""), Answer(200, (), b"{}")):
        assert as_problem(answer, "other-id") is answer


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/", "index.html"),
        ("/runs", "runs/index.html"),
        ("/runs/2024-12-30T06", "runs/index.html"),
        ("/runs/console.js", "runs/console.js"),
        ("/assets/a%20b.js", "assets/a%20b.js"),
    ],
)
def test_address_leads_to_its_file(path: str, key: str):
    assert site_key(path) == key


def test_stage_is_read_from_the_apis_address():
    url = "https://abc.execute-api.us-east-1.amazonaws.com/live"
    assert stage_path("abc", url) == "/_aws/execute-api/abc/live"


def test_lines_of_one_call_are_cut_out_of_a_shared_stream():
    messages = ["START RequestId: a", "1", "REPORT RequestId: a", "START RequestId: b", "2"]
    lines = [LogLine(number, message) for number, message in enumerate(messages)]
    assert [line.message for line in cut_out("a", lines)] == messages[:3]
    assert [line.message for line in cut_out("b", lines)] == messages[3:]
