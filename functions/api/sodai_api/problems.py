"""Errors as problem details (RFC 9457): one shape, words for people, nothing of the inside."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sodai.domain.errors import (
    ArtifactDamaged,
    ModelMissing,
    NothingPublished,
    SodaiError,
    TransientError,
    UnknownId,
)
from starlette.exceptions import HTTPException

from sodai_api.csv_pairs import UnreadableCsv
from sodai_api.models.fields import about
from sodai_api.traffic import correlation_id, logger

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[type[SodaiError], int]] = {
    UnknownId: 404,
    UnreadableCsv: 422,
    NothingPublished: 503,
    ModelMissing: 503,
    ArtifactDamaged: 503,
    TransientError: 503,
}
TITLES: Final = {
    404: "Not found",
    405: "Method not allowed",
    409: "Out of date",
    413: "Too large",
    415: "Not this kind of content",
    422: "Not understood",
    429: "Too many requests",
    500: "Something broke",
    503: "Not available",
}
RETRY_AFTER_SECONDS: Final = "5"
NO_JSON: Final = "The body is not JSON; send a JSON object with content-type application/json."
FAULTS_TOLD: Final = 5
JSON: Final = re.compile(r"application/(\w[\w.-]*\+)?json\b", re.IGNORECASE)
_EXAMPLES: Final = {
    404: ("unknown-id", "There is no customer 7. GET /customers lists the known ones."),
    409: ("out-of-date", "The cursor is none of this forecast's. Begin again without it."),
    413: ("too-large", "The request is larger than 1 MB. Send it in parts."),
    415: ("unsupported-media-type", "Send JSON, with content-type application/json."),
    422: ("invalid-request", "customer_id: should be a valid integer."),
    429: ("too-many-requests", "Too many requests within a moment. Wait a second and ask again."),
    503: ("nothing-published", "No forecast has been published yet."),
}


class Problem(BaseModel):
    """What went wrong, in words (RFC 9457)."""

    type: Annotated[str, about("What kind of problem it is", "urn:sodai:problem:unknown-id")]
    title: Annotated[str, about("The kind in words", "Not found")]
    status: Annotated[int, about("HTTP status", 404, unit="HTTP status code")]
    detail: Annotated[str, about("What is wrong and what to do", "There is no customer 7.")]
    correlation_id: Annotated[str, about("Finds the request in the logs", "0b5c1c0e9f4d4b0e")]


EXAMPLES: Final = {
    status: {
        "type": f"urn:sodai:problem:{kind}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "correlation_id": "0b5c1c0e9f4d4b0e",
    }
    for status, (kind, detail) in _EXAMPLES.items()
}


def problem(request: Request, status: int, kind: str, detail: str) -> JSONResponse:
    """Return the answer for a problem."""
    body = Problem(
        type=f"urn:sodai:problem:{kind}",
        title=TITLES.get(status, "Refused"),
        status=status,
        detail=detail,
        correlation_id=correlation_id(request.scope),
    )
    headers = {"cache-control": "no-store"}
    if status == 503:
        headers["retry-after"] = RETRY_AFTER_SECONDS
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of a route's problems."""
    return {status: {"model": Problem, "description": TITLES[status]} for status in statuses}


OF_THE_GATEWAY: Final = responses(429)  # it refuses before the application is asked


def handle_problems(app: FastAPI) -> None:
    """Let every error leave as a problem."""
    app.add_exception_handler(SodaiError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)


async def _known(request: Request, error: Exception) -> Response:
    known = cast(SodaiError, error)
    status = next((STATUS[kind] for kind in type(known).__mro__ if kind in STATUS), 500)
    log = logger.info if status < 500 else logger.warning
    log(str(known), error=type(known).__name__, correlation_id=correlation_id(request.scope))
    name = next((kind.__name__ for kind in type(known).__mro__ if kind in STATUS), "Internal")
    return problem(request, status, _dashed(name), known.user_message)


async def _invalid(request: Request, error: Exception) -> Response:
    faults = cast(RequestValidationError, error).errors()
    is_json = JSON.match(request.headers.get("content-type", ""))
    if faults[0]["loc"] == ("body",) and faults[0]["input"] is not None and not is_json:
        words = "Send JSON, with content-type application/json."
        return problem(request, 415, "unsupported-media-type", words)
    told = [_in_words(fault) for fault in faults[:FAULTS_TOLD]]
    if len(faults) > FAULTS_TOLD:
        told.append(f"And {len(faults) - FAULTS_TOLD} more.")
    return problem(request, 422, "invalid-request", " ".join(told))


async def _refused(request: Request, error: Exception) -> Response:
    refused = cast(HTTPException, error)
    if refused.status_code == 400:  # the framework's word for bytes that are no text
        return problem(request, 422, "invalid-request", NO_JSON)
    allowed = (refused.headers or {}).get("Allow", "")
    details = {
        404: f"There is nothing at {request.scope['path']}. The documentation is at /api/docs.",
        405: f"{request.method} is not possible here; possible: {allowed}.",
        413: "The request is larger than 1 MB. Send it in parts.",
    }
    kinds = {415: "unsupported-media-type"}
    titled = TITLES.get(refused.status_code, "refused").lower().replace(" ", "-")
    kind = kinds.get(refused.status_code, titled)
    detail = details.get(refused.status_code, str(refused.detail))
    answer = problem(request, refused.status_code, kind, detail)
    answer.headers.update(refused.headers or {})
    return answer


def _in_words(fault: Mapping[str, Any]) -> str:
    place = [str(part) for part in fault["loc"] if part not in {"body", "query", "path"}]
    if fault["type"] == "json_invalid":
        return NO_JSON
    if not place:
        return "The body must be a JSON object, with content-type application/json."
    message = fault["msg"].removeprefix("Input ").removeprefix("Value error, ")
    if fault["type"] == "missing":
        message = "is missing"
    elif fault["type"] == "extra_forbidden":
        message = "is not a field of this request"
    return f"{'.'.join(place)}: {message[0].lower()}{message[1:]}."


def _dashed(name: str) -> str:
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("-")
