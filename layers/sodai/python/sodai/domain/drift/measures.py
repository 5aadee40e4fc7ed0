"""What a week of lines is looked at by: 8 numbers, 8 categories and 6 shares."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

NUMERIC: Final = (
    "items",
    "order_lines",
    "order_items",
    "size",
    "X",
    "Y",
    "deliveries",
    "products_per_customer",
)
CATEGORICAL: Final = (
    "customer_type",
    "brand",
    "category",
    "sub_category",
    "segment",
    "package",
    "product",
    "weekday",
)


@dataclass(frozen=True, slots=True)
class Measures:
    """A week's values by feature: per line, per order or per customer; nulls are nan."""

    lines: int
    numbers: Mapping[str, np.ndarray]
    labels: Mapping[str, pd.Series]


def lines_of(week: date, transactions: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the week named by its Monday."""
    days = transactions["purchase_date"]
    start = pd.Timestamp(week)
    chosen: pd.DataFrame = transactions[(days >= start) & (days < start + timedelta(weeks=1))]
    return chosen


def measure_week(
    week: date, transactions: pd.DataFrame, customers: pd.DataFrame, products: pd.DataFrame
) -> Measures:
    """Return the values of a week's lines, orders and customers by feature."""
    lines = lines_of(week, transactions)
    order = lines.groupby(["customer_id", "order_id"])["items"]
    shop = customers.set_index("customer_id").reindex(lines["customer_id"])
    drink = products.set_index("product_id").reindex(lines["product_id"])
    numbers = {
        "items": lines["items"],
        "order_lines": order.size(),
        "order_items": order.sum(),
        "size": drink["size"],
        "X": shop["X"],
        "Y": shop["Y"],
        "deliveries": shop["num_deliver_per_week"],
        "products_per_customer": lines.groupby("customer_id")["product_id"].nunique(),
    }
    labels = {
        "customer_type": shop["customer_type"],
        **{name: drink[name] for name in ("brand", "category", "sub_category")},
        **{name: drink[name] for name in ("segment", "package")},
        "product": lines["product_id"].astype("str"),
        "weekday": lines["purchase_date"].dt.day_of_week.astype("str"),
    }
    return Measures(
        lines=len(lines),
        numbers={name: values.to_numpy(dtype=np.float64) for name, values in numbers.items()},
        labels=labels,
    )
