"""Every request gets a correlation id, one line in the log, and an answer, whatever happens."""

import json
import re
import time
from typing import Any, Final
from uuid import uuid4

from aws_lambda_powertools import Logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FRONT_DOOR: Final = "/api"  # where browsers find the API; paths arrive with or without it
CORRELATION_HEADER: Final = "x-correlation-id"
WELL_FORMED: Final = re.compile(r"[\w.:-]{8,64}", re.ASCII)

logger = Logger(service="sodai-api")


def correlation_id(scope: Scope) -> str:
    """Return the id that finds this request in the logs."""
    found: str = scope["state"]["correlation_id"]
    return found


class Traffic:
    """Outermost layer of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["root_path"] = FRONT_DOOR
        given = Headers(scope=scope).get(CORRELATION_HEADER, "")
        correlation = given if WELL_FORMED.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["correlation_id"] = correlation
        began, status = time.perf_counter(), 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[CORRELATION_HEADER] = correlation
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:
            logger.exception("unexpected error", correlation_id=correlation)
            if status == 0:
                await _send_broken(send_marked, correlation)
        milliseconds = round((time.perf_counter() - began) * 1000, 2)
        told: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "milliseconds": milliseconds,
            "correlation_id": correlation,
        }
        if context := scope.get("aws.context"):
            told["function_request_id"] = context.aws_request_id
        logger.info("answered", **told)


async def _send_broken(send: Send, correlation: str) -> None:
    body = {
        "type": "urn:sodai:problem:internal",
        "title": "Something broke",
        "status": 500,
        "detail": "The request could not be answered because of an error on our side; "
        "the log tells more under this correlation id.",
        "correlation_id": correlation,
    }
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
