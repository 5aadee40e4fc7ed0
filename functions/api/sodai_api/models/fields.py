"""Documented fields that several answers share."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic.fields import FieldInfo

SMALLEST_ID: Final = -(2**63)  # ids are 64-bit integers in the tables
LARGEST_ID: Final = 2**63 - 1
WEEK_PATTERN: Final = r"^\d{4}-\d{2}-\d{2}$"


def about(
    description: str, example: Any = None, *, unit: str | None = None, **limits: Any
) -> FieldInfo:
    """Return the documentation of a field, and its limits.

    A field made of described models needs no example: theirs are shown in its place.
    """
    extra: Any = {"x-unit": unit} if unit else None
    examples = None if example is None else [example]
    field: FieldInfo = Field(
        description=description, examples=examples, json_schema_extra=extra, **limits
    )
    return field


class Request(BaseModel):
    """A body that is sent; a field that it does not know is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """A body that is returned."""


def whole(value: Any) -> Any:
    """Return the integer that a JSON number such as 3.0 is; leave the rest to be judged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE: Final = BeforeValidator(whole)  # behind the limits, else the description lacks them
Number = Annotated[float, Strict()]
Identifier = Annotated[int, Strict(), Field(ge=SMALLEST_ID, le=LARGEST_ID), WHOLE]
CustomerId = Annotated[Identifier, about("Id of the shop, as in the customers table", 1042)]
ProductId = Annotated[Identifier, about("Id of the product, as in the products table", 4017)]
PathId = Annotated[int, Field(ge=SMALLEST_ID, le=LARGEST_ID)]
Week = Annotated[str, about("Week of the forecast, named by its Monday", "2025-01-06", unit="date")]
FirstDay = Annotated[str, about("First day the forecast speaks about", "2025-01-06", unit="date")]
LastDay = Annotated[str, about("Last day the forecast speaks about", "2025-01-12", unit="date")]
Timestamp = Annotated[
    str, about("When the answer was made", "2025-01-06T09:00:00.000+00:00", unit="ISO 8601, UTC")
]
ProbabilityScore = Annotated[
    float,
    about(
        "Calibrated probability that the shop orders the product within the forecast's days",
        0.8312,
        unit="probability, 0 to 1",
    ),
]
ConfidenceWord = Annotated[
    str,
    about("The probability in words: high from 0.7, medium from 0.4, else low", "high"),
]
CustomerType = Annotated[str, about("Kind of shop", "ABARROTES")]
ZoneId = Annotated[int, about("Sales zone of the shop", 5148)]
Brand = Annotated[str, about("Brand", "Brand 3")]
Category = Annotated[str, about("Category", "BEBIDAS CARBONATADAS")]
SubCategory = Annotated[str, about("Sub-category", "GASEOSAS")]
Segment = Annotated[str, about("Price segment", "PREMIUM")]
Package = Annotated[str, about("Kind of package", "BOTELLA")]
Size = Annotated[float | None, about("Content of one package", 1.5, unit="litres")]
Place = Annotated[
    int | None,
    about(
        "Geographic cell of the shop: neighbouring shops share it; null: unknown",
        17,
        unit="number of the cell",
    ),
]
PublishedAt = Annotated[
    str, about("When it was published", "2025-01-06T05:10:00+00:00", unit="ISO 8601, UTC")
]
NextCursor = Annotated[
    str | None,
    about("What to send as `cursor` for the entries that follow; null: there are none", "cjE6MTAw"),
]
AskedWeek = Annotated[
    str | None,
    about(
        "Monday of the week whose forecast answers; null or left out: the newest",
        "2025-01-06",
        unit="date",
        pattern=WEEK_PATTERN,
    ),
]
Total = Annotated[int, about("How many there are, listed or not", 1569, unit="entries")]
ExpectedUnits = Annotated[
    float,
    about("Items the shop is expected to order within the forecast's days", 14.2, unit="items"),
]


def timestamp() -> str:
    """Return the present moment."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
