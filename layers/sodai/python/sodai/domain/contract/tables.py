"""The three tables, their columns, and the state of the accepted data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

import pandas as pd

Table = Literal["customers", "products", "transactions"]
Kind = Literal["whole", "label", "number", "day"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        As in the delivered file.
    kind : str
        ``whole`` (int64), ``label`` (str), ``number`` (float64) or ``day`` (datetime64).
    is_key : bool
        A row without it is set aside.
    """

    name: str
    kind: Kind
    is_key: bool = False


SCHEMAS: Final[Mapping[Table, tuple[Column, ...]]] = {
    "customers": (
        Column("customer_id", "whole", is_key=True),
        Column("region_id", "whole"),
        Column("zone_id", "whole"),
        Column("customer_type", "label"),
        Column("Y", "number"),
        Column("X", "number"),
        Column("num_deliver_per_week", "whole"),
        Column("num_visit_per_week", "whole"),
    ),
    "products": (
        Column("product_id", "whole", is_key=True),
        Column("brand", "label"),
        Column("category", "label"),
        Column("sub_category", "label"),
        Column("segment", "label"),
        Column("package", "label"),
        Column("size", "number"),
    ),
    "transactions": (
        Column("customer_id", "whole", is_key=True),
        Column("product_id", "whole", is_key=True),
        Column("order_id", "whole", is_key=True),
        Column("purchase_date", "day"),
        Column("items", "number"),
    ),
}
LINE: Final = [column.name for column in SCHEMAS["transactions"]]
TRANSACTION_ORDER: Final = ["purchase_date", "customer_id", "order_id", "product_id", "items"]
CLEAN_DTYPES: Final[Mapping[Kind, str]] = {
    "whole": "int64",
    "label": "str",
    "number": "float64",
    "day": "datetime64[ns]",
}


def names_of(table: Table) -> list[str]:
    """Return the column names of a table, in order."""
    return [column.name for column in SCHEMAS[table]]


def keys_of(table: Table) -> list[str]:
    """Return the columns without which a row means nothing."""
    return [column.name for column in SCHEMAS[table] if column.is_key]


def as_clean(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Give rows without missing keys the dtypes of clean data; returns of goods are flagged."""
    dtypes = {column.name: CLEAN_DTYPES[column.kind] for column in SCHEMAS[table]}
    clean = frame[list(dtypes)].astype(dtypes)
    if table == "transactions":
        clean["is_return"] = clean["items"] <= 0
    return clean.reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file that was read: its rows are not judged yet, so whole numbers may be missing."""

    name: str
    sha256: str
    table: Table
    frame: pd.DataFrame


@dataclass(frozen=True, slots=True)
class CleanState:
    """What has been accepted so far.

    Parameters
    ----------
    customers, products, transactions : DataFrame
        The clean tables, all accepted weeks.
    accepted : mapping
        Name of every accepted file by its SHA-256.
    """

    customers: pd.DataFrame
    products: pd.DataFrame
    transactions: pd.DataFrame
    accepted: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_day(self) -> date | None:
        """Oldest purchase day."""
        return _day(self.transactions["purchase_date"].min())

    @property
    def newest_day(self) -> date | None:
        """Newest purchase day."""
        return _day(self.transactions["purchase_date"].max())

    @classmethod
    def empty(cls) -> "CleanState":
        """Return the state before the first load."""
        return cls(_blank("customers"), _blank("products"), _blank("transactions"))


def _blank(table: Table) -> pd.DataFrame:
    return as_clean(table, pd.DataFrame(columns=names_of(table)))


def _day(moment: pd.Timestamp) -> date | None:
    return None if pd.isna(moment) else moment.date()
