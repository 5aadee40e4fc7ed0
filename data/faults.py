"""Broken deliveries: each function takes a sound table and returns it with one fault.

Chance is seeded, the given table is left as it was. Faults and the layer that must notice each
are listed in the design of the monitoring.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd

from data.recipe import Bools

UNKNOWN_ID: Final = 990_000_000
DAYS_PER_WEEK: Final = 7


def without_column(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Leave a column out."""
    return table.drop(columns=column)


def renamed_column(table: pd.DataFrame, column: str, name: str) -> pd.DataFrame:
    """Give a column another name."""
    return table.rename(columns={column: name})


def emptied(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the columns and no row."""
    return table.iloc[:0]


def as_text(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Write numbers or dates as text."""
    return table.assign(**{column: table[column].astype(str)})


def with_nulls(table: pd.DataFrame, column: str, share: float = 0.3, seed: int = 0) -> pd.DataFrame:
    """Lose the values of a column in a share of the rows."""
    return table.assign(**{column: table[column].mask(_some(table, share, seed))})


def doubled_rows(table: pd.DataFrame, share: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Write a share of the rows twice."""
    return pd.concat([table, table[_some(table, share, seed)]], ignore_index=True)


def with_unknown_ids(
    table: pd.DataFrame, column: str, share: float = 0.3, seed: int = 0
) -> pd.DataFrame:
    """Replace a share of the ids in ``column`` by ids that no table knows."""
    ids = table[column].where(~_some(table, share, seed), table[column] + UNKNOWN_ID)
    return table.assign(**{column: ids})


def with_value(
    table: pd.DataFrame, column: str, value: float | str, share: float = 0.3, seed: int = 0
) -> pd.DataFrame:
    """Put one value into a share of the rows of a column."""
    return table.assign(**{column: table[column].mask(_some(table, share, seed), value)})


def scaled(
    table: pd.DataFrame, column: str, factor: float = 12.0, share: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """Multiply a column in a share of the rows, as when bottles are counted for cases."""
    values = table[column].where(~_some(table, share, seed), table[column] * factor)
    return table.assign(**{column: values})


def shuffled(table: pd.DataFrame, column: str, share: float = 0.3, seed: int = 0) -> pd.DataFrame:
    """Exchange the values of a column among a share of the rows."""
    chosen = _some(table, share, seed)
    values = table[column].copy()
    values[chosen] = np.random.default_rng(seed).permutation(values[chosen].to_numpy())
    return table.assign(**{column: values})


def swapped_places(customers: pd.DataFrame, share: float = 0.3, seed: int = 0) -> pd.DataFrame:
    """Write X for Y and Y for X in a share of the customers."""
    chosen = _some(customers, share, seed)
    x, y = customers["X"], customers["Y"]
    return customers.assign(X=x.where(~chosen, y), Y=y.where(~chosen, x))


def thinned(transactions: pd.DataFrame, lost: float = 0.4, seed: int = 0) -> pd.DataFrame:
    """Lose a share of the orders, each with all its lines."""
    orders = transactions["order_id"].drop_duplicates()
    gone = orders[_some(orders, lost, seed)]
    return transactions[~transactions["order_id"].isin(gone)].reset_index(drop=True)


def without_weekdays(transactions: pd.DataFrame, weekdays: Collection[int]) -> pd.DataFrame:
    """Lose the days of the given weekdays (Monday is 0)."""
    weekday = transactions["purchase_date"].dt.day_of_week.to_numpy()
    kept: Bools = ~np.isin(weekday, list(weekdays))
    return transactions.loc[kept].reset_index(drop=True)


def replayed(transactions: pd.DataFrame, weeks: int = 1) -> pd.DataFrame:
    """Deliver the same lines again under later dates and new order ids."""
    moved = transactions["purchase_date"] + pd.Timedelta(days=DAYS_PER_WEEK * weeks)
    return transactions.assign(
        purchase_date=moved, order_id=transactions["order_id"] + UNKNOWN_ID * weeks
    )


def text_file(path: Path) -> Path:
    """Write a line of text into a file whatever its name promises."""
    path.write_text("customer_id;product_id;items\n5000001;500001;2\n", encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and the table it breaks."""

    table: Literal["customers", "products", "transactions"]
    breaks: Callable[[pd.DataFrame], pd.DataFrame]


FAULTS: Final = {
    "missing-column": Fault("transactions", partial(without_column, column="items")),
    "renamed-column": Fault(
        "customers", partial(renamed_column, column="customer_type", name="kind")
    ),
    "empty": Fault("transactions", emptied),
    "dates-as-text": Fault("transactions", partial(as_text, column="purchase_date")),
    "doubled": Fault("transactions", doubled_rows),
    "unknown-customers": Fault("transactions", partial(with_unknown_ids, column="customer_id")),
    "unknown-products": Fault("transactions", partial(with_unknown_ids, column="product_id")),
    "items-times-12": Fault("transactions", partial(scaled, column="items")),
    "no-monday-tuesday": Fault("transactions", partial(without_weekdays, weekdays=(0, 1))),
    "replayed": Fault("transactions", replayed),
    "demand-down": Fault("transactions", thinned),
    "places-lost": Fault("customers", partial(with_nulls, column="X")),
    "places-swapped": Fault("customers", swapped_places),
    "types-shuffled": Fault("customers", partial(shuffled, column="customer_type")),
    "new-region": Fault("customers", partial(with_value, column="region_id", value=999)),
    "size-in-ml": Fault("products", partial(scaled, column="size", factor=1000.0)),
}


def _some(table: pd.DataFrame | pd.Series, share: float, seed: int) -> Bools:
    """Choose exactly a share of the rows."""
    count = len(table)
    chosen: Bools = np.zeros(count, bool)
    chosen[np.random.default_rng(seed).permutation(count)[: round(share * count)]] = True
    return chosen
