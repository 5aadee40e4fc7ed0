from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from data.errors import NotGenerated
from data.generate import Tables, following, generate
from data.recipe import Recipe
from data.tables import (
    TRANSACTIONS,
    TRANSACTIONS_FILE,
    newest_day,
    read_recipe,
    read_tables,
    write_file,
    write_tables,
)


@pytest.fixture
def folder(tables: Tables, recipe: Recipe, tmp_path: Path) -> Path:
    write_tables(tables, recipe, tmp_path)
    return tmp_path


def test_files_are_the_same_byte_for_byte(folder: Path, recipe: Recipe, tmp_path: Path) -> None:
    again = write_tables(generate(recipe), recipe, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [
        (folder / path.name).read_bytes() for path in again
    ]


def test_what_is_written_is_read_back(folder: Path, tables: Tables) -> None:
    read = read_tables(folder)
    assert_frame_equal(read.transactions, tables.transactions)
    assert_frame_equal(read.customers, tables.customers)


def test_types_in_the_file_are_those_of_the_real_one(folder: Path) -> None:
    schema = pq.read_schema(folder / TRANSACTIONS_FILE)
    assert [str(kind) for kind in schema.types] == [
        *3 * ["int64"],
        "timestamp[ns]",
        "double",
    ]


def test_schema_equals_the_real_files(real_tables: Path, folder: Path) -> None:
    for made in sorted(folder.glob("*.parquet")):
        real = pq.read_schema(real_tables / made.name)
        columns = [(field.name, field.type) for field in real if not field.name.startswith("__")]
        assert [(field.name, field.type) for field in pq.read_schema(made)] == columns


def test_no_id_or_place_is_a_real_one(real_tables: Path) -> None:
    sample = read_tables(Path(__file__).parents[3] / "data" / "sample")
    real = read_tables(real_tables)
    for made, true, columns in (
        (sample.customers, real.customers, ["customer_id", "zone_id", "region_id", "X", "Y"]),
        (sample.products, real.products, ["product_id", "brand"]),
        (sample.transactions, real.transactions, ["order_id"]),
    ):
        for column in columns:
            assert not made[column].dropna().isin(true[column]).any(), column


def test_the_recipe_travels_with_the_files(folder: Path, recipe: Recipe) -> None:
    assert read_recipe(folder) == recipe


def test_newest_day_counts_weeks_delivered_beside_the_first_file(
    folder: Path, recipe: Recipe
) -> None:
    sunday = recipe.monday(recipe.weeks) - timedelta(days=1)
    assert newest_day(folder) == sunday
    until = sunday + timedelta(days=3)
    rows = following(recipe, sunday, until)
    write_file(rows, TRANSACTIONS, recipe, folder / "transacciones-next.parquet")
    assert newest_day(folder) == until


def test_tables_of_another_origin_cannot_be_continued(folder: Path) -> None:
    path = folder / TRANSACTIONS_FILE
    pd.read_parquet(path).to_parquet(path)
    with pytest.raises(NotGenerated, match="does not say what it was made from"):
        read_recipe(folder)


def test_a_folder_without_tables_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotGenerated, match=TRANSACTIONS_FILE):
        read_recipe(tmp_path)


def test_a_recipe_survives_its_text() -> None:
    recipe = replace(Recipe(), seed=42, first_monday=date(2023, 1, 2))
    assert Recipe.from_json(recipe.to_json()) == recipe
