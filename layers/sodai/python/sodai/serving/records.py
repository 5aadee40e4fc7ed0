"""What a published forecast says: of a shop, of a product, of the two together."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple

from sodai.serving.wording import Said

HIGH_CONFIDENCE: Final = 0.7
MEDIUM_CONFIDENCE: Final = 0.4

Confidence = Literal["high", "medium", "low"]


class Reason(StrEnum):
    """Why a probability is not the model's own for the pair."""

    NOT_IN_ACTIVE_RANGE = "NOT_IN_ACTIVE_RANGE"


def confidence(probability: float) -> Confidence:
    """Put a calibrated probability into words: high from 0.7, medium from 0.4, else low."""
    if probability >= HIGH_CONFIDENCE:
        return "high"
    return "medium" if probability >= MEDIUM_CONFIDENCE else "low"


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the catalogue; ``sold`` tells whether it was ever sold before the cutoff."""

    product_id: int
    brand: str
    category: str
    sub_category: str
    segment: str
    package: str
    size: float | None
    sold: bool

    @property
    def name(self) -> str:
        """Brand, package and size in litres, as one would call it."""
        size = f"{self.size:g} L" if self.size else ""
        return " ".join(part for part in (self.brand, self.package, size) if part)


class HistoryWeek(NamedTuple):
    """One week in which a shop ordered."""

    monday: str
    items: float
    products: int


class Bought(NamedTuple):
    """A product that a shop ordered in the weeks shown."""

    product_id: int
    weeks_bought: int
    items: float
    last_week: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A shop: its attributes, what it may order, and its last weeks (oldest first)."""

    customer_id: int
    region_id: int
    zone_id: int
    place: int | None
    customer_type: str
    location_x: float | None
    location_y: float | None
    deliveries_per_week: int
    is_cold: bool
    order_probability: float | None
    expected_units: float
    history: tuple[HistoryWeek, ...]
    bought: tuple[Bought, ...]

    @classmethod
    def of(cls, customer_id: int, record: dict[str, Any]) -> "Customer":
        """Read a shop from its shard."""
        return cls(
            customer_id=customer_id,
            region_id=record["region_id"],
            zone_id=record["zone_id"],
            place=record["place"],
            customer_type=record["customer_type"],
            location_x=record["location_x"],
            location_y=record["location_y"],
            deliveries_per_week=record["deliveries_per_week"],
            is_cold=record["cold"],
            order_probability=record["order_probability"],
            expected_units=record["expected_units"],
            history=tuple(HistoryWeek(*week) for week in record["history"]),
            bought=tuple(Bought(*row) for row in record["bought"]),
        )


class Contribution(NamedTuple):
    """What one signal adds to the log-odds of a pair."""

    es: str
    en: str
    value: float | None
    contribution: float


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One product of a shop's ranking.

    ``selected`` tells whether the decision rule predicts the pair; ``days_since_last`` is None
    for a product the shop never bought.
    """

    product: Product
    probability: float
    selected: bool
    expected_items: float
    weeks_bought_of_8: int
    days_since_last: int | None
    why: tuple[Said, ...]
    contributions: tuple[Contribution, ...] | None


@dataclass(frozen=True, slots=True)
class Offer:
    """One product for a shop that is only described."""

    product: Product
    probability: float
    why: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """What shops like a described one order; tells which parts of its description are known."""

    offers: list[Offer]
    knows_type: bool
    knows_place: bool
    knows_deliveries: bool


@dataclass(frozen=True, slots=True)
class Score:
    """Probability that a shop orders a product within the forecast's days."""

    customer_id: int
    product_id: int
    probability: float
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ExplainedScore:
    """A score with its reasons; contributions are None for a pair that is not explained."""

    score: Score
    why: tuple[Said, ...]
    contributions: tuple[Contribution, ...] | None


class Call(NamedTuple):
    """One line of the work list."""

    customer_id: int
    customer_type: str
    zone_id: int
    expected_units: float
    predicted_products: int
    top_product_id: int | None
    top_probability: float | None
    place: int | None
    order_probability: float | None
