"""Lay a forecast out for serving: one entry per shop, one catalogue, the work list."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from sodai.domain.calendar import HISTORY_WEEKS, Window, monday_of
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
    why : Why, optional
        What is told of the explained pairs.
    """
    why = why or Why()
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
        yield {
            "customer_id": shop,
            "region_id": int(row["region_id"]),
            "zone_id": int(row["zone_id"]),
            "place": places[shop],
            "customer_type": row["customer_type"],
            "location_x": _number(row["X"]),
            "location_y": _number(row["Y"]),
            "deliveries_per_week": int(row["num_deliver_per_week"]),
            "cold": shop not in bought,
            "order_probability": _number(orders.get(shop, np.nan)),
            "expected_units": 0.0 if mine is None else round(float(mine.expected_items.sum()), 3),
            "ranking": [] if mine is None else _rows(mine),
            "contributions": {} if mine is None else _told(why.contributions, shop, mine),
            "reasons": {} if mine is None else _told(why.reasons, shop, mine),
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


def _told(known: Mapping[tuple[int, int], Any], shop: int, mine: pd.DataFrame) -> dict[str, Any]:
    pairs = ((product, (shop, product)) for product in mine["product_id"].tolist())
    return {str(product): known[pair] for product, pair in pairs if pair in known}


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
