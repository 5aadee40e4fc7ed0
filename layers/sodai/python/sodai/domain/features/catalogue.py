"""Which features there are, by family, and what each one says."""

from collections.abc import Mapping
from typing import Final

from sodai.domain.features.view import HALF_LIVES, SPANS

ORDINALS: Final = ("last", "second last", "third last")
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


def _rates(prefix: str, what: str) -> dict[str, str]:
    decays = {f"{prefix}_decay_{h:g}w": f"{what}, half-life {h:g} weeks" for h in HALF_LIVES}
    shares = {f"{prefix}_share_{n}w": f"{what}, last {n} weeks" for n in SPANS}
    lags = {f"{prefix}_lag_{lag}": f"{what} {lag} weeks ago" for lag in LAGS}
    return {**decays, **shares, **lags}


_PAIR: Final = {
    **_rates("pair", "share of weeks with this product"),
    **{
        f"pair_quantity_decay_{h:g}w": f"usual quantity per week, half-life {h:g} weeks"
        for h in QUANTITY_HALF_LIVES
    },
    "pair_days_since_last": "days since this product was last bought",
    "pair_days_since_first": "days since this product was first bought",
    "pair_purchase_days": "days on which this product was bought",
    "pair_mean_gap": "mean days between purchases of this product",
    "pair_recency_over_gap": "days since last purchase over the usual gap",
    "pair_days_per_age": "purchase days per day since the first",
    "pair_last_quantity": "quantity bought last time",
}
_SEQUENCE: Final = {
    **{
        f"pair_order_decay_{a:g}": f"share of own orders with this product, weight {a:g} per order"
        for a in ORDER_DECAYS
    },
    "pair_orders_since_last": "own orders since this product was last bought",
    "pair_orders_since_over_usual": "orders since last purchase over the usual number",
    **{f"pair_in_order_{i}": f"was in the {name} order" for i, name in enumerate(ORDINALS, 1)},
    **{
        f"pair_habit_{h:g}w": f"share of order weeks with this product, half-life {h:g} weeks"
        for h in HABIT_HALF_LIVES
    },
}
_RHYTHM: Final = {
    **_rates("customer", "share of weeks with an order"),
    "customer_days_since_order": "days since the last order",
    "customer_order_days": "days with an order in the last year",
    "customer_tenure": "days since the first order",
    "customer_mean_gap": "mean days between orders in the last half year",
    "customer_recency_over_gap": "days since the last order over the usual gap",
    **{
        f"customer_expected_orders_{d}d": f"order days expected by weekday, half-life {d} days"
        for d in WEEKDAY_HALF_LIVES
    },
    **{
        f"customer_no_order_{d}d": f"chance of no order by weekday, half-life {d} days"
        for d in WEEKDAY_HALF_LIVES
    },
    "customer_best_weekday_rate": "order rate on the best weekday",
    "customer_best_weekday": "best weekday for orders",
    "customer_last_weekday": "weekday of the last order",
    "customer_horizon_share": "share of orders that fall on the forecast weekdays",
    **{f"customer_ordered_{d}d_ago": f"ordered {d} days before" for d in range(1, 8)},
    "customer_gap_variation": "how irregular the gaps between orders are",
    "customer_hazard": "share of own gaps like today's that ended within the horizon",
    "customer_basket_8.5w": "products per order week, half-life 8.5 weeks",
    "customer_basket_2w": "products per order week, half-life 2 weeks",
    "customer_last_basket": "products in the last order",
    "customer_products_13w": "different products in the last 13 weeks",
    "customer_products": "different products in the last year",
    "customer_quantity_8.5w": "quantity per week, half-life 8.5 weeks",
    "customer_deliveries": "deliveries per week",
    "customer_x": "coordinate X of the shop",
    "customer_y": "coordinate Y of the shop",
}
_PRODUCT: Final = {
    **{f"product_reach_{n}w": f"share of customers buying it, last {n} weeks" for n in (1, 4)},
    "product_reach_8w": "share of customers buying it, 8 weeks before the last",
    "product_reach_26w": "share of customers buying it, last 26 weeks",
    "product_days_since_sale": "days since anyone bought it",
    "product_age": "days since it was first sold",
    "product_repeat_rate": "share of buyers who buy again the week after, 12 weeks",
    "product_repeat_rate_1w": "share of buyers who bought again last week",
    "product_size": "size of the product",
}
_SURGE: Final = {
    "product_surge_1w": "buyers last week against the 8 weeks before",
    "product_surge_2w": "buyers of two weeks against the 8 weeks before",
    "product_surge_1w_1w": "buyers last week against the week before",
    "product_surge_4w": "buyers of four weeks against the 8 weeks before",
    "product_surge_orders": "surge beyond that of all orders",
    "product_surge_2d": "buyers of the last 2 days against the same days before",
    "product_surge_3d": "buyers of the last 3 days against the same days before",
}
_UPTAKE: Final = {
    "product_uptake_1w": "buyers last week against what those who ordered usually buy",
    "product_uptake_3d": "buyers of 3 days against what those who ordered usually buy",
    **{f"{kind}_uptake_1w": f"buyers of its {kind} against the usual" for kind in KINDS},
    "type_uptake_1w": "buyers among shops of this type last week against the usual",
    "type_uptake_3d": "buyers among shops of this type in 3 days against the usual",
    "customer_uptake_1w": "products bought last week against the shop's usual",
    "customer_expected_basket": "products to expect of the shop's next order",
    **{f"pair_decay_x_{uptake}": f"own frequency times the {uptake}" for uptake in OF_DECAY},
    **{f"pair_habit_x_{uptake}": f"own habit times the {uptake}" for uptake in OF_HABIT},
}
_INTERACTION: Final = {
    "pair_decay_x_surge": "own frequency times the product's surge",
    "pair_decay_x_surge_3d": "own frequency times the product's surge of 3 days",
    "pair_order_decay_x_surge": "share of own orders times the surge beyond all orders",
    "pair_lift": "own share of orders against everyone's",
}
_COLLABORATIVE: Final = {
    "similar_products": "how much similar products are bought",
    "factor_score": "expected from the customer's taste (SVD)",
    "factor_residual": "taste beyond what is bought already",
    "follows_last_week": "usually follows what was bought last week",
    "neighbours_4w": "similar shops buy it, half-life 4 weeks",
    "neighbours_13w": "similar shops buy it, half-life 13 weeks",
    "neighbours_1w": "similar shops bought it last week",
    "neighbours_3d": "similar shops bought it in the last 3 days",
    "neighbours_fading": "similar shops bought it in the last days, half-life 3.5 days",
    "neighbours_uptake_1w": "similar shops' purchases of last week against their usual",
    "neighbours_uptake_3d": "similar shops' purchases of 3 days against their usual",
    "own_and_neighbours": "own and similar shops' frequency, 0.7 and 0.3",
    "tifu_knn": "own and 300 similar shops' frequency, recent groups of weeks count more",
    "up_cf": "own and the most similar shops' purchases of the last 8 weeks",
}
_AFFINITY: Final = {
    **{f"affinity_{a}": f"other products of the same {a} that are bought" for a in AFFINITIES},
    **{f"share_of_{a}": f"share of the {a} that is this product" for a in AFFINITIES},
    **{f"days_since_{a}": f"days since anything of the {a} was bought" for a in RECENT_AFFINITIES},
    "share_of_basket": "share of all purchases that is this product",
}
_PLACE: Final = {
    **{f"type_rate_{r}": f"shops of this type buy it, half-life {r}" for r in GROUP_RATES},
    **{f"cell_rate_{r}": f"shops nearby buy it, half-life {r}" for r in GROUP_RATES},
    "cell_orders_1w": "orders of shops nearby last week",
    "cell_orders_change": "orders of shops nearby against the usual",
}
_RANK: Final = {
    "rank_pair_decay": "rank for this shop by own frequency",
    "rank_order_decay": "rank for this shop by share of orders",
    "rank_neighbours": "rank for this shop by similar shops",
    "rank_order_surge": "rank for this shop by share of orders times surge",
}
_LEVEL: Final = {
    "level_1w": "all orders of last week against the 8 weeks before",
    "level_2w": "all orders of two weeks against the 8 weeks before",
    "horizon_days": "days in the forecast window",
    "day_of_month": "day of the month on which the window begins",
}
_ATTRIBUTE: Final = {
    "customer_type": "type of shop",
    "product_brand": "brand",
    "product_segment": "segment",
    "product_package": "package",
    "product_sub_category": "sub-category",
    "product_package_size": "package and size",
}

_DESCRIBED: Final[Mapping[str, Mapping[str, str]]] = {
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


def describe(name: str) -> str:
    """Return what a feature says, as a short phrase; ``KeyError`` for an unknown one."""
    return _DESCRIBED[_FAMILY_OF[name]][name]
