"""Lay a forecast out for serving: one entry per shop, one catalogue, the work list."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from sodai.domain.calendar import HISTORY_WEEKS, Window, monday_of
from sodai.domain.cold_start.likeness import rank_alike
from sodai.domain.history import History
from sodai.domain.ranking import as_shown, order_probabilities
from sodai.domain.reasons import Why

RANKED: Final = (
    "product_id",
    "probability",
    "selected",
    "expected_items",
    "weeks_bought_of_8",
    "days_since_last",
)


def customers_of(
    ranking: pd.DataFrame,
    customers: pd.DataFrame,
    transactions: pd.DataFrame,
    target: Window,
    history: History,
    rates: Mapping[str, Any],
    why: Why | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield what the API shows of every known shop, in the order of their ids.

    Parameters
    ----------
    ranking : DataFrame
        All scored pairs, best first within a customer (see `ranking.rank`).
    customers, transactions : DataFrame
        Clean tables.
    target : Window
        The window forecast; what is shown of the past ends before it.
    history : History
        Of all customers: it knows their places.
    rates : mapping
        Of shops alike, see ``cold_start.learning``: they speak for shops without history.
    why : Why, optional
        What is told of the explained pairs.
    """
    told = why or Why()
    recent = _recent(transactions, target)
    past, products = _weekly(recent), _bought(recent)
    known = history.customers
    places = dict(zip(known.ids.tolist(), known.cells.tolist(), strict=True))
    bought = set(transactions.loc[~transactions["is_return"], "customer_id"].unique().tolist())
    orders = order_probabilities(ranking)
    ranked = dict(iter(ranking.groupby("customer_id", sort=False)))
    for row in customers.sort_values("customer_id").to_dict("records"):
        shop = int(row["customer_id"])
        mine = ranked.get(shop)
        is_cold = shop not in bought
        yield {
            "customer_id": shop,
            "region_id": int(row["region_id"]),
            "zone_id": int(row["zone_id"]),
            "place": places[shop],
            "customer_type": row["customer_type"],
            "location_x": _number(row["X"]),
            "location_y": _number(row["Y"]),
            "deliveries_per_week": int(row["num_deliver_per_week"]),
            "cold": is_cold,
            "order_probability": _number(orders.get(shop, np.nan)),
            "expected_units": 0.0 if mine is None else round(float(mine.expected_items.sum()), 3),
            **(_like_others(row, mine, rates) if is_cold else _by_model(shop, mine, told)),
            "history": past.get(shop, []),
            "bought": products.get(shop, []),
        }


def catalogue_of(
    products: pd.DataFrame,
    history: History,
    forecast: Mapping[str, Any],
    why: Why | None = None,
) -> dict[str, Any]:
    """Return the catalogue of a forecast: its facts, every product, and the labels of parts."""
    sold = set(history.product_ids.tolist())
    columns = ["brand", "category", "sub_category", "segment", "package"]
    return {
        **forecast,
        "labels": why.labels if why else [],
        "products": {
            str(row["product_id"]): {
                **{name: row[name] for name in columns},
                "size": _number(row["size"]),
                "sold": row["product_id"] in sold,
            }
            for row in products.sort_values("product_id").to_dict("records")
        },
    }


def _by_model(shop: int, mine: pd.DataFrame | None, why: Why) -> dict[str, Any]:
    """Return what the model says of a shop with history."""
    if mine is None:
        return {"ranking": [], "contributions": {}, "reasons": {}}
    pairs = [(str(product), (shop, product)) for product in mine["product_id"].tolist()]
    return {
        "ranking": _rows(mine),
        **{
            name: {product: known[pair] for product, pair in pairs if pair in known}
            for name, known in (("contributions", why.contributions), ("reasons", why.reasons))
        },
    }


def _like_others(
    shop: Mapping[Any, Any], mine: pd.DataFrame | None, rates: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what shops like it say of a shop without history, for the candidates of the model."""
    if mine is None:
        return {"ranking": [], "contributions": {}, "reasons": {}}
    x, y = _number(shop["X"]), _number(shop["Y"])
    place = None if x is None or y is None else (x, y)
    alike = rank_alike(rates, shop["customer_type"], place, int(shop["num_deliver_per_week"]))
    known = {row[0]: row for row in _rows(mine)}
    shown = [one for one in alike if one.product_id in known and one.chance > 0]
    return {
        "ranking": [_in_place_of(known[one.product_id], one.chance) for one in shown],
        "contributions": {},
        "reasons": {str(one.product_id): one.reasons() for one in shown},
    }


def _in_place_of(row: list[Any], chance: float) -> list[Any]:
    product, probability, selected, items, weeks, days = row
    typical = items / probability if probability else 1.0  # a baseline may give no chance at all
    return [product, chance, selected, round(typical * chance, 3), weeks, days]


def _rows(mine: pd.DataFrame) -> list[list[Any]]:
    return [
        [
            int(product),
            as_shown(probability),
            int(selected),
            round(float(items), 3),
            int(weeks),
            None if pd.isna(days) else int(days),
        ]
        for product, probability, selected, items, weeks, days in zip(
            *(mine[name].tolist() for name in RANKED), strict=True
        )
    ]


def _recent(transactions: pd.DataFrame, target: Window) -> pd.DataFrame:
    """Return the purchases of the weeks shown, with their Monday."""
    start = pd.Timestamp(monday_of(target.cutoff) - timedelta(weeks=HISTORY_WEEKS))
    recent = transactions[~transactions["is_return"] & (transactions["purchase_date"] >= start)]
    day = recent["purchase_date"]
    monday = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    return recent.assign(monday=monday.dt.strftime("%Y-%m-%d"))


def _weekly(recent: pd.DataFrame) -> dict[int, list[list[Any]]]:
    """Return per shop the last weeks' [Monday, items, products], oldest first."""
    weekly = (
        recent.groupby(["customer_id", "monday"])
        .agg(items=("items", "sum"), products=("product_id", "nunique"))
        .reset_index()
    )
    past: dict[int, list[list[Any]]] = {}
    for row in weekly.to_dict("records"):
        entry = [row["monday"], round(float(row["items"]), 3), int(row["products"])]
        past.setdefault(int(row["customer_id"]), []).append(entry)
    return past


def _bought(recent: pd.DataFrame) -> dict[int, list[list[Any]]]:
    """Return per shop its products' [id, weeks bought, items, last Monday]."""
    totals = (
        recent.groupby(["customer_id", "product_id"])
        .agg(weeks=("monday", "nunique"), items=("items", "sum"), last=("monday", "max"))
        .reset_index()
    )
    bought: dict[int, list[list[Any]]] = {}
    for row in totals.to_dict("records"):
        entry = [int(row["product_id"]), int(row["weeks"]), round(float(row["items"]), 3)]
        bought.setdefault(int(row["customer_id"]), []).append([*entry, row["last"]])
    return bought


def _number(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
