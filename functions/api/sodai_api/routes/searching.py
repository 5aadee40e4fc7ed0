"""Query parameters of the lists, and their pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Final, TypeVar

from fastapi import HTTPException
from fastapi import Query as Parameter

from sodai_api.models.fields import WEEK_PATTERN

MOST_ITEMS: Final = 5_000

Query = Annotated[
    str,
    Parameter(
        description="Words that must all occur; accents and capitals do not matter",
        examples=["minimarket"],
        max_length=100,
    ),
]
CustomerType = Annotated[
    str, Parameter(description="Kind of shop", examples=["MINIMARKET"], max_length=100)
]
Place = Annotated[
    int | None, Parameter(description="Geographic cell of the shop", examples=[17], ge=0)
]
Limit = Annotated[
    int,
    Parameter(description="How many entries at most", examples=[100], ge=1, le=MOST_ITEMS),
]
Cursor = Annotated[
    str,
    Parameter(
        description="`next_cursor` of the page before; without it, the first page",
        examples=["cjE6MTAw"],
        max_length=200,
    ),
]
Week = Annotated[
    str | None,
    Parameter(
        description="Monday of the week whose forecast answers; without it, the newest",
        examples=["2025-01-06"],
        pattern=WEEK_PATTERN,
    ),
]

Item = TypeVar("Item")


def page(
    found: Sequence[Item], limit: int, cursor: str, run: str
) -> tuple[Sequence[Item], str | None]:
    """Return a page of what was found, and the cursor of the next one.

    A cursor belongs to one forecast, so pages never mix two.

    Raises
    ------
    HTTPException
        409, if the cursor is none of this forecast's.
    """
    start = _position(cursor, run) if cursor else 0
    end = start + limit
    after = urlsafe_b64encode(f"{run}:{end}".encode()).decode() if end < len(found) else None
    return found[start:end], after


def _position(cursor: str, run: str) -> int:
    try:
        made_by, _, position = urlsafe_b64decode(cursor.encode()).decode().rpartition(":")
        if made_by == run and position.isascii() and position.isdecimal():
            return int(position)
    except ValueError:
        pass
    raise HTTPException(409, "The cursor is none of this forecast's. Begin again without it.")
