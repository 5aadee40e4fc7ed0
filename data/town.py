"""The shops of a made-up town: kind, place, deliveries, and the habits nobody sees."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from data.recipe import Floats, Ints, Recipe, Stream
from data.season import WEEKDAY_SHARE

FIRST_CUSTOMER_ID: Final = 5_000_000
REGION_ID: Final = 7
ZONE_ID: Final = 701
CENTRE: Final = (-38.0, -21.0)  # X, Y: open sea, so no real street is meant
BLOCKS: Final = 9
NULL_PLACES: Final = 0.0012


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of shop differs from the usual grocer (logs, so 0 means no difference)."""

    name: str
    share: float
    rate: float
    basket: float
    quantity: float
    quantity_spread: float


KINDS: Final = (
    Kind("ABARROTES", 0.739, -0.05, 0.0, 0.0, 0.42),
    Kind("MAYORISTA", 0.142, 0.45, 1.15, 0.45, 0.75),
    Kind("CANAL FRIO", 0.054, -0.45, 0.0, -0.1, 0.3),
    Kind("RESTAURANT", 0.038, 0.75, 0.4, 1.3, 1.0),
    Kind("SUPERMERCADO", 0.016, -0.3, 0.5, 0.05, 0.5),
    Kind("MINIMARKET", 0.006, -0.5, 2.6, 0.8, 0.4),
    Kind("TIENDA DE CONVENIENCIA", 0.005, 0.05, 1.0, 0.0, 0.3),
)
DELIVERIES: Final = {1: 0.019, 2: 0.026, 3: 0.789, 4: 0.164, 5: 0.0013, 6: 0.0007}
USUAL_DAYS: Final = np.array([0.42, 0.26, 0.12])  # share of a shop's own first, second, third day
DAY_CHOICE: Final = 1.6  # above 1: second and third days avoid the weekend too
RATE_SPREAD: Final = 0.9
BASKET_SPREAD: Final = 0.85


@dataclass(frozen=True, slots=True)
class Shops:
    """The customer table and, row by row, the habits behind it.

    ``log_rate`` is the log of orders a week; ``weekday`` of shape (shops, 7) says how they are
    spread, with mean 1; ``basket`` shifts the log-odds of every product; ``quantity`` is the
    log of a usual line's size.
    """

    table: pd.DataFrame
    kind: Ints
    log_rate: Floats
    weekday: Floats
    basket: Floats
    quantity: Floats


def make_shops(recipe: Recipe) -> Shops:
    """Make the shops of a recipe."""
    chance = recipe.chance(Stream.SHOPS)
    count = recipe.customers
    kind = _spread(chance, [kind.share for kind in KINDS], count)
    x, y = _places(chance, count)
    deliveries = np.array(list(DELIVERIES))[_spread(chance, list(DELIVERIES.values()), count)]
    table = pd.DataFrame(
        {
            "customer_id": FIRST_CUSTOMER_ID + np.cumsum(chance.integers(1, 60, count)),
            "region_id": np.full(count, REGION_ID, np.int64),
            "zone_id": np.full(count, ZONE_ID, np.int64),
            "customer_type": np.array([kind.name for kind in KINDS])[kind],
            "Y": y,
            "X": x,
            "num_deliver_per_week": deliveries,
            "num_visit_per_week": np.ones(count, np.int64),
        }
    )
    traits = np.array([[k.rate, k.basket, k.quantity, k.quantity_spread] for k in KINDS])[kind]
    return Shops(
        table=table,
        kind=kind,
        log_rate=traits[:, 0] + RATE_SPREAD * chance.standard_normal(count) - 0.12,
        weekday=_weekday_habits(chance, count),
        basket=traits[:, 1] + BASKET_SPREAD * chance.standard_normal(count),
        quantity=traits[:, 2] + traits[:, 3] * chance.standard_normal(count),
    )


def _spread(chance: np.random.Generator, shares: list[float], count: int) -> Ints:
    """Deal ``count`` levels in exactly the given shares, shuffled: size decides, not luck."""
    edges = np.round(np.cumsum(shares) / np.sum(shares) * count).astype(np.int64)
    return chance.permutation(np.searchsorted(edges, np.arange(count), side="right"))


def _places(chance: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Scatter the shops around the blocks of a town; a few addresses were never recorded."""
    blocks = chance.normal(0, 0.05, (BLOCKS, 2))
    home = chance.choice(BLOCKS, count, p=chance.dirichlet(np.full(BLOCKS, 3.0)))
    points = np.array(CENTRE) + blocks[home] + chance.normal(0, 0.013, (count, 2))
    points = points.round(6)
    points[chance.choice(count, max(1, round(count * NULL_PLACES)), replace=False)] = np.nan
    return points[:, 0], points[:, 1]


def _weekday_habits(chance: np.random.Generator, count: int) -> Floats:
    """Give each shop a first, second and third day, with the rest spread like the town's."""
    wish = DAY_CHOICE * np.log(WEEKDAY_SHARE) + chance.gumbel(size=(count, 7))
    ranked = np.argsort(-wish, axis=1)[:, :3]
    habits: Floats = (1 - USUAL_DAYS.sum()) * np.tile(WEEKDAY_SHARE, (count, 1))
    np.add.at(habits, (np.arange(count)[:, None], ranked), USUAL_DAYS)
    return habits
