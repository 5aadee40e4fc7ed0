"""The guard in front of the embedded cloud, and the front door before both."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sodai_local.embedded import EmbeddedCloud
from sodai_local.site import upload

TOY = Path(__file__).parents[1] / "conformance" / "toy" / "template.yaml"
PAGE = "<!doctype html><title>SodAI</title>" + "<p>pedido</p>" * 200


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCloud]:
    with EmbeddedCloud.start(tmp_path_factory.mktemp("cloud"), stack="toy") as embedded:
        embedded.deploy(TOY)
        yield embedded


@pytest.fixture(scope="module")
def door(embedded: EmbeddedCloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    site = tmp_path_factory.mktemp("site")
    (site / "runs").mkdir()
    (site / "index.html").write_text(PAGE)
    (site / "runs" / "index.html").write_text("<title>runs</title>")
    (site / "main-0123456789.js").write_text("export const a = 1;")
    cloud = embedded.connect()
    s3, bucket = cloud.client("s3"), cloud.outputs["SiteBucket"]
    assert upload(s3, bucket, site) == 3
    assert upload(s3, bucket, site) == 0
    (site / "index.html").write_text(PAGE + "<p>nuevo</p>")
    assert upload(s3, bucket, site) == 1
    return embedded.front_door()


@pytest.fixture(scope="module")
def visitor(door: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=door, trust_env=False, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
@pytest.mark.parametrize("path", ["/", "/toy-artifacts-000000000000/own/x", "/_ministack/reset"])
def test_page_of_another_site_cannot_drive_the_cloud(
    embedded: EmbeddedCloud, headers: dict[str, str], path: str
):
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = httpx.request(method, embedded.endpoint + path, headers=headers, trust_env=False)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_program_on_this_machine_may_ask(embedded: EmbeddedCloud):
    answer = httpx.get(f"{embedded.endpoint}/_ministack/health", trust_env=False)
    assert answer.status_code == 200


def test_cloud_and_door_listen_on_the_loopback_interface_only(embedded: EmbeddedCloud, door: str):
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    addresses = {line.split()[1] for line in listening if line.split()[3] == "0A"}
    for url in (embedded.endpoint, door):
        port = f"{httpx.URL(url).port:04X}"
        assert {a for a in addresses if a.endswith(f":{port}")} == {f"0100007F:{port}"}
    wide_ipv6 = Path("/proc/net/tcp6").read_text()
    assert f":{httpx.URL(embedded.endpoint).port:04X} " not in wide_ipv6


def test_site_has_its_headers(visitor: httpx.Client):
    answer = visitor.get("/")
    assert answer.status_code == 200
    assert "nuevo" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-encoding"] == "gzip"
    script = visitor.get("/main-0123456789.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public,max-age=31536000,immutable"


def test_unchanged_page_is_not_sent_again(visitor: httpx.Client):
    tag = visitor.get("/").headers["etag"]
    again = visitor.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag


def test_page_is_packed_only_for_those_who_unpack(visitor: httpx.Client):
    plain = visitor.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with visitor.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as packed:
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content


def test_head_tells_the_same_without_the_body(visitor: httpx.Client):
    page, head = visitor.get("/"), visitor.head("/")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == page.headers["content-length"]


@pytest.mark.parametrize("path", ["/runs", "/runs/", "/runs/2024-12-30T06"])
def test_console_answers_at_every_run(visitor: httpx.Client, path: str):
    assert "<title>runs</title>" in visitor.get(path).text


def test_unknown_page_is_404(visitor: httpx.Client):
    assert visitor.get("/nothing.js").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("TRACE", "/", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("TRACE", "/api/echo", "GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE"),
    ],
)
def test_other_methods_are_405(visitor: httpx.Client, method: str, path: str, allowed: str):
    answer = visitor.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_api_is_the_deployed_function_without_the_prefix(visitor: httpx.Client):
    answer = visitor.post("/api/echo?q=1&q=%C3%A9", json={"customer_id": 1})
    assert answer.status_code == 200
    told = answer.json()
    assert told["path"] == "/echo"
    assert told["query"] == {"q": ["1", "é"]}
    assert told["body"] == '{"customer_id":1}'
    assert visitor.get("/api").status_code == 200
    wrong = visitor.put("/api/echo")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")


def test_api_decides_on_other_origins_itself(visitor: httpx.Client):
    asked = {"Origin": "http://site.example", "Access-Control-Request-Method": "POST"}
    answer = visitor.options("/api/echo", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "http://site.example"


def test_rebound_name_and_climbing_path_are_refused(visitor: httpx.Client, door: str):
    assert visitor.get("/", headers={"Host": "evil.example"}).status_code == 403
    for path in ("/%2e%2e/toy-artifacts-000000000000/own/x", "/a/..%2f..%2ftoy-artifacts"):
        assert visitor.get(path).status_code == 400


def test_body_over_the_limit_is_413(visitor: httpx.Client):
    answer = visitor.post("/api/echo", content=b"x" * (10 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    told = answer.json()
    assert "10 MB" in told["detail"]
    assert told["correlation_id"] == answer.headers["x-correlation-id"]


def test_what_is_missing_is_told_in_plain_words(tmp_path: Path):
    embedded = EmbeddedCloud.start(tmp_path / "empty", stack="toy")
    with embedded as empty, httpx.Client(base_url=empty.front_door(), trust_env=False) as visitor:
        answer = visitor.get("/")
        assert (answer.status_code, "sodai deploy" in answer.text) == (503, True)
        answer = visitor.get("/api/health")
        assert (answer.status_code, "sodai deploy" in answer.json()["detail"]) == (503, True)
        empty.deploy(TOY)
        assert _eventually(visitor, "/", "The site is not there yet")
        assert visitor.get("/api/").status_code == 200
        empty.kill()
        assert _eventually(visitor, "/api/", "sodai up")
        empty.up()
        assert visitor.get("/api/").status_code in {200, 503}
        assert _eventually(visitor, "/api/", '"path": "/"')


def _eventually(visitor: httpx.Client, path: str, words: str) -> bool:
    """The door looks behind itself twice a second."""
    from sodai_local.part import wait_until

    return wait_until(lambda: words in visitor.get(path).text, 5)
