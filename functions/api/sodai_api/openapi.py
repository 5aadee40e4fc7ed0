"""The description of the API for machines, and what the documentation page shows."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from sodai_api.models.fields import LARGEST_ID, SMALLEST_ID
from sodai_api.problems import EXAMPLES, MEDIA_TYPE
from sodai_api.traffic import FRONT_DOOR

DESCRIPTION: Final = """
Which products will each shop order in the coming week, and how sure are we?

Every answer comes from the **published forecast**: made once a week for every known shop, and
replaced as a whole, so one answer never mixes two weeks. Probabilities are calibrated: of the
pairs with 0.8, eight in ten are ordered.

Errors have one shape (RFC 9457). An unknown id is 404, a body that is not understood 422, and
503 says what is missing. The header `x-correlation-id` (8 to 64 letters, digits or . : - _) finds
a request in the logs; the answer carries it back.
"""

TAGS: Final = [
    {"name": "Forecast", "description": "What each shop will order"},
    {"name": "Shops and products", "description": "The tables the forecast was made from"},
    {"name": "Questions", "description": "The tables and the forecast, asked in plain words"},
    {"name": "Monitoring", "description": "Drift, performance and the models"},
    {"name": "Operation", "description": "Health and the runs of the week"},
]


class DescribedApi(FastAPI):
    """An application that describes its problems under their own media type."""

    def openapi(self) -> dict[str, Any]:
        """Return the description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _described(self)
        return self.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION.strip(),
        routes=app.routes,
        tags=TAGS,
        servers=[{"url": FRONT_DOOR, "description": "Behind the front door"}],
    )
    for operations in schema["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    content = answer["content"]["application/json"]
                    answer["content"] = {MEDIA_TYPE: {**content, "example": EXAMPLES[int(status)]}}
    exact: dict[str, Any] = _exact(schema)
    return exact


def _exact(value: Any) -> Any:
    """Return the description with the limits of ids as integers: a double misses them by one."""
    if isinstance(value, dict):
        return {key: _exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    return (
        {float(LARGEST_ID): LARGEST_ID, float(SMALLEST_ID): SMALLEST_ID}.get(value, value)
        if isinstance(value, float)
        else value
    )
