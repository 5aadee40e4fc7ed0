"""What a visitor asks for and gets at the front door."""

import gzip
import json
import logging
import re
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from sodai_local.guard import Receive, Send

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data: blob:; connect-src 'self' {origins}; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
SECURITY: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}
BODY_BYTES: Final = 10 * 1024 * 1024  # API Gateway takes no more
PACKED_FROM_BYTES: Final = 1000
CACHE_BYTES: Final = 64 * 1024 * 1024
PROBLEM: Final = "application/problem+json"
CORRELATION_HEADER: Final = "x-correlation-id"
WELL_FORMED: Final = re.compile(r"[\w.:-]{8,64}", re.ASCII)  # as the API takes them
GATEWAY_WORDS: Final = {
    401: "Sign in: the request carries no valid token.",
    403: "This token does not open this address.",
    429: "Too many requests within a moment. Wait a second and ask again.",
    502: "The API broke off. The log tells more.",
    504: "The API took too long.",
}
TEXT: Final = ("text/", "application/json", "application/problem+json", "image/svg+xml")


logger = logging.getLogger("sodai.door")


@dataclass(frozen=True)
class Request:
    """What a visitor asked for."""

    method: str
    path: str
    query: str
    headers: dict[str, str]

    @property
    def correlation_id(self) -> str:
        """What finds the request in the logs: the visitor's own id if it is well formed."""
        return self.headers[CORRELATION_HEADER]

    @property
    def takes_gzip(self) -> bool:
        """Whether the visitor unpacks gzip."""
        return "gzip" in self.headers.get("accept-encoding", "")


@dataclass(frozen=True)
class Answer:
    """What the visitor gets."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


class PackedFiles:
    """The site's files as gzip, newest used last, up to a number of bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self._limit, self._size = limit, 0
        self._files: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def get(self, key: str, etag: str, body: bytes) -> bytes:
        """Return a file's content packed; packed once for each ETag."""
        name = (key, etag)
        packed = self._files.pop(name, None)
        if packed is None:
            packed = gzip.compress(body, 6, mtime=0)
            self._size += len(packed)
        self._files[name] = packed
        while self._size > self._limit:
            self._size -= len(self._files.popitem(last=False)[1])
        return packed


def plain(status: int, words: str, *headers: tuple[str, str]) -> Answer:
    """Answer in plain words."""
    head = (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"))
    return Answer(status, (*head, *SECURITY.items(), *headers), f"{words}\n".encode())


def failure(status: int, words: str, *, as_json: bool) -> Answer:
    """Answer a failure the way the API does (RFC 9457), or in plain words."""
    if not as_json:
        return plain(status, words)
    head = (("content-type", PROBLEM), ("cache-control", "no-store"))
    problem = {"title": HTTPStatus(status).phrase, "status": status, "detail": words}
    return Answer(status, (*head, *SECURITY.items()), json.dumps(problem).encode())


def as_problem(answer: Answer, correlation_id: str) -> Answer:
    """Give a refusal that is not the API's own the API's shape, and log it.

    Those of the door lack the correlation id, those of the gateway have a shape of their own.
    """
    headers = dict(answer.headers)
    if answer.status < 400 or CORRELATION_HEADER in headers:  # the API marks all it says
        return answer
    told = json.loads(answer.body) if headers.get("content-type") == PROBLEM else {}
    title = HTTPStatus(answer.status).phrase
    is_plain = headers.get("content-type", "").startswith("text/plain")
    words = GATEWAY_WORDS.get(answer.status, f"{title}.")
    problem = {
        "type": f"urn:sodai:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": answer.status,
        "detail": told.get("detail") or (answer.body.decode().strip() if is_plain else words),
        "correlation_id": correlation_id,
    }
    logger.warning("%s %s: %s", correlation_id, answer.status, problem["detail"])
    known = {"allow", "retry-after", *SECURITY}
    kept = [pair for pair in answer.headers if pair[0] in known]
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS and "retry-after" not in headers:
        kept.append(("retry-after", "1"))
    head = [("content-type", PROBLEM), ("cache-control", "no-store")]
    head.append((CORRELATION_HEADER, correlation_id))
    return Answer(answer.status, (*head, *kept), json.dumps(problem).encode())


def unavailable(words: str, *, as_json: bool) -> Answer:
    """Answer that something is not there yet."""
    answer = failure(503, words, as_json=as_json)
    return Answer(answer.status, (*answer.headers, ("retry-after", "2")), answer.body)


def packed(answer: Answer, request: Request) -> Answer:
    """Return the answer as gzip where that pays and the visitor unpacks it."""
    names = dict(answer.headers)
    is_text = names.get("content-type", "").startswith(TEXT)
    if not (request.takes_gzip and is_text and len(answer.body) >= PACKED_FROM_BYTES):
        return answer
    if "content-encoding" in names:
        return answer
    head = (*answer.headers, ("content-encoding", "gzip"), ("vary", "accept-encoding"))
    return Answer(answer.status, head, gzip.compress(answer.body, 1, mtime=0))


async def read_body(receive: Receive) -> bytes | None:
    """Return the request's body, or None if it is too large."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_BYTES:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


async def send_answer(send: Send, answer: Answer, *, with_body: bool) -> None:
    """Send an answer, or its head alone."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    is_known = with_body or answer.body  # of a HEAD the API tells no length
    if is_known and answer.status not in {204, 304}:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})
