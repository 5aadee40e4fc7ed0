"""What a shop without history will probably order: rates nearby, moved by its type and deliveries.

Without numpy, for the API.
"""

from collections.abc import Mapping
from math import hypot
from typing import Any, Final, NamedTuple

MOST_PROBABLE: Final = 0.95  # a product of rates is no rate
MUCH: Final = 1.15  # times the rate of all shops, to speak of more

Place = tuple[float, float]


class Alike(NamedTuple):
    """A product as shops like the described one order it.

    ``base`` is the rate nearby (of all shops where no place is known); ``of_type`` is how many
    times as often its type orders the product as all shops do.
    """

    product_id: int
    chance: float
    base: float
    of_type: float
    is_placed: bool

    def reasons(self) -> list[list[Any]]:
        """Return why, as stored reasons."""
        code = "ALIKE_NEARBY" if self.is_placed else "ALIKE_ALL"
        found: list[list[Any]] = [[code, 1, round(100 * self.base)]]
        if self.of_type >= MUCH:
            found.append(["TYPE_MORE", 1])
        elif self.of_type <= 1 / MUCH:
            found.append(["TYPE_LESS", -1])
        return found


def rank_alike(
    rates: Mapping[str, Any],
    customer_type: str,
    place: Place | None,
    deliveries_per_week: int | None = None,
) -> list[Alike]:
    """Rank all products for a shop that is only described.

    Parameters
    ----------
    rates : mapping
        As `learning.learn_rates` returns it.
    customer_type : str
        Kind of the shop; an unknown one moves nothing.
    place : tuple of float, optional
        X and Y of the tables; without it the rates of all shops are taken.
    deliveries_per_week : int, optional
        Deliveries agreed; an unknown number moves nothing.

    Returns
    -------
    list of Alike
        Most probable first, then by product. The chance is that of a shop that orders as often
        as those like it.
    """
    anchors = rates["anchors"] if place else []
    base = _nearest(anchors, place)["rates"] if place and anchors else rates["everyone"]
    nothing = [1.0] * len(base)
    by_type = rates["types"].get(customer_type, nothing)
    by_deliveries = rates["deliveries"].get(str(deliveries_per_week), nothing)
    columns = zip(rates["products"], base, by_type, by_deliveries, strict=True)
    ranked = [
        Alike(
            product,
            round(min(rate * one * two, MOST_PROBABLE), 6),
            rate,
            one,
            is_placed=bool(anchors),
        )
        for product, rate, one, two in columns
    ]
    return sorted(ranked, key=lambda alike: (-alike.chance, alike.product_id))


def _nearest(anchors: list[Mapping[str, Any]], place: Place) -> Mapping[str, Any]:
    x, y = place
    return min(anchors, key=lambda anchor: hypot(anchor["x"] - x, anchor["y"] - y))
