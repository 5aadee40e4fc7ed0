"""Whether the API can answer."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sodai.domain.errors import NothingPublished, SodaiError
from sodai.serving import Forecast

from sodai_api.models.fields import timestamp
from sodai_api.models.operations import Health
from sodai_api.reading import Reading, Reads

router = APIRouter(tags=["Operation"])


@router.get("/health", summary="Is it well?")
def health(reads: Reads, response: Response) -> Health:
    """Always 200; says what is missing, if anything is."""
    response.headers["cache-control"] = "no-store"
    forecast, status, message = _look(reads)
    pointer: dict[str, Any] = dict(forecast.pointer) if forecast else {}
    return Health(
        status=status,
        model_loaded=forecast is not None,
        data_available=status == "ok",
        timestamp=timestamp(),
        model_version=pointer.get("model_version"),
        target_week=pointer.get("week"),
        published_at=pointer.get("published_at"),
        message=message,
    )


@router.get("/", include_in_schema=False)
async def root(request: Request) -> RedirectResponse:
    """Lead a person who opens the API's root to its documentation."""
    return RedirectResponse(f"{request.scope['root_path']}/docs")


def _look(reads: Reading) -> tuple[Forecast | None, str, str | None]:
    forecast = None
    try:
        forecast = reads.forecast()
        _ = forecast.catalogue
    except NothingPublished as error:
        return None, "waiting", error.user_message
    except SodaiError as error:
        return forecast, "degraded", error.user_message
    return forecast, "ok", None
