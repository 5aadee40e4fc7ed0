"""Which features there are, by family, and what each one says to people."""

from collections.abc import Iterable, Mapping
from math import log
from typing import Any, Final, Literal

from sodai.domain.features.view import HALF_LIVES, SPANS

Language = Literal["es", "en"]
Words = tuple[str, str]  # in the order of LANGUAGES

LANGUAGES: Final[tuple[Language, ...]] = ("es", "en")
ORDINALS: Final = (
    ("último", "last"),
    ("penúltimo", "second last"),
    ("antepenúltimo", "third last"),
)
ORDER_DECAYS: Final = (0.7, 0.85, 0.93)
HABIT_HALF_LIVES: Final = (4.0, 8.5, 26.0)
QUANTITY_HALF_LIVES: Final = (2.0, 8.5, 26.0)
LAGS: Final = (2, 3, 4, 5)
WEEKDAY_HALF_LIVES: Final = (60, 20)  # days
AFFINITIES: Final = ("brand", "segment", "package_size", "sub_category")
RECENT_AFFINITIES: Final = ("brand", "package_size")
GROUP_RATES: Final = ("1w", "4w", "8.5w")
KINDS: Final = ("brand", "segment", "package")
OF_DECAY: Final = ("product_uptake_1w", "neighbours_uptake_1w", "neighbours_uptake_3d")
OF_HABIT: Final = ("product_uptake_1w", "product_uptake_3d", "type_uptake_1w")

_LAST: Final[Mapping[float, Words]] = {  # weeks: a span, or the half-life that leans on it
    1: ("la última semana", "the last week"),
    **{n: (f"las últimas {n} semanas", f"the last {n} weeks") for n in (2, 3, 4, 8)},
    8.5: ("los últimos 2 meses", "the last 2 months"),
    13: ("los últimos 3 meses", "the last 3 months"),
    26: ("los últimos 6 meses", "the last 6 months"),
    52: ("el último año", "the last year"),
}
_LATELY: Final = {"1w": _LAST[1], "3d": ("los últimos 3 días", "the last 3 days")}
_OF_WEEKDAYS: Final = {60: _LAST[8.5], 20: _LAST[3]}
_OF_GROUPS: Final = {rate: _LAST[float(rate.removesuffix("w"))] for rate in GROUP_RATES}
_SAME: Final = {
    "brand": ("de la misma marca", "of the same brand"),
    "segment": ("del mismo segmento", "of the same segment"),
    "package_size": ("del mismo envase y tamaño", "of the same package and size"),
    "sub_category": ("de la misma subcategoría", "of the same sub-category"),
}
_ORDERED: Final = {
    "product": ("se pidió", "it was ordered"),
    "brand": ("su marca se pidió", "its brand was ordered"),
    "segment": ("su segmento se pidió", "its segment was ordered"),
    "package": ("su envase se pidió", "its package was ordered"),
    "type": ("las tiendas del mismo tipo lo pidieron", "shops of the same type ordered it"),
    "customer": ("la tienda pidió", "the shop ordered"),
    "neighbours": ("las tiendas parecidas lo pidieron", "similar shops ordered it"),
}


def _fill(pattern: Words, *words: Words) -> Words:
    es, en = (text.format(*parts) for text, *parts in zip(pattern, *words, strict=True))
    return es, en


def _each(
    name: str, es: str, en: str, words: Mapping[Any, Words], keys: Iterable[Any] | None = None
) -> dict[str, Words]:
    """Name and describe features that differ in one word, looked up by what their names hold."""
    chosen = words if keys is None else keys
    return {name.format(key): _fill((es, en), words[key]) for key in chosen}


def _rates(prefix: str, es: str, en: str) -> dict[str, Words]:
    often = (f"con qué frecuencia {es}", f"how often {en}")
    return {
        **_each(
            f"{prefix}_decay_{{:g}}w",
            f"{often[0]}, sobre todo en {{}}",
            f"{often[1]}, mainly in {{}}",
            _LAST,
            HALF_LIVES,
        ),
        **_each(
            f"{prefix}_share_{{}}w", f"{often[0]} en {{}}", f"{often[1]} in {{}}", _LAST, SPANS
        ),
        **_each(
            f"{prefix}_lag_{{}}",
            f"si {es} hace {{}} semanas",
            f"whether {en} {{}} weeks ago",
            {lag: (f"{lag}", f"{lag}") for lag in LAGS},
        ),
    }


