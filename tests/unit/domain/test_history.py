"""Clean tables become sorted purchases, whole or by shard."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sodai.domain.arrays import positions_in
from sodai.domain.calendar import Window
from sodai.domain.errors import DataContractError
from sodai.domain.history import History, first_sold_days, labels
from sodai.domain.pairs import Pairs, positions_of

from tests.unit.domain import shops

SHOPS = shops.tables(weeks=6)
ids = st.integers(-5, 10**12)


def test_purchases_are_added_up_per_day_and_returns_left_out():
    lines = pd.DataFrame(
        {
            "customer_id": [7013, 7013, 7013, 7000],
            "product_id": [53, 53, 50, 50],
            "purchase_date": pd.to_datetime(["2022-05-04"] * 3 + ["2022-05-03"]),
            "items": [1.5, 0.5, -2.0, 1 / 3],
        }
    )
    history = History.from_tables(shops.customers(3), shops.products(2), lines)
    assert history.product_ids.tolist() == [50, 53]
    assert history.purchases.customer.tolist() == [0, 1]
    assert history.offsets.tolist() == [0, 1, 2, 2]
    assert np.expm1(history.purchases.quantity) == pytest.approx([1 / 3, 2.0])
    assert history.first_day == date(2022, 5, 3)
    assert history.newest_day == date(2022, 5, 4)


def test_order_of_rows_does_not_matter():
    mixed = SHOPS.transactions.sample(frac=1, random_state=3)
    history = shops.Tables(SHOPS.customers, SHOPS.products, mixed).history()
    expected = SHOPS.history()
    for name in ("customer", "product", "day"):
        assert np.array_equal(getattr(history.purchases, name), getattr(expected.purchases, name))


@pytest.mark.parametrize("shards", [2, 8])
def test_shards_split_the_customers_and_share_all_else(shards):
    first_sold = first_sold_days(SHOPS.transactions)
    parts = [SHOPS.history(first_sold=first_sold, shard=i, shards=shards) for i in range(shards)]
    whole = SHOPS.history()
    assert sorted(np.concatenate([p.customer_ids for p in parts])) == list(whole.customer_ids)
    assert sum(len(part.purchases.day) for part in parts) == len(whole.purchases.day)
    for part in parts:
        assert np.array_equal(part.product_ids, whole.product_ids)
        assert part.first_day == whole.first_day
        assert np.array_equal(part.customers.cells, whole.customers.cells)


def test_cells_hold_equal_numbers_of_customers_even_with_null_coordinates():
    cells = shops.tables(weeks=2, shops=480).history().customers.cells
    assert np.bincount(cells).tolist() == [10] * 48


def test_products_are_known_from_the_day_after_they_were_first_sold():
    history = SHOPS.history()
    first = first_sold_days(SHOPS.transactions)
    late = max(first, key=first.__getitem__)
    assert late not in history.sold_before(first[late])
    assert late in history.sold_before(first[late] + timedelta(days=1))


def test_sold_product_missing_from_the_catalogue_has_empty_attributes():
    history = History.from_tables(SHOPS.customers, SHOPS.products.iloc[1:], SHOPS.transactions)
    assert history.products.attributes["brand"][0] == ""
    assert np.isnan(history.products.size[0])


def test_no_purchase_at_all_is_told_in_plain_words():
    returns = SHOPS.transactions.assign(items=-1.0)
    with pytest.raises(DataContractError) as error:
        History.from_tables(SHOPS.customers, SHOPS.products, returns)
    assert "no purchase" in error.value.user_message


def test_product_without_a_first_day_is_refused():
    with pytest.raises(ValueError, match="first day of sale"):
        SHOPS.history(first_sold={50: date(2022, 5, 2)})


def test_labels_are_the_pairs_bought_inside_the_window():
    window = Window(date(2022, 5, 18), 5)
    lines = SHOPS.transactions
    inside = lines["purchase_date"].between("2022-05-18", "2022-05-22") & (lines["items"] > 0)
    expected = lines.loc[inside, ["customer_id", "product_id"]].drop_duplicates()
    expected = expected.sort_values(["customer_id", "product_id"])
    bought = labels(SHOPS.history(), window)
    assert bought.count == len(expected) > 0
    assert np.array_equal(bought.customer_ids, expected["customer_id"])
    assert np.array_equal(bought.product_ids, expected["product_id"])


def test_pairs_survive_parquet_and_joining():
    pairs = labels(SHOPS.history(), Window(date(2022, 5, 16), 7))
    again = Pairs.from_parquet(pairs.to_parquet())
    assert np.array_equal(again.customer_ids, pairs.customer_ids)
    assert again.to_parquet() == pairs.to_parquet()
    joined = Pairs.concat([pairs, again])
    assert np.array_equal(joined.product_ids, pairs.product_ids)


@given(st.lists(st.tuples(ids, ids), max_size=20), st.lists(st.tuples(ids, ids), max_size=20))
def test_positions_of_pairs_are_those_of_a_plain_search(known, wanted):
    wanted = wanted + known[::2]
    pairs = (
        Pairs.of(*(np.array(column, np.int64) for column in zip(*known, strict=True)))
        if known
        else Pairs.of(np.empty(0, np.int64), np.empty(0, np.int64))
    )
    listed = list(zip(pairs.customer_ids.tolist(), pairs.product_ids.tolist(), strict=True))
    assert listed == sorted(set(known))
    columns = np.array(wanted, np.int64).reshape(-1, 2)
    found = positions_of(pairs, columns[:, 0], columns[:, 1])
    assert found.tolist() == [listed.index(pair) if pair in listed else -1 for pair in wanted]


@given(st.sets(ids), st.lists(ids))
def test_positions_of_ids_are_those_of_a_plain_search(known, wanted):
    wanted = wanted + sorted(known)
    listed = np.array(sorted(known), np.int64)
    found = positions_in(listed, np.array(wanted, np.int64))
    assert found.tolist() == [sorted(known).index(i) if i in known else -1 for i in wanted]
