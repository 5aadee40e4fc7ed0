"""HEAD for every GET, and caches that ask again: ETag, Cache-Control, 304."""

from hashlib import blake2b
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REVALIDATE: Final = "max-age=0, must-revalidate"
NO_STORE: Final = "no-store"


class Revalidation:
    """Gives a GET's answer an ETag made of the published run and what was answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET or HEAD from the routes of GET; leave the rest alone."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        state = scope.setdefault("state", {})
        await self._app({**scope, "method": "GET"}, receive, keep)
        body = b"".join(parts)
        headers = MutableHeaders(raw=start["headers"])
        headers.setdefault("cache-control", REVALIDATE if start["status"] == 200 else NO_STORE)
        if start["status"] == 200 and headers["cache-control"] != NO_STORE:
            tag = etag(state.get("run"), body)
            headers["etag"] = tag
            if matches(Headers(scope=scope).get("if-none-match", ""), tag):
                start["status"], body = 304, b""
                del headers["content-length"], headers["content-type"]
        start["headers"] = headers.raw
        await send(start)
        body = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": body})


def etag(run: str | None, body: bytes) -> str:
    """Return the tag of an answer: the run it was published by, where it has one, and a digest."""
    digest = blake2b(body, digest_size=8).hexdigest()
    return f'"{run}.{digest}"' if run else f'"{digest}"'


def matches(wanted: str, tag: str) -> bool:
    """Tell whether an ``If-None-Match`` names the tag; proxies may have marked it weak."""
    known = {one.strip().removeprefix("W/") for one in wanted.split(",")}
    return tag in known or "*" in known