_UPTAKES: Final = {
    f"{who}_uptake_{span}": _fill(
        ("{} más de lo habitual en {}", "{} more than usual in {}"), does, lately
    )
    for who, does in _ORDERED.items()
    for span, lately in _LATELY.items()
}
_PAIR: Final = {
    **_rates("pair", "lo pidió", "the shop ordered it"),
    **_each(
        "pair_quantity_decay_{:g}w",
        "cuántas unidades de él pide por semana, sobre todo en {}",
        "how many units of it are ordered a week, mainly in {}",
        _LAST,
        QUANTITY_HALF_LIVES,
    ),
    "pair_days_since_last": (
        "días desde la última vez que lo pidió",
        "days since it was last ordered",
    ),
    "pair_days_since_first": (
        "días desde la primera vez que lo pidió",
        "days since it was first ordered",
    ),
    "pair_purchase_days": (
        "cuántos días lo pidió en el último año",
        "on how many days it was ordered in the last year",
    ),
    "pair_mean_gap": ("cada cuántos días lo pide", "every how many days it is ordered"),
    "pair_recency_over_gap": (
        "si ya le toca pedirlo, según los días que suele esperar",
        "whether it is due, by the days the shop usually waits",
    ),
    "pair_days_per_age": (
        "con qué frecuencia lo pidió desde la primera vez",
        "how often the shop ordered it since the first time",
    ),
    "pair_last_quantity": (
        "cuántas unidades pidió la última vez",
        "how many units were ordered last time",
    ),
}
_SEQUENCE: Final = {
    **_each(
        "pair_order_decay_{:g}",
        "con qué frecuencia está en sus pedidos, sobre todo en los últimos {}",
        "how often it is in the shop's orders, mainly in the last {}",
        {a: (f"{log(0.5, a):.0f}", f"{log(0.5, a):.0f}") for a in ORDER_DECAYS},
    ),
    "pair_orders_since_last": (
        "cuántos pedidos hizo desde la última vez que lo pidió",
        "orders placed since it was last ordered",
    ),
    "pair_orders_since_over_usual": (
        "si ya le toca pedirlo, según los pedidos que suele esperar",
        "whether it is due, by the orders the shop usually waits",
    ),
    **_each(
        "pair_in_order_{}",
        "si estuvo en su {} pedido",
        "whether it was in the shop's {} order",
        dict(enumerate(ORDINALS, 1)),
    ),
    **_each(
        "pair_habit_{:g}w",
        "cuando hace un pedido, con qué frecuencia lo incluye, sobre todo en {}",
        "when the shop orders, how often it is included, mainly in {}",
        _LAST,
        HABIT_HALF_LIVES,
    ),
}
_RHYTHM: Final = {
    **_rates("customer", "la tienda hizo pedidos", "the shop placed orders"),
    "customer_days_since_order": (
        "días desde el último pedido de la tienda",
        "days since the shop's last order",
    ),
    "customer_order_days": (
        "cuántos días hizo pedidos la tienda en el último año",
        "on how many days the shop ordered in the last year",
    ),
    "customer_tenure": (
        "días desde el primer pedido de la tienda",
        "days since the shop's first order",
    ),
    "customer_mean_gap": (
        "cada cuántos días hace un pedido la tienda",
        "every how many days the shop orders",
    ),
    "customer_recency_over_gap": (
        "si a la tienda ya le toca hacer un pedido",
        "whether the shop's next order is due",
    ),
    **_each(
        "customer_expected_orders_{}d",
        "cuántos pedidos suele hacer en los días del pronóstico, según {}",
        "how many orders the shop usually places on the forecast's weekdays, going by {}",
        _OF_WEEKDAYS,
        WEEKDAY_HALF_LIVES,
    ),
    **_each(
        "customer_no_order_{}d",
        "qué tan probable es que no pida en los días del pronóstico, según {}",
        "how likely the shop orders nothing on the forecast's weekdays, going by {}",
        _OF_WEEKDAYS,
        WEEKDAY_HALF_LIVES,
    ),
    "customer_best_weekday_rate": (
        "con qué frecuencia pide en su mejor día de la semana",
        "how often the shop orders on its best weekday",
    ),
    "customer_best_weekday": (
        "día de la semana en que más pide",
        "weekday on which the shop orders most",
    ),
    "customer_last_weekday": (
        "día de la semana de su último pedido",
        "weekday of the shop's last order",
    ),
    "customer_horizon_share": (
        "qué parte de sus pedidos cae en los días del pronóstico",
        "share of the shop's orders that fall on the forecast's weekdays",
    ),
    **_each(
        "customer_ordered_{}d_ago",
        "si hizo un pedido {} del pronóstico",
        "whether the shop ordered {} the forecast",
        {
            1: ("el día antes", "the day before"),
            **{d: (f"{d} días antes", f"{d} days before") for d in range(2, 8)},
        },
    ),
    "customer_gap_variation": (
        "qué tan irregulares son sus pedidos",
        "how irregular the shop's orders are",
    ),
    "customer_hazard": (
        "qué tan probable es que pida ahora, según sus esperas anteriores",
        "how likely the shop orders now, by its earlier waits",
    ),
    **_each(
        "customer_basket_{:g}w",
        "cuántos productos lleva cuando pide, sobre todo en {}",
        "how many products are in an order, mainly in {}",
        _LAST,
        (8.5, 2.0),
    ),
    "customer_last_basket": (
        "cuántos productos llevó en su último pedido",
        "how many products were in the shop's last order",
    ),
    "customer_products_13w": (
        "cuántos productos distintos pidió en los últimos 3 meses",
        "how many different products the shop ordered in the last 3 months",
    ),
    "customer_products": (
        "cuántos productos distintos pidió en el último año",
        "how many different products the shop ordered in the last year",
    ),
    "customer_quantity_8.5w": (
        "cuántas unidades pide en total por semana",
        "how many units the shop orders a week in all",
    ),
    "customer_deliveries": ("entregas por semana", "deliveries per week"),
    "customer_x": ("ubicación este–oeste de la tienda", "east–west position of the shop"),
    "customer_y": ("ubicación norte–sur de la tienda", "north–south position of the shop"),
}
_PRODUCT: Final = {
    **_each(
        "product_reach_{}w",
        "cuántas tiendas lo piden por semana, según {}",
        "how many shops order it a week, going by {}",
        {**_LAST, 8: ("las 8 semanas anteriores a la última", "the 8 weeks before the last")},
        (1, 4, 8, 26),
    ),
    "product_days_since_sale": (
        "días desde que alguna tienda lo pidió",
        "days since any shop ordered it",
    ),
    "product_age": ("días desde que empezó a venderse", "days since it was first sold"),
    "product_repeat_rate": (
        "cuántas tiendas lo piden de nuevo a la semana siguiente",
        "how many shops order it again the week after",
    ),
    "product_repeat_rate_1w": (
        "cuántas tiendas lo pidieron de nuevo la última semana",
        "how many shops ordered it again in the last week",
    ),
    "product_size": ("tamaño del producto", "size of the product"),
}
_SURGE: Final = _each(
    "product_surge_{}",
    "cómo cambió su venta: {}",
    "how its sales changed: {}",
    {
        "1w": (
            "la última semana frente a las 8 anteriores",
            "the last week against the 8 before",
        ),
        "2w": (
            "las últimas 2 semanas frente a las 8 anteriores",
            "the last 2 weeks against the 8 before",
        ),
        "1w_1w": (
            "la última semana frente a la anterior",
            "the last week against the one before",
        ),
        "4w": (
            "las últimas 4 semanas frente a las 8 anteriores",
            "the last 4 weeks against the 8 before",
        ),
        "orders": (
            "frente al total de los pedidos",
            "against the total of all orders",
        ),
        "2d": (
            "los últimos 2 días frente a los mismos de otras semanas",
            "the last 2 days against the same ones of other weeks",
        ),
        "3d": (
            "los últimos 3 días frente a los mismos de otras semanas",
            "the last 3 days against the same ones of other weeks",
        ),
    },
)
_UPTAKE: Final = {
    **_each(
        "{}",
        "si {}",
        "whether {}",
        _UPTAKES,
        (
            "product_uptake_1w",
            "product_uptake_3d",
            *(f"{kind}_uptake_1w" for kind in KINDS),
            "type_uptake_1w",
            "type_uptake_3d",
            "customer_uptake_1w",
        ),
    ),
    "customer_expected_basket": (
        "cuántos productos se esperan en su próximo pedido",
        "how many products to expect in the shop's next order",
    ),
    **_each(
        "pair_decay_x_{}",
        "con qué frecuencia lo pide, y si {}",
        "how often the shop orders it, and whether {}",
        _UPTAKES,
        OF_DECAY,
    ),
    **_each(
        "pair_habit_x_{}",
        "con qué frecuencia lo incluye cuando pide, y si {}",
        "how often it is included when the shop orders, and whether {}",
        _UPTAKES,
        OF_HABIT,
    ),
}
_INTERACTION: Final = {
    "pair_decay_x_surge": (
        "con qué frecuencia lo pide, y si su venta subió en la última semana",
        "how often the shop orders it, and whether its sales rose in the last week",
    ),
    "pair_decay_x_surge_3d": (
        "con qué frecuencia lo pide, y si su venta subió en los últimos 3 días",
        "how often the shop orders it, and whether its sales rose in the last 3 days",
    ),
    "pair_order_decay_x_surge": (
        "con qué frecuencia está en sus pedidos, y si su venta subió",
        "how often it is in the shop's orders, and whether its sales rose",
    ),
    "pair_lift": (
        "si lo pide más que las demás tiendas",
        "whether the shop orders it more than others do",
    ),
}
_COLLABORATIVE: Final = {
    "similar_products": ("si pide productos parecidos", "whether the shop orders similar products"),
    "factor_score": (
        "si va con los gustos de la tienda",
        "whether it suits the shop's taste",
    ),
    "factor_residual": (
        "si va con los gustos de la tienda más de lo que ya lo pide",
        "whether it suits the shop's taste beyond what is ordered already",
    ),
    "follows_last_week": (
        "si suele venir después de lo que pidió la última semana",
        "whether it usually follows what was ordered in the last week",
    ),
    **_each(
        "neighbours_{:g}w",
        "con qué frecuencia lo piden las tiendas parecidas, sobre todo en {}",
        "how often similar shops order it, mainly in {}",
        _LAST,
        (4, 13),
    ),
    **_each(
        "neighbours_{}",
        "cuántas tiendas parecidas lo pidieron en {}",
        "how many similar shops ordered it in {}",
        {
            **_LATELY,
            "fading": (
                "las últimas 2 semanas, sobre todo al final",
                "the last 2 weeks, mainly at their end",
            ),
        },
    ),
    **_each(
        "{}",
        "si {}",
        "whether {}",
        _UPTAKES,
        ("neighbours_uptake_1w", "neighbours_uptake_3d"),
    ),
    "own_and_neighbours": (
        "con qué frecuencia lo piden esta tienda y las parecidas",
        "how often this shop and similar ones order it",
    ),
    "tifu_knn": (
        "con qué frecuencia lo piden esta tienda y las parecidas, lo reciente ante todo",
        "how often this shop and similar ones order it, recent weeks above all",
    ),
    "up_cf": (
        "con qué frecuencia lo piden esta tienda y las más parecidas, en las últimas 8 semanas",
        "how often this shop and the most similar ones order it, in the last 8 weeks",
    ),
}
_AFFINITY: Final = {
    **_each(
        "affinity_{}",
        "cuánto pide otros productos {}",
        "how much the shop orders other products {}",
        _SAME,
        AFFINITIES,
    ),
    **_each(
        "share_of_{}",
        "de los productos {} que pide, qué parte es este",
        "among the products {} it orders, the share of this one",
        _SAME,
        AFFINITIES,
    ),
    **_each(
        "days_since_{}",
        "días desde que pidió algún producto {}",
        "days since the shop ordered any product {}",
        _SAME,
        RECENT_AFFINITIES,
    ),
    "share_of_basket": (
        "de todo lo que pide, qué parte es este producto",
        "of all that the shop orders, the share of this product",
    ),
}
_PLACE: Final = {
    **_each(
        "type_rate_{}",
        "con qué frecuencia lo piden las tiendas del mismo tipo, sobre todo en {}",
        "how often shops of the same type order it, mainly in {}",
        _OF_GROUPS,
    ),
    **_each(
        "cell_rate_{}",
        "con qué frecuencia lo piden las tiendas cercanas, sobre todo en {}",
        "how often shops nearby order it, mainly in {}",
        _OF_GROUPS,
    ),
    "cell_orders_1w": (
        "cuántas tiendas cercanas hicieron pedidos en la última semana",
        "how many shops nearby placed orders in the last week",
    ),
    "cell_orders_change": (
        "si las tiendas cercanas hacen más pedidos de lo habitual",
        "whether shops nearby place more orders than usual",
    ),
}
_RANK: Final = _each(
    "rank_{}",
    "su puesto entre los productos para la tienda, según {}",
    "its place among the products for the shop, by {}",
    {
        "pair_decay": ("la frecuencia con que lo pide", "how often it is ordered"),
        "order_decay": ("su presencia en los pedidos", "how often it is in the orders"),
        "neighbours": ("lo que piden tiendas parecidas", "what similar shops order"),
        "order_surge": (
            "su presencia en los pedidos y la subida de su venta",
            "how often it is in the orders and the rise of its sales",
        ),
    },
)
_LEVEL: Final = {
    **_each(
        "level_{}w",
        "si todas las tiendas hicieron más pedidos en {} que en las 8 anteriores",
        "whether all shops placed more orders in {} than in the 8 before",
        _LAST,
        (1, 2),
    ),
    "horizon_days": ("cuántos días tiene el pronóstico", "days in the forecast"),
    "day_of_month": (
        "día del mes en que empieza el pronóstico",
        "day of the month on which the forecast begins",
    ),
}
_ATTRIBUTE: Final = {
    "customer_type": ("tipo de tienda", "type of shop"),
    "product_brand": ("marca", "brand"),
    "product_segment": ("segmento", "segment"),
    "product_package": ("envase", "package"),
    "product_sub_category": ("subcategoría", "sub-category"),
    "product_package_size": ("envase y tamaño", "package and size"),
}

