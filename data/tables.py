"""The three parquet files of a distributor, byte for byte the same for the same rows."""

from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import NotGenerated
from data.generate import Tables
from data.recipe import Recipe

CUSTOMERS_FILE: Final = "clientes.parquet"
PRODUCTS_FILE: Final = "productos.parquet"
TRANSACTIONS_FILE: Final = "transacciones.parquet"
RECIPE_KEY: Final = b"sodai.recipe"  # in the file's metadata; no reader of the columns sees it

CUSTOMERS: Final = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("region_id", pa.int64()),
        ("zone_id", pa.int64()),
        ("customer_type", pa.string()),
        ("Y", pa.float64()),
        ("X", pa.float64()),
        ("num_deliver_per_week", pa.int64()),
        ("num_visit_per_week", pa.int64()),
    ]
)
PRODUCTS: Final = pa.schema(
    [
        ("product_id", pa.int64()),
        ("brand", pa.string()),
        ("category", pa.string()),
        ("sub_category", pa.string()),
        ("segment", pa.string()),
        ("package", pa.string()),
        ("size", pa.float64()),
    ]
)
TRANSACTIONS: Final = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("product_id", pa.int64()),
        ("order_id", pa.int64()),
        ("purchase_date", pa.timestamp("ns")),
        ("items", pa.float64()),
    ]
)


def write_tables(tables: Tables, recipe: Recipe, folder: Path) -> list[Path]:
    """Write the three files, each carrying the recipe, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = (
        (CUSTOMERS_FILE, CUSTOMERS, tables.customers),
        (PRODUCTS_FILE, PRODUCTS, tables.products),
        (TRANSACTIONS_FILE, TRANSACTIONS, tables.transactions),
    )
    for name, schema, frame in files:
        write_file(frame, schema, recipe, folder / name)
    return [folder / name for name, *_ in files]


def write_file(frame: pd.DataFrame, schema: pa.Schema, recipe: Recipe, path: Path) -> None:
    """Write one table; the file appears whole or not at all."""
    schema = schema.with_metadata({RECIPE_KEY: recipe.to_json().encode()})
    table = pa.Table.from_pandas(frame[schema.names], preserve_index=False)
    table = table.replace_schema_metadata(None).cast(schema)
    unfinished = path.with_name(f".{path.name}.unfinished")
    pq.write_table(table, unfinished, compression="zstd", compression_level=12)
    unfinished.replace(path)


def read_tables(folder: Path) -> Tables:
    """Read the three files of a distributor, synthetic or real."""
    customers, products, transactions = (
        pd.read_parquet(_existing(folder / name))
        for name in (CUSTOMERS_FILE, PRODUCTS_FILE, TRANSACTIONS_FILE)
    )
    return Tables(customers, products, transactions)


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe that a folder's transactions were made from.

    Raises
    ------
    NotGenerated
        If the file is missing, or was not written by this generator.
    """
    path = _existing(folder / TRANSACTIONS_FILE)
    recipe = (pq.read_schema(path).metadata or {}).get(RECIPE_KEY)
    if recipe is None:
        raise NotGenerated(
            f"{path} does not say what it was made from, so its next week cannot be made. "
            "Only tables written by 'python -m data generate' can be continued."
        )
    return Recipe.from_json(recipe.decode())


def newest_day(folder: Path) -> date:
    """Return the newest purchase day in the transaction files of a folder.

    Every file whose name starts like the transaction table's counts, so weeks delivered into
    the same folder one by one follow each other.
    """
    pattern = TRANSACTIONS_FILE.replace(".", "*.")
    days = [
        pq.read_table(path, columns=["purchase_date"])["purchase_date"].to_numpy().max()
        for path in sorted(folder.glob(pattern))
    ]
    return pd.Timestamp(max(days)).date()


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise NotGenerated(
            f"There is no {path}. A distributor's folder holds {CUSTOMERS_FILE}, "
            f"{PRODUCTS_FILE} and {TRANSACTIONS_FILE}."
        )
    return path
