"""The FastAPI application, put together."""

import time
from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from sodai_api import documentation
from sodai_api.body_limit import BodyLimit
from sodai_api.openapi import DescribedApi
from sodai_api.problems import OF_THE_GATEWAY, handle_problems
from sodai_api.reading import Reading
from sodai_api.revalidation import Revalidation
from sodai_api.routes import asking, calls, customers, forecasts, health, monitoring, products, runs
from sodai_api.settings import Settings
from sodai_api.traffic import Traffic

# What Lambda returns as text; anything else it returns in base64, which no gateway here decodes.
TEXT: Final = ["text/", "application/json", "application/problem+json"]


def create_app(settings: Settings, reading: Reading | None = None) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    settings : Settings
        What the template sets.
    reading : Reading, optional
        Where answers come from; by default the bucket of the settings.
    """
    app = DescribedApi(
        title="SodAI",
        version="1.0.0",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        responses=OF_THE_GATEWAY,
    )
    app.state.reading = reading or Reading(settings, time.monotonic)
    for subject in (health, calls, forecasts, asking, customers, products, runs, monitoring):
        app.include_router(subject.router)
    app.include_router(documentation.router)
    handle_problems(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Revalidation)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-correlation-id"],
            expose_headers=["x-correlation-id", "etag"],
            max_age=600,
        )
    app.add_middleware(Traffic)
    return app
