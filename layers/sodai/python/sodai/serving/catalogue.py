"""The catalogue of one forecast: its week, its products, the work list; and looking things up."""

import unicodedata
from collections.abc import Iterable
from functools import cached_property
from typing import Any

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
        self.customers: int = content["customers"]
        self.calls = tuple(Call(*row) for row in content["calls"])
        self.products = {
            int(key): Product(product_id=int(key), **product)
            for key, product in content["products"].items()
        }

    def find_calls(
        self, query: str = "", customer_type: str = "", zone_id: int | None = None
    ) -> list[Call]:
        """Return the work list, largest expected order first, narrowed down.

        ``query`` is words that must all occur in the id or type of the shop or in the name of
        its top product; ``customer_type`` must match but for accents and capitals.
        """
        kind = fold(customer_type)
        return [
            call
            for call, text in zip(self.calls, self._call_texts, strict=True)
            if (not kind or fold(call.customer_type) == kind)
            and (zone_id is None or call.zone_id == zone_id)
            and _has_words(text, query)
        ]

    def find_customers(self, query: str = "") -> list[Call]:
        """Return shops by id; ``query`` is words that must all occur in the id or the type."""
        texts = ((call, f"{call.customer_id} {fold(call.customer_type)}") for call in self._by_id)
        return [call for call, text in texts if _has_words(text, query)]

    def find_products(self, query: str = "") -> list[Product]:
        """Return products by id; ``query`` is words that must all occur in id or attributes."""
        found = zip(self.products.values(), self._product_texts, strict=True)
        return [product for product, text in found if _has_words(text, query)]

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


def _has_words(text: str, query: str) -> bool:
    return all(word in text for word in fold(query).split())
