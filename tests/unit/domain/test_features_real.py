"""The same promises on the distributor's real tables."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sodai.domain.calendar import Window
from sodai.domain.features import align_labels, whole_table
from sodai.domain.history import labels

from tests.unit.domain import shops
from tests.unit.domain.test_features import assert_same_bits, table_of_shards

WINDOW = Window(date(2024, 12, 9), 7)


@pytest.fixture(scope="module")
def real(real_tables: Path) -> shops.Tables:
    names = ("clientes", "productos", "transacciones")
    customers, products, lines = (pd.read_parquet(real_tables / f"{n}.parquet") for n in names)
    return shops.Tables(customers, products, lines.drop_duplicates())


def test_real_future_and_products_first_sold_in_it_change_no_bit(real):
    table = whole_table(real.history(), WINDOW)
    past = real.before(WINDOW.cutoff)
    assert past.transactions["product_id"].nunique() < real.transactions["product_id"].nunique()
    assert_same_bits(whole_table(past.history(), WINDOW), table)


def test_eight_shards_of_real_customers_are_as_one(real):
    table = whole_table(real.history(), WINDOW)
    sharded = table_of_shards(real, WINDOW, 8)
    assert np.array_equal(sharded.customer_ids, table.customer_ids)
    assert np.array_equal(sharded.product_ids, table.product_ids)
    np.testing.assert_allclose(sharded.matrix, table.matrix, rtol=1e-5, atol=1e-5)


def test_candidates_hold_nearly_all_real_purchases(real):
    history = real.history()
    window = Window(date(2024, 10, 21), 7)
    bought = labels(history, window)
    assert align_labels(whole_table(history, window), bought).sum() / bought.count > 0.98
