"""One address for everything: the site at ``/``, the API under ``/api/``, the console at ``/runs``.

It stands where CloudFront stands on AWS, with the same paths and headers.
"""

import time
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

import httpx
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sodai_local.answers import (
    CONTENT_POLICY,
    CORRELATION_HEADER,
    SECURITY,
    TEXT,
    WELL_FORMED,
    Answer,
    PackedFiles,
    Request,
    as_problem,
    failure,
    packed,
    plain,
    read_body,
    send_answer,
    unavailable,
)
from sodai_local.environment import ACCESS_KEY, REGION
from sodai_local.guard import Receive, Scope, Send, headers_of, is_own_host

API_METHODS: Final = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
SITE_METHODS: Final = ("GET", "HEAD")
LIMITS: Final = httpx.Limits(max_connections=64, max_keepalive_connections=32)
TIMEOUT: Final = httpx.Timeout(29.0, pool=60.0)  # API Gateway's own limit
HOP_HEADERS: Final = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "trailer", "host"}
    | {"proxy-authorization", "proxy-connection", "content-length", "accept-encoding"}
)
SENT_BY_THE_DOOR: Final = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
)


@dataclass(frozen=True)
class Back:
    """What stands behind the door: the embedded cloud and the stack in it."""

    endpoint: str
    api: str | None  # path of the API's stage
    bucket: str | None
    origins: str = ""  # of the provider that the site signs in at


class FindBack(Protocol):
    """Tells what stands behind the door now, or why there is nothing."""

    def __call__(self) -> Back | str:
        """Return what stands behind the door, or plain words."""


class FrontDoor:
    """The ASGI application; `find_back` is asked for each request, so that it stays cheap."""

    def __init__(self, find_back: FindBack) -> None:
        self._find_back = find_back
        self._client: httpx.AsyncClient | None = None
        self._packed = PackedFiles()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            answer = await self._answer(scope, receive)
            await send_answer(send, answer, with_body=scope["method"] != "HEAD")
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()  # lifespan.startup
        async with httpx.AsyncClient(limits=LIMITS, timeout=TIMEOUT, trust_env=False) as client:
            self._client = client
            await send({"type": "lifespan.startup.complete"})
            await receive()  # lifespan.shutdown
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
        headers = headers_of(scope)
        given = headers.get(CORRELATION_HEADER, "")
        headers[CORRELATION_HEADER] = given if WELL_FORMED.fullmatch(given) else uuid4().hex
        request = Request(
            scope["method"],
            raw_path.decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            headers,
        )
        is_api = request.path == "/api" or request.path.startswith("/api/")
        answer = await self._ask(request, receive, is_api)
        return as_problem(answer, request.correlation_id) if is_api else answer

    async def _ask(self, request: Request, receive: Receive, is_api: bool) -> Answer:
        if refused := refusal(request, API_METHODS if is_api else SITE_METHODS):
            return refused
        back = self._find_back()
        if isinstance(back, str):
            return unavailable(back, as_json=is_api)
        try:
            if is_api:
                return await self._api(request, receive, back)
            return await self._site(request, back)
        except httpx.TimeoutException:
            return failure(504, "The API took too long.", as_json=is_api)
        except httpx.TransportError:
            words = "The embedded cloud does not answer. Start it again with: sodai up"
            return unavailable(words, as_json=is_api)

    async def _api(self, request: Request, receive: Receive, back: Back) -> Answer:
        if back.api is None:
            return unavailable("The API is not deployed. Run: sodai deploy", as_json=True)
        body = await read_body(receive)
        if body is None:
            return failure(413, "The request is larger than 10 MB.", as_json=True)
        response = await self._http.request(
            request.method,
            f"{back.endpoint}{back.api}{_without_api(request)}",
            content=body,
            headers=_forwarded(request),
        )
        headers = [
            pair for pair in response.headers.multi_items() if pair[0] not in SENT_BY_THE_DOOR
        ]
        names = {name for name, _ in headers}
        headers += [pair for pair in SECURITY.items() if pair[0] not in names]
        answer = Answer(response.status_code, tuple(headers), response.content)
        return packed(answer, request)

    async def _site(self, request: Request, back: Back) -> Answer:
        if back.bucket is None:
            return unavailable("The site is not deployed. Run: sodai deploy", as_json=False)
        known = {
            name: value
            for name, value in request.headers.items()
            if name in {"if-none-match", "if-modified-since"}
        }
        key = site_key(request.path)
        url = f"{back.endpoint}/{back.bucket}/{key}"
        found = await self._http.get(url, headers=signed(url, known))
        if found.status_code in {403, 404}:
            if key == "index.html":
                words = "The site is not there yet. Run: sodai deploy"
                return unavailable(words, as_json=False)
            return plain(404, "There is nothing at this address.")
        if found.status_code not in {200, 304}:
            return plain(502, f"The site's bucket answered {found.status_code}.")
        return self._file(request, key, found, back.origins)

    def _file(self, request: Request, key: str, found: httpx.Response, origins: str) -> Answer:
        kept = ("content-type", "etag", "last-modified", "cache-control")
        headers = {name: found.headers[name] for name in kept if name in found.headers}
        headers |= {
            **SECURITY,
            "content-security-policy": CONTENT_POLICY.format(origins=origins),
            "vary": "accept-encoding",
        }
        body = found.content
        is_text = headers.get("content-type", "").startswith(TEXT)
        if found.status_code == 200 and request.takes_gzip and is_text:
            headers["content-encoding"] = "gzip"
            body = self._packed.get(key, headers.get("etag", ""), body)
        return Answer(found.status_code, tuple(headers.items()), body)

    @property
    def _http(self) -> httpx.AsyncClient:
        assert self._client is not None, "the lifespan has not begun"
        return self._client


