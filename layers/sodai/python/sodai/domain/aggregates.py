"""What questions are asked of: sales summed up per order and product, and the forecast's pairs."""

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

ORDER: Final = ["customer_id", "purchase_date", "order_id"]
CUSTOMER: Final = ["customer_id", "customer_type"]
PRODUCT: Final = ["product_id", "brand", "category", "sub_category", "segment", "package", "size"]
PAIR: Final = ["customer_id", "product_id", "probability", "expected_items", "selected"]

Row = tuple[Any, ...]


def sales_of(
    customers: pd.DataFrame, products: pd.DataFrame, transactions: pd.DataFrame
) -> dict[str, list[Row]]:
    """Return the rows of each table of sales, as `sodai.serving.asking.books` wants them.

    An order is what one customer ordered under one number on one day. Returns are counted apart
    and not subtracted from the units.
    """
    lines = transactions.assign(
        day=transactions["purchase_date"].dt.strftime("%Y-%m-%d"),
        order_no=transactions.groupby(ORDER).ngroup(),
        purchases=(~transactions["is_return"]).astype(int),
        units=transactions["items"].astype(float).where(~transactions["is_return"], 0.0),
        returns=transactions["is_return"].astype(int),
    )
    keys = ["day", "customer_id", "product_id", "order_no"]
    summed = lines.groupby(keys, as_index=False)[["purchases", "units", "returns"]].sum()
    return {
        "customers": list(_rows(customers.drop_duplicates("customer_id"), CUSTOMER)),
        "products": list(_rows(products.drop_duplicates("product_id"), PRODUCT)),
        "sales": list(_rows(summed, [*keys, "purchases", "units", "returns"])),
        "span": [(lines["day"].min(), lines["day"].max())],
    }


def pairs_of(ranking: pd.DataFrame) -> dict[str, list[Row]]:
    """Return the rows of the table of a forecast's scored pairs (see `ranking.rank`)."""
    selected = ranking["selected"].astype(int)
    return {"pairs": list(_rows(ranking.assign(selected=selected), PAIR))}


def _rows(frame: pd.DataFrame, columns: list[str]) -> Iterator[Row]:
    plain = frame[columns].astype(object)
    return plain.where(plain.notna(), None).itertuples(index=False, name=None)
