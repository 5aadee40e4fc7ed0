"""What a synthetic distributor is made from, and where its chance comes from."""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from data.errors import BadRecipe

Floats = NDArray[np.float64]
Narrow = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIRST_MONDAY = date(2024, 12, 30)
SMALLEST = (10, 50, 1)  # customers, products, weeks below which no habit can be told from chance


class Stream(IntEnum):
    """Independent sources of chance. A number is never reused: old weeks would change."""

    SHOPS = 1
    CATALOGUE = 2
    TASTES = 3
    SEASON = 4
    ASSORTMENT = 5
    SHOP_LIFE = 6
    ORDERS = 7
    BASKETS = 8
    ITEMS = 9
    CLERKS = 10
    DRIFT = 11
    UNITS = 12


@dataclass(frozen=True, slots=True)
class Recipe:
    """Size, seed and calendar of a distributor; equal recipes give equal tables.

    ``weeks`` is only the length of the first delivery: week ``n`` depends on the other fields
    alone, so a following week continues any longer or shorter history of the same distributor.
    """

    customers: int = 600
    products: int = 800
    weeks: int = 52
    seed: int = 7
    first_monday: date = FIRST_MONDAY

    def __post_init__(self) -> None:
        sizes = (self.customers, self.products, self.weeks)
        if any(size < least for size, least in zip(sizes, SMALLEST, strict=True)):
            raise BadRecipe(
                f"A distributor needs at least {SMALLEST[0]} customers, {SMALLEST[1]} products "
                f"and {SMALLEST[2]} week; asked for were {sizes[0]}, {sizes[1]} and {sizes[2]}."
            )
        if self.seed < 0:
            raise BadRecipe(f"The seed must not be negative; it is {self.seed}.")
        if self.first_monday.weekday():
            raise BadRecipe(f"The first day must be a Monday; {self.first_monday} is not.")

    def chance(self, stream: Stream, week: int = 0) -> np.random.Generator:
        """Return the generator of one stream in one week, the same whatever ran before."""
        return np.random.default_rng([self.seed, int(stream), week])

    def monday(self, week: int) -> date:
        """Return the Monday of week ``week``, counted from 0."""
        return self.first_monday + timedelta(weeks=week)

    def week_of(self, day: date) -> int:
        """Return the number of the week that holds ``day``, counted from 0."""
        return (day - self.first_monday).days // 7

    def to_json(self) -> str:
        """Return the recipe as the text kept in the metadata of each file."""
        return json.dumps(asdict(self), default=str, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what :meth:`to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "first_monday": date.fromisoformat(fields["first_monday"])})
