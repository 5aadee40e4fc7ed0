"""Keep browsers away from what listens on this machine.

Any website may send requests to 127.0.0.1, and the embedded cloud answers everybody. So what a
page in a browser sends is refused before it gets there, and so is a foreign ``Host``, which is a
name rebound to this machine.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
API_PATH: Final = "/_aws/execute-api/"


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the request's headers, names in lower case."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def host_of(headers: dict[str, str]) -> str:
    """Return the ``Host`` without its port, in lower case."""
    host, _, port = headers.get("host", "").lower().rpartition(":")
    return host if host and port.isdigit() else headers.get("host", "").lower()


def is_own_host(headers: dict[str, str]) -> bool:
    """Tell whether the request was addressed to this machine by one of its own names."""
    host = host_of(headers)
    return host in LOOPBACK or host.endswith(".localhost")


def is_sent_by_a_page(headers: dict[str, str]) -> bool:
    """Tell whether a page in a browser made this request (an address typed by hand is none)."""
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def control_plane_guard(application: Application) -> Application:
    """Wrap the embedded cloud: only programs on this machine may drive it.

    The API's own addresses are open to any origin, as on AWS: there CORS decides.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            headers = headers_of(scope)
            is_api = scope["path"].startswith(API_PATH)
            if not is_own_host(headers) or (not is_api and is_sent_by_a_page(headers)):
                await answer(send, 403, "Refused: only programs on this machine may ask.\n")
                return
        await application(scope, receive, send)

    return guarded


async def answer(
    send: Send, status: int, text: str, content_type: str = "text/plain; charset=utf-8"
) -> None:
    """Send a short answer."""
    body = text.encode()
    head = [(b"content-type", content_type.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
