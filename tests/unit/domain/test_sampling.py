"""Training rows are bounded by customers: the same ones everywhere, and weights make up for it."""

import numpy as np
import pytest
from sodai.domain.features import LabelledTable
from sodai.domain.pairs import Pairs
from sodai.domain.sampling import bounded, joined

from tests.unit.domain import learned

PAST = learned.past()
ROWS = sum(len(one.table) for one in PAST)


def customers(tables: list[LabelledTable]) -> set[int]:
    return {int(one) for each in tables for one in each.table.customer_ids}


def shards(labelled: LabelledTable) -> list[LabelledTable]:
    """Cut a table and its purchases by odd and even customers."""
    parts = []
    for odd in (0, 1):
        table, bought = labelled.table, labelled.bought
        mine = bought.customer_ids % 2 == odd
        pairs = Pairs(bought.customer_ids[mine], bought.product_ids[mine])
        parts.append(LabelledTable(table.take(table.customer_ids % 2 == odd), pairs))
    return parts


def test_tables_within_the_bound_are_left_alone():
    assert all(a is b for a, b in zip(bounded(PAST, ROWS), PAST, strict=True))


@pytest.mark.parametrize("most", [ROWS - 1, ROWS // 3, ROWS // 10])
def test_rows_never_exceed_the_bound_and_weights_stand_for_all(most: int):
    kept = bounded(iter(PAST), most)
    assert most / 4 < sum(len(one.table) for one in kept) <= most
    assert len(kept) == len(PAST)
    stood_for = sum(one.table.weight.sum() for one in kept)
    assert stood_for == pytest.approx(sum(one.table.weight.sum() for one in PAST), rel=0.5)


def test_a_customer_is_kept_in_every_window_with_all_it_bought_or_in_none():
    kept = bounded(PAST, ROWS // 2)
    chosen = customers(kept)
    assert 0 < len(chosen) < len(customers(PAST))
    for before, after in zip(PAST, kept, strict=True):
        mine = np.isin(before.table.customer_ids, list(chosen))
        assert np.array_equal(before.table.matrix[mine], after.table.matrix, equal_nan=True)
        bought = np.isin(before.bought.customer_ids, list(chosen))
        known = np.isin(after.bought.customer_ids, list(chosen))
        assert before.bought.customer_ids[bought].tolist() == (
            after.bought.customer_ids[known].tolist()
        )
        assert after.labels.tolist() == before.labels[mine].tolist()


def test_neither_order_nor_sharding_changes_who_is_kept():
    whole = bounded(PAST, ROWS // 3)
    assert customers(bounded(PAST[::-1], ROWS // 3)) == customers(whole)
    parts = joined(bounded([part for one in PAST for part in shards(one)], ROWS // 3))
    assert len(parts) == len(whole)
    for a, b in zip(parts, whole, strict=True):
        assert np.array_equal(a.table.matrix, b.table.matrix, equal_nan=True)
        assert a.table.weight.tolist() == b.table.weight.tolist()
        assert a.bought.product_ids.tolist() == b.bought.product_ids.tolist()


def test_a_bound_below_one_customer_leaves_nothing():
    assert sum(len(one.table) for one in bounded(PAST, 0)) == 0
