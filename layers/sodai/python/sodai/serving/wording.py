"""Reasons in the words of a shop, in Spanish and English."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

Words = tuple[str, str]  # Spanish, English

OUTSIDE: Final = "OUTSIDE"
WEEKDAYS: Final[tuple[Words, ...]] = (
    ("los lunes", "on Mondays"),
    ("los martes", "on Tuesdays"),
    ("los miércoles", "on Wednesdays"),
    ("los jueves", "on Thursdays"),
    ("los viernes", "on Fridays"),
    ("los sábados", "on Saturdays"),
    ("los domingos", "on Sundays"),
)
WORDS: Final[Mapping[str, Words]] = {
    "BOUGHT_WEEKS": (
        "lo pidió en {} de las últimas 8 semanas",
        "it was ordered in {} of the last 8 weeks",
    ),
    "EVERY_WEEK": (
        "lo pidió en cada una de las últimas 8 semanas",
        "it was ordered in each of the last 8 weeks",
    ),
    "FEW_WEEKS": (
        "solo lo pidió en {} de las últimas 8 semanas",
        "it was ordered in only {} of the last 8 weeks",
    ),
    "BOUGHT_BEFORE": ("lo pidió hace {} días", "it was ordered {} days ago"),
    "NOT_LATELY": ("hace {} días que no lo pide", "it has not been ordered for {} days"),
    "NEVER_BOUGHT": ("no lo ha pedido en el último año", "it was not ordered in the last year"),
    "DUE": ("ya le toca: lo pide cada {} días", "it is due: it is ordered every {} days"),
    "USUAL_WEEKDAY": ("suele pedir {}", "the shop usually orders {}"),
    "ORDERS_OFTEN": (
        "hizo pedidos en {} de las últimas 8 semanas",
        "the shop ordered in {} of the last 8 weeks",
    ),
    "ORDERS_EVERY_WEEK": (
        "hizo pedidos en cada una de las últimas 8 semanas",
        "the shop ordered in each of the last 8 weeks",
    ),
    "ORDERS_SELDOM": (
        "solo hizo pedidos en {} de las últimas 8 semanas",
        "the shop ordered in only {} of the last 8 weeks",
    ),
    "NO_ORDER_LATELY": (
        "hace {} días que no hace un pedido",
        "the shop has not ordered for {} days",
    ),
    "RISING": ("su venta está subiendo", "its sales are rising"),
    "FALLING": ("su venta está bajando", "its sales are falling"),
    "RISING_CELL": ("está subiendo en su zona", "it is rising nearby"),
    "FALLING_CELL": ("está bajando en su zona", "it is falling nearby"),
    "POPULAR_CELL": (
        "en su zona lo pide el {} % de las tiendas que hacen pedidos",
        "nearby, {}% of the shops that order take it",
    ),
    "RARE_CELL": (
        "en su zona lo pide solo el {} % de las tiendas que hacen pedidos",
        "nearby, only {}% of the shops that order take it",
    ),
    "RISING_TYPE": ("está subiendo en tiendas de su tipo", "it is rising in shops of its type"),
    "FALLING_TYPE": ("está bajando en tiendas de su tipo", "it is falling in shops of its type"),
    "POPULAR_TYPE": (
        "de las tiendas de su tipo que hacen pedidos lo pide el {} %",
        "{}% of the shops of its type that order take it",
    ),
    "RARE_TYPE": (
        "de las tiendas de su tipo que hacen pedidos lo pide solo el {} %",
        "only {}% of the shops of its type that order take it",
    ),
    "SIMILAR_SHOPS": ("lo piden tiendas parecidas", "similar shops order it"),
    "NO_SIMILAR_SHOPS": (
        "ninguna tienda parecida lo pidió la última semana",
        "no similar shop ordered it last week",
    ),
    "SAME_BRAND": ("pide otros productos de la misma marca", "the shop orders others of its brand"),
    "SAME_SEGMENT": (
        "pide otros productos del mismo segmento",
        "the shop orders others of its segment",
    ),
    "SAME_PACKAGE_SIZE": (
        "pide otros productos del mismo envase y tamaño",
        "the shop orders others of its package and size",
    ),
    "SAME_SUB_CATEGORY": (
        "pide otros productos de la misma subcategoría",
        "the shop orders others of its sub-category",
    ),
    "ALIKE_NEARBY": (
        "cada semana lo pide el {} % de las tiendas cercanas",
        "each week {}% of the shops nearby order it",
    ),
    "ALIKE_ALL": (
        "cada semana lo pide el {} % de las tiendas",
        "each week {}% of all shops order it",
    ),
    "TYPE_MORE": (
        "las tiendas de su tipo lo piden más que las demás",
        "shops of its type order it more than others do",
    ),
    "TYPE_LESS": (
        "las tiendas de su tipo lo piden menos que las demás",
        "shops of its type order it less than others do",
    ),
    "NO_HISTORY": (
        "la tienda aún no tiene pedidos: hablan por ella las tiendas parecidas",
        "the shop has no orders yet: shops like it speak for it",
    ),
    OUTSIDE: (
        "no está entre los productos que la tienda podría pedir",
        "it is not among the products that the shop may order",
    ),
}


NATURAL: Final = (
    (" 1 días", " 1 día"),
    (" 1 days", " 1 day"),
    ("cada 1 día", "cada día"),
    ("every 1 day", "every day"),
    (" solo el 0 %", " menos del 1 %"),
    (" el 0 %", " menos del 1 %"),
    ("only 0%", "less than 1%"),
    (" 0%", " less than 1%"),
)
EVERY: Final = {"BOUGHT_WEEKS": "EVERY_WEEK", "ORDERS_OFTEN": "ORDERS_EVERY_WEEK"}


class Said(NamedTuple):
    """A reason in words; ``raises`` tells whether it speaks for the pair."""

    code: str
    raises: bool
    es: str
    en: str


def say(reasons: Iterable[list[Any]]) -> list[Said]:
    """Put stored reasons into words."""
    return [_said(*reason) for reason in reasons]


def of_facts(weeks_bought_of_8: int, days_since_last: int | None, is_cold: bool) -> list[Said]:
    """Return the reason of a pair without contributions: what the shop did so far."""
    if is_cold:
        return say([["NO_HISTORY", -1]])
    if weeks_bought_of_8:
        return say([["BOUGHT_WEEKS", 1, weeks_bought_of_8]])
    if days_since_last is None:
        return say([["NEVER_BOUGHT", -1]])
    return say([["NOT_LATELY", -1, days_since_last]])


def sentences(said: Iterable[Said]) -> Words:
    """Join reasons to one sentence in each language."""
    texts = [(one.es, one.en) for one in said]
    es, en = ("; ".join(text) for text in zip(*texts, strict=True)) if texts else ("", "")
    return _sentence(es), _sentence(en)


def _said(code: str, sign: int, number: int | None = None) -> Said:
    es, en = WORDS[EVERY.get(code, code) if number == 8 else code]
    if code == "USUAL_WEEKDAY":
        day_es, day_en = WEEKDAYS[number or 0]
        return Said(code, sign > 0, es.format(day_es), en.format(day_en))
    return Said(code, sign > 0, _natural(es.format(number)), _natural(en.format(number)))


def _natural(text: str) -> str:
    """Say one day and less than one per cent as people do."""
    for counted, said in NATURAL:
        text = text.replace(counted, said)
    return text


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""
