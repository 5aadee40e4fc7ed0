import asyncio

import pytest
from sodai_local.guard import control_plane_guard

OWN = {"host": "127.0.0.1:4566"}
API = "/_aws/execute-api/abc/live/health"


async def behind(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(path: str, headers: dict[str, str], kind: str = "http") -> list[dict]:
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(control_plane_guard(behind)(scope, None, send))
    return sent


@pytest.mark.parametrize(
    "headers",
    [
        OWN,
        {"host": "localhost:4566"},
        {"host": "[::1]:4566"},
        {"host": "abc.cloudfront.localhost"},
        {**OWN, "sec-fetch-site": "none"},
    ],
)
def test_program_on_this_machine_passes(headers):
    assert ask("/", headers)[0]["status"] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.example"},
        {"host": "localhost.evil.example:4566"},
        {"host": "127.0.0.1:80.evil.example"},
        {**OWN, "origin": "https://evil.example"},
        {**OWN, "origin": "http://127.0.0.1:4566"},
        {**OWN, "origin": "null"},
        {**OWN, "sec-fetch-site": "cross-site"},
        {**OWN, "sec-fetch-site": "same-origin"},
    ],
)
def test_page_in_a_browser_and_foreign_host_are_refused(headers):
    assert ask("/", headers)[0]["status"] == 403


def test_api_is_open_to_pages_because_cors_decides_there():
    assert ask(API, {**OWN, "origin": "https://site.example"})[0]["status"] == 200
    assert ask(API, {"host": "evil.example"})[0]["status"] == 403


def test_no_websocket_is_opened():
    assert ask("/", OWN, "websocket") == [{"type": "websocket.close", "code": 1008}]