def refusal(request: Request, methods: tuple[str, ...]) -> Answer | None:
    """Return why a request is not even passed on, or None."""
    if not is_own_host(request.headers):
        return plain(403, "This address belongs to this machine alone.")
    if ".." in unquote(request.path).split("/"):
        return plain(400, "This is not an address of ours.")
    if request.method not in methods:
        return plain(405, "Method not allowed.", ("allow", ", ".join(methods)))
    return None


def stage_path(api_id: str, api_url: str) -> str:
    """Return the path under which the embedded cloud serves an API's stage."""
    stage = urlsplit(api_url).path.strip("/")
    return f"/_aws/execute-api/{api_id}/{stage}"


def signed(url: str, headers: dict[str, str]) -> dict[str, str]:
    """Sign a read of the site's bucket, as CloudFront's origin access control does."""
    request = AWSRequest("GET", url, headers=headers)
    S3SigV4Auth(Credentials(ACCESS_KEY, ACCESS_KEY), "s3", REGION).add_auth(request)
    return dict(request.headers)


def site_key(path: str) -> str:
    """Return the key of the file that an address leads to."""
    if path in {"/", "/index.html"}:
        return "index.html"
    if path == "/runs" or (path.startswith("/runs/") and "." not in path.rsplit("/", 1)[-1]):
        return "runs/index.html"
    return path.removeprefix("/")


def _without_api(request: Request) -> str:
    path = request.path.removeprefix("/api") or "/"
    return f"{path}?{request.query}" if request.query else path


def _forwarded(request: Request) -> list[tuple[str, str]]:
    headers = [pair for pair in request.headers.items() if pair[0] not in HOP_HEADERS]
    host = request.headers.get("host", "")
    # The door packs answers itself, so it asks for them unpacked.
    added = {"x-forwarded-host": host, "x-forwarded-proto": "http", "accept-encoding": "identity"}
    return [*headers, *added.items()]


class Remembered:
    """Asks for what is behind the door at most twice a second."""

    def __init__(self, find_back: FindBack, seconds: float = 0.5) -> None:
        self._find_back, self._seconds = find_back, seconds
        self._asked, self._back = -seconds, find_back()

    def __call__(self) -> Back | str:
        """Return what was found lately."""
        if time.monotonic() - self._asked > self._seconds:
            self._back, self._asked = self._find_back(), time.monotonic()
        return self._back
