"""Query parameters of the lists."""

from typing import Annotated, Final

from fastapi import Query as Parameter

MOST_ITEMS: Final = 5_000

Query = Annotated[
    str,
    Parameter(
        description="Words that must all occur; accents and capitals do not matter",
        examples=["minimarket"],
        max_length=100,
    ),
]
Limit = Annotated[
    int,
    Parameter(description="How many entries at most", examples=[100], ge=1, le=MOST_ITEMS),
]
