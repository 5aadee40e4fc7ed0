"""REST API with explicit methods: the application itself answers 404, 405 and preflights."""

import httpx
import pytest


def test_path_query_and_headers_arrive(api: httpx.Client):
    answer = api.get("items/a%20b", params={"q": ["1", "é"]})
    assert answer.status_code == 200
    assert answer.json()["path"] == "/items/a b"
    assert answer.json()["query"] == {"q": ["1", "é"]}
    assert answer.headers["etag"] == '"v1"'


def test_json_body_arrives(api: httpx.Client):
    assert api.post("echo", json={"customer_id": 1}).json()["body"] == '{"customer_id":1}'


def test_root_is_answered(api: httpx.Client):
    assert api.get("").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_path_is_the_applications_404(api: httpx.Client, method: str):
    answer = api.request(method, "nowhere/at/all")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "unknown"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_wrong_method_is_the_applications_405(api: httpx.Client, method: str):
    answer = api.request(method, "echo")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_preflight_is_answered_by_the_application(api: httpx.Client):
    asked = {"Origin": "http://site.example", "Access-Control-Request-Method": "POST"}
    answer = api.options("echo", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://site.example"


def test_head_has_no_body(api: httpx.Client):
    answer = api.head("echo")
    assert answer.status_code == 200
    assert not answer.content


def test_crash_is_a_server_error(api: httpx.Client):
    assert api.get("crash").status_code in {500, 502}
