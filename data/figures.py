"""Aggregate figures of a distributor's tables: what makes two of them of the same kind."""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from data.baselines import WARM_UP_WEEKS, judge
from data.errors import TooShort
from data.recipe import Bools

FEWEST_WEEKS: Final = WARM_UP_WEEKS + 2
LATE_WEEK: Final = 21  # a product first sold after it is a newcomer

Figures = dict[str, float]


def measure(customers: pd.DataFrame, products: pd.DataFrame, transactions: pd.DataFrame) -> Figures:
    """Return the aggregate figures of a distributor, over its complete weeks.

    Raw tables are read as they come; purchases are lines with ``items > 0``, exact repeats once.

    Raises
    ------
    TooShort
        If there are too few complete weeks to judge the naive forecasts.
    """
    lines = transactions.drop_duplicates()
    kept = lines[lines["items"] > 0]
    bought = pairs_by_week(customers, kept)
    if bought.shape[2] < FEWEST_WEEKS:
        raise TooShort(
            f"The transactions hold {bought.shape[2]} complete weeks; the figures need "
            f"{FEWEST_WEEKS}, and a year to be compared with a year."
        )
    return {
        **_table_figures(customers, products, transactions, lines, kept),
        **_week_figures(bought),
        **judge(bought),
    }


def pairs_by_week(customers: pd.DataFrame, purchases: pd.DataFrame) -> Bools:
    """Return an array (customers, sold products, complete weeks): bought or not."""
    day = purchases["purchase_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    week = (day + 3) // 7  # weeks since the Monday of 1 January 1970
    first, newest = week.min(), day.max()
    complete = int((newest + 4) // 7 - first)
    customer_ids = np.sort(customers["customer_id"].to_numpy())
    product_ids, product = np.unique(purchases["product_id"].to_numpy(), return_inverse=True)
    customer = np.searchsorted(customer_ids, purchases["customer_id"].to_numpy())
    bought: Bools = np.zeros((len(customer_ids), len(product_ids), complete), bool)
    inside = week - first < complete
    bought[customer[inside], product[inside], (week - first)[inside]] = True
    return bought[:, np.flatnonzero(bought.any(axis=(0, 2)))]


def _table_figures(
    customers: pd.DataFrame,
    products: pd.DataFrame,
    raw: pd.DataFrame,
    lines: pd.DataFrame,
    kept: pd.DataFrame,
) -> Figures:
    weekday = lines["purchase_date"].dt.day_of_week
    distinct = kept.groupby("customer_id")["product_id"].nunique()
    thirds = (raw["items"] * 3).round().astype(np.int64)
    orders = kept[["customer_id", "purchase_date"]].drop_duplicates()
    return {
        "sold_share_of_catalogue": kept["product_id"].nunique() / len(products),
        "buyers_share_of_customers": len(distinct) / len(customers),
        "pairs_per_buyer": float(distinct.mean()),
        "lines_per_order": len(lines) / lines["order_id"].nunique(),
        "orders_per_customer": len(orders) / len(customers),
        "returns_share": float((lines["items"] <= 0).mean()),
        "repeats_share": 1 - len(lines) / len(raw),
        "non_integer_share": float((thirds % 3 != 0).mean()),
        "items_median": float(raw["items"].median()),
        "items_mean": float(raw["items"].mean()),
        "weekdays_share": float((weekday < 5).mean()),
    }


def _week_figures(bought: Bools) -> Figures:
    pairs = bought.sum(axis=(0, 1))
    ordering = np.asarray(bought.any(axis=1))
    again = (bought[:, :, 1:] & bought[:, :, :-1]).sum(axis=(0, 1)) / pairs[:-1]
    sold = np.asarray(bought.any(axis=0))
    first_week = np.argmax(sold, axis=1)
    return {
        "customers_ordering_a_week": float(ordering.mean()),
        "products_per_basket_week": float(np.mean(pairs / ordering.sum(axis=0))),
        "orders_again_next_week": float(
            (ordering[:, 1:] & ordering[:, :-1]).sum() / ordering[:, :-1].sum()
        ),
        "repeat_rate": float(again.mean()),
        "positives_spread": float(pairs.std() / pairs.mean()),
        "products_sold_a_week": float(sold.sum(axis=0).mean()) / bought.shape[1],
        "late_newcomers_share": float((first_week > LATE_WEEK).mean()),
        "best_ten_share": float(np.sort(bought.sum(axis=(0, 2)))[-10:].sum() / pairs.sum()),
    }


MEANING: Final = {
    "customers_ordering_a_week": "share of customers who order in a week",
    "orders_again_next_week": "share of them who order in the next week too",
    "orders_per_customer": "days with an order, per customer",
    "buyers_share_of_customers": "share of customers who ever bought",
    "products_per_basket_week": "products a customer buys in a week with an order",
    "lines_per_order": "lines per order",
    "pairs_per_buyer": "products a buyer ever bought",
    "repeat_rate": "share of a week's pairs bought again in the next",
    "positives_spread": "spread of weekly pairs (standard deviation / mean)",
    "sold_share_of_catalogue": "share of the catalogue ever sold",
    "products_sold_a_week": "share of these sold in a week",
    "late_newcomers_share": "share of these first sold after week 21",
    "best_ten_share": "share of all pairs held by ten products",
    "items_median": "median of items",
    "items_mean": "mean of items",
    "non_integer_share": "share of lines with a broken case",
    "returns_share": "share of lines that are returns",
    "repeats_share": "share of lines written twice",
    "weekdays_share": "share of lines from Monday to Friday",
    "repeat_last_week_f1": "F1 of repeating last week",
    "frequency_8w_f1": "F1 of the frequency over 8 weeks",
    "frequency_8w_ap": "average precision of the same",
    "logistic_f1": "F1 of a logistic model of recency and frequency",
    "logistic_ap": "average precision of the same",
}

MEASURED_ON: Final = date(2026, 11, 25)
REAL: Final[Figures] = {
    "customers_ordering_a_week": 0.56507,
    "orders_again_next_week": 0.73928,
    "orders_per_customer": 41.17,
    "buyers_share_of_customers": 0.94965,
    "products_per_basket_week": 4.3824,
    "lines_per_order": 3.9327,
    "pairs_per_buyer": 20.479,
    "repeat_rate": 0.42752,
    "positives_spread": 0.24207,
    "sold_share_of_catalogue": 0.1174,
    "products_sold_a_week": 0.48111,
    "late_newcomers_share": 0.23009,
    "best_ten_share": 0.62687,
    "items_median": 2.3333,
    "items_mean": 4.3786,
    "non_integer_share": 0.57622,
    "returns_share": 0.032856,
    "repeats_share": 0.0034715,
    "weekdays_share": 0.88068,
    "repeat_last_week_f1": 0.46137,
    "frequency_8w_f1": 0.54968,
    "frequency_8w_ap": 0.51454,
    "logistic_f1": 0.55455,
    "logistic_ap": 0.57598,
}
