"""The catalogue of one forecast: its week, its products, the work list; and looking things up."""

import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sodai.domain.calendar import HISTORY_WEEKS
from sodai.serving.records import Call, Product


def fold(text: str) -> str:
    """Return a text without accents and capitals, as it is searched."""
    apart = unicodedata.normalize("NFD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()


class Catalogue:
    """What a forecast says beside its shards.

    Parameters
    ----------
    content : dict
        The parsed ``catalogue.json.gz``.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        self.week: str = content["week"]
        self.first_day: str = content["from"]
        self.last_day: str = content["to"]
        self.horizon_days: int = content["horizon_days"]
        self.run: str = content["run"]
        self.model_version: str = content["model_version"]
        self.threshold: float = content["threshold"]
        self.rate_outside: float = content["rate_outside"]
        self.labels: list[tuple[str, str]] = [(es, en) for es, en in content["labels"]]
        self.customers: int = content["customers"]
        self.calls = tuple(Call(*row) for row in content["calls"])
        self.products = {
            int(key): Product(product_id=int(key), **product)
            for key, product in content["products"].items()
        }

    def find_calls(
        self,
        query: str = "",
        customer_type: str = "",
        zone_id: int | None = None,
        place: int | None = None,
    ) -> list[Call]:
        """Return the work list, largest expected order first, narrowed down.

        ``query`` is words that must all occur in the id or type of the shop or in the name of
        its top product; ``customer_type`` must match but for accents and capitals.
        """
        return [
            call
            for call, text in zip(self.calls, self._call_texts, strict=True)
            if _is(call.customer_type, customer_type)
            and (zone_id is None or call.zone_id == zone_id)
            and (place is None or call.place == place)
            and _has_words(text, query)
        ]

    def find_customers(
        self, query: str = "", customer_type: str = "", place: int | None = None
    ) -> list[Call]:
        """Return shops by id; ``query`` is words that must all occur in the id or the type."""
        return [
            call
            for call in self._by_id
            if _is(call.customer_type, customer_type)
            and (place is None or call.place == place)
            and _has_words(f"{call.customer_id} {fold(call.customer_type)}", query)
        ]

    def find_products(self, query: str = "", brand: str = "", category: str = "") -> list[Product]:
        """Return products by id; ``query`` is words that must all occur in id or attributes."""
        return [
            product
            for product, text in zip(self.products.values(), self._product_texts, strict=True)
            if _is(product.brand, brand)
            and _is(product.category, category)
            and _has_words(text, query)
        ]

    def past_weeks(self) -> list[str]:
        """Return the Mondays of the weeks that histories show, oldest first.

        The forecast's own week is the last one where it has begun before the forecast's days.
        """
        monday, has_begun = date.fromisoformat(self.week), self.first_day > self.week
        last = -1 if has_begun else 0
        return [str(monday - timedelta(weeks=n)) for n in range(HISTORY_WEEKS, last, -1)]

    def name_of(self, product_id: int | None) -> str | None:
        """Return what a product is called, None for none."""
        return None if product_id is None else self.products[product_id].name

    @cached_property
    def _by_id(self) -> list[Call]:
        return sorted(self.calls, key=lambda call: call.customer_id)

    @cached_property
    def _product_texts(self) -> list[str]:
        return [
            fold(f"{p.product_id} {p.name} {p.category} {p.sub_category} {p.segment}")
            for p in self.products.values()
        ]

    @cached_property
    def _call_texts(self) -> list[str]:
        return [fold(" ".join(_call_words(call, self))) for call in self.calls]


def _call_words(call: Call, catalogue: Catalogue) -> Iterable[str]:
    yield str(call.customer_id)
    yield call.customer_type
    yield catalogue.name_of(call.top_product_id) or ""


def _is(text: str, wanted: str) -> bool:
    return not wanted or fold(text) == fold(wanted)


def _has_words(text: str, query: str) -> bool:
    return all(word in text for word in fold(query).split())
