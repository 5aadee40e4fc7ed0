"""The product table: many items listed, few of them ever sold."""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import pandas as pd

from data.recipe import Floats, Ints, Recipe, Stream

FIRST_PRODUCT_ID: Final = 500_000
PRODUCTS_PER_BRAND: Final = 16
FIRST_SYLLABLES: Final = ("Bri", "Cum", "Nevi", "Ola", "Pal", "Ría", "Sol", "Tami", "Vel", "Yaca")
LAST_SYLLABLES: Final = ("brera", "cita", "danta", "luz", "mar", "neo", "rosa", "tán", "via", "zul")
SPARKLING: Final = "BEBIDAS CARBONATADAS"
STILL: Final = "BEBIDAS NO CARBONATADAS"
LINES: Final = (
    # category, sub-category, share of the catalogue
    (SPARKLING, "GASEOSAS", 0.69),
    (SPARKLING, "AGUAS SABORIZADAS", 0.07),
    (STILL, "JUGOS", 0.24),
)
SEGMENTS: Final = {"PREMIUM": 0.32, "MEDIUM": 0.28, "HIGH": 0.24, "LOW": 0.16}
FORMATS: Final = (
    # package, size in litres, share, log of a usual line against the mean
    ("BOTELLA", 0.25, 0.09, -0.1),
    ("BOTELLA", 0.33, 0.18, -0.15),
    ("BOTELLA", 0.66, 0.18, -0.1),
    ("BOTELLA", 1.0, 0.15, 0.0),
    ("LATA", 0.25, 0.19, 0.4),
    ("LATA", 0.33, 0.1, 0.3),
    ("LATA", 0.5, 0.03, -0.2),
    ("TETRA", 0.2, 0.04, 0.0),
    ("KEG", 20.0, 0.04, -0.3),
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The product table and, row by row, the codes and quantities behind it.

    ``queue`` holds the rows that may ever reach a shelf, in the order they do.
    """

    table: pd.DataFrame
    brand: Ints
    format: Ints
    quantity: Floats
    queue: Ints


def make_catalogue(recipe: Recipe) -> Catalogue:
    """Make the products of a recipe."""
    chance = recipe.chance(Stream.CATALOGUE)
    count = recipe.products
    brands = _brand_names(max(3, count // PRODUCTS_PER_BRAND))
    brand_share = 1 / np.arange(2, len(brands) + 2)
    brand = chance.choice(len(brands), count, p=brand_share / brand_share.sum())
    line = chance.choice(len(LINES), count, p=[share for *_, share in LINES])
    segment = chance.choice(list(SEGMENTS), count, p=list(SEGMENTS.values()))
    format_share = np.array([share for *_, share, _ in FORMATS])
    formats = chance.choice(len(FORMATS), count, p=format_share / format_share.sum())
    table = pd.DataFrame(
        {
            "product_id": FIRST_PRODUCT_ID + np.cumsum(chance.integers(1, 90, count)),
            "brand": np.array(brands)[brand],
            "category": np.array([category for category, *_ in LINES])[line],
            "sub_category": np.array([name for _, name, _ in LINES])[line],
            "segment": segment,
            "package": np.array([package for package, *_ in FORMATS])[formats],
            "size": np.array([size for _, size, *_ in FORMATS])[formats],
        }
    )
    sellable = (table["category"] == SPARKLING) & (table["package"] != "TETRA")
    quantity = np.array([quantity for *_, quantity in FORMATS])[formats]
    return Catalogue(
        table=table,
        brand=brand,
        format=formats,
        quantity=quantity + chance.normal(0, 0.18, count),
        queue=chance.permutation(np.flatnonzero(sellable)),
    )


def _brand_names(count: int) -> list[str]:
    """Join syllables into names; beyond the first hundred they get a number."""
    names = ["".join(parts) for parts in product(FIRST_SYLLABLES, LAST_SYLLABLES)]
    return [
        names[(i * 37) % len(names)] + (f" {i // len(names) + 1}" if i >= len(names) else "")
        for i in range(count)
    ]
