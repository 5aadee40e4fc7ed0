from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from data.errors import BadRecipe
from data.generate import Tables, end_of_week, following, generate
from data.recipe import FIRST_MONDAY, Recipe
from data.tables import CUSTOMERS, PRODUCTS, TRANSACTIONS

KEY = ["customer_id", "product_id", "order_id", "purchase_date", "items"]


def last_day(recipe: Recipe) -> date:
    return recipe.monday(recipe.weeks) - timedelta(days=1)


def test_columns_are_those_of_the_real_tables(tables: Tables) -> None:
    assert list(tables.customers) == CUSTOMERS.names
    assert list(tables.products) == PRODUCTS.names
    assert list(tables.transactions) == TRANSACTIONS.names == KEY
    assert tables.transactions["purchase_date"].dtype == "datetime64[ns]"
    assert tables.transactions["items"].dtype == "float64"


def test_ids_are_unique_and_every_line_knows_its_shop_and_product(tables: Tables) -> None:
    assert tables.customers["customer_id"].is_unique
    assert tables.products["product_id"].is_unique
    assert tables.transactions["customer_id"].isin(tables.customers["customer_id"]).all()
    assert tables.transactions["product_id"].isin(tables.products["product_id"]).all()


def test_an_order_is_one_shop_on_one_day(tables: Tables) -> None:
    by_order = tables.transactions.groupby("order_id")[["customer_id", "purchase_date"]].nunique()
    assert (by_order == 1).all(axis=None)
    by_visit = tables.transactions.groupby(["customer_id", "purchase_date"])["order_id"].nunique()
    assert (by_visit == 1).all()


def test_order_ids_grow_with_the_days(tables: Tables) -> None:
    assert tables.transactions["order_id"].is_monotonic_increasing
    assert tables.transactions["purchase_date"].is_monotonic_increasing


def test_a_return_belongs_to_a_purchase_in_the_same_order(tables: Tables) -> None:
    lines = tables.transactions
    pair = ["order_id", "product_id"]
    kept = lines.loc[lines["items"] > 0, pair].drop_duplicates()
    returns = lines.loc[lines["items"] <= 0, pair]
    assert len(returns) > 0
    assert len(returns.merge(kept)) == len(returns)


def test_items_are_whole_thirds_of_a_case(tables: Tables) -> None:
    thirds = tables.transactions["items"] * 3
    assert np.allclose(thirds, thirds.round())


def test_every_week_has_all_its_days(tables: Tables, recipe: Recipe) -> None:
    day = tables.transactions["purchase_date"].drop_duplicates()
    assert set(day.dt.date) == {FIRST_MONDAY + timedelta(days=n) for n in range(7 * recipe.weeks)}


def test_equal_recipes_give_equal_tables(tables: Tables, recipe: Recipe) -> None:
    again = generate(recipe)
    assert_frame_equal(again.customers, tables.customers)
    assert_frame_equal(again.products, tables.products)
    assert_frame_equal(again.transactions, tables.transactions)


def test_another_seed_is_another_distributor(tables: Tables, recipe: Recipe) -> None:
    other = generate(replace(recipe, seed=4))
    assert not other.customers["X"].equals(tables.customers["X"])
    assert len(other.transactions) != len(tables.transactions)


def test_a_longer_history_begins_with_the_shorter_one(tables: Tables, recipe: Recipe) -> None:
    longer = generate(replace(recipe, weeks=recipe.weeks + 4))
    assert_frame_equal(longer.transactions.head(len(tables.transactions)), tables.transactions)
    assert_frame_equal(longer.products, tables.products)


def test_weeks_one_by_one_equal_weeks_at_once(recipe: Recipe) -> None:
    newest = last_day(recipe)
    at_once = following(recipe, newest, end_of_week(newest, weeks=3))
    one_by_one = []
    for _ in range(3):
        sunday = end_of_week(newest)
        one_by_one.append(following(recipe, newest, sunday))
        newest = sunday
    assert_frame_equal(pd.concat(one_by_one, ignore_index=True), at_once)


def test_an_unfinished_week_is_completed_first(recipe: Recipe) -> None:
    newest = last_day(recipe)
    tuesday = newest + timedelta(days=2)
    begun = following(recipe, newest, tuesday)
    rest = following(recipe, tuesday, end_of_week(tuesday))
    whole = following(recipe, newest, end_of_week(newest))
    assert begun["purchase_date"].max() == pd.Timestamp(tuesday)
    assert_frame_equal(pd.concat([begun, rest], ignore_index=True), whole)


def test_the_next_week_keeps_shops_habits_and_shelf(tables: Tables, recipe: Recipe) -> None:
    newest = last_day(recipe)
    week = following(recipe, newest, end_of_week(newest))
    before = tables.transactions
    assert week["customer_id"].isin(before["customer_id"]).mean() > 0.98
    assert week["product_id"].isin(before["product_id"]).mean() > 0.9
    pairs = before[["customer_id", "product_id"]].drop_duplicates()
    known = week.merge(pairs, how="inner")
    assert len(known) > 0.7 * len(week)
    assert week["order_id"].min() > before["order_id"].max()


def test_nothing_follows_a_day_before_the_newest(recipe: Recipe) -> None:
    newest = last_day(recipe)
    with pytest.raises(BadRecipe, match=f"no day after {newest}"):
        following(recipe, newest, newest)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"customers": 3}, "at least 10 customers"),
        ({"weeks": 0}, "and 1 week"),
        ({"seed": -1}, "seed must not be negative"),
        ({"first_monday": date(2025, 1, 7)}, "must be a Monday"),
    ],
    ids=["shops", "weeks", "seed", "monday"],
)
def test_an_impossible_recipe_says_what_is_wrong(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRecipe, match=words):
        Recipe(**fields)


@pytest.mark.parametrize(("customers", "products"), [(10, 50), (40, 2000)])
def test_any_size_lives(customers: int, products: int) -> None:
    small = generate(Recipe(customers=customers, products=products, weeks=3))
    assert len(small.customers) == customers
    assert small.transactions["purchase_date"].nunique() == 21


def test_the_basket_does_not_depend_on_the_size_of_the_catalogue() -> None:
    lines = [
        len(generate(Recipe(customers=300, products=products, weeks=8)).transactions)
        for products in (300, 2400)
    ]
    assert lines[1] == pytest.approx(lines[0], rel=0.25)