_DESCRIBED: Final[Mapping[str, Mapping[str, Words]]] = {
    "pair": _PAIR,
    "sequence": _SEQUENCE,
    "rhythm": _RHYTHM,
    "product": _PRODUCT,
    "surge": _SURGE,
    "uptake": _UPTAKE,
    "interaction": _INTERACTION,
    "collaborative": _COLLABORATIVE,
    "affinity": _AFFINITY,
    "place": _PLACE,
    "rank": _RANK,
    "level": _LEVEL,
    "attribute": _ATTRIBUTE,
}
FEATURE_FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    family: tuple(described) for family, described in _DESCRIBED.items()
}
CUSTOMER_FEATURES: Final = (  # those that say the same of all pairs of a customer
    *FEATURE_FAMILIES["rhythm"],
    "customer_uptake_1w",
    "customer_expected_basket",
    "cell_orders_1w",
    "cell_orders_change",
    *FEATURE_FAMILIES["level"],
    "customer_type",
)
CATEGORY_FEATURES: Final = FEATURE_FAMILIES["attribute"]
NUMERIC_FEATURES: Final = tuple(
    name for family, names in FEATURE_FAMILIES.items() if family != "attribute" for name in names
)
_FAMILY_OF: Final = {name: family for family, names in FEATURE_FAMILIES.items() for name in names}


def family_of(name: str) -> str:
    """Return the family of a feature; ``KeyError`` for an unknown one."""
    return _FAMILY_OF[name]


def describe(name: str, language: Language) -> str:
    """Say what a feature means, in a short phrase for people.

    Parameters
    ----------
    name : str
        Of a feature; ``KeyError`` for an unknown one.
    language : {"es", "en"}
        No two features have the same phrase in one language.
    """
    return _DESCRIBED[_FAMILY_OF[name]][name][LANGUAGES.index(language)]
