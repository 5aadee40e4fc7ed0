"""With many products each customer gets its own and the most liked others, no more."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score
from sodai.domain.features import (
    FeatureTable,
    LabelledTable,
    feature_table,
    merge_statistics,
    partial_statistics,
    whole_table,
)
from sodai.domain.features.candidates import MOST_OTHERS, most_liked
from sodai.domain.history import first_sold_days, labels
from sodai.domain.narrowing import (
    CHOICES,
    _average_precision,
    choose_most_others,
    rank_among_others,
    share_held,
)
from sodai.domain.pairs import Pairs
from sodai.domain.replay import replay

from tests.unit.domain import shops
from tests.unit.domain.learned import RECIPE, TARGET

SHOPS = shops.tables(weeks=20, shops=60, catalogue=30)
HISTORY = SHOPS.history()
MOST = 4
NARROW = whole_table(HISTORY, TARGET, most_others=MOST)
BROAD = whole_table(HISTORY, TARGET)


def others(table: FeatureTable) -> np.ndarray:
    return table.column("pair_purchase_days") == 0


def test_every_own_product_stays_and_so_many_others():
    assert (~others(NARROW)).sum() == (~others(BROAD)).sum()
    per_customer = np.unique(NARROW.customer_ids[others(NARROW)], return_counts=True)[1]
    assert per_customer.max() == MOST
    cold = SHOPS.customers["customer_id"].iloc[0]
    assert (NARROW.customer_ids == cold).sum() == MOST


def test_narrow_table_holds_the_most_liked_rows_of_the_broad_one():
    kept = BROAD.take(~others(BROAD) | (rank_among_others(BROAD) < MOST))
    assert np.array_equal(kept.customer_ids, NARROW.customer_ids)
    assert np.array_equal(kept.product_ids, NARROW.product_ids)
    assert np.array_equal(kept.matrix, NARROW.matrix, equal_nan=True)


def test_limit_that_does_not_bind_changes_no_bit():
    assert whole_table(HISTORY, TARGET, most_others=30).to_parquet() == BROAD.to_parquet()


def test_sharding_changes_no_candidate():
    first_sold = first_sold_days(SHOPS.transactions)
    parts = [SHOPS.history(first_sold=first_sold, shard=i, shards=5) for i in range(5)]
    merged = merge_statistics([partial_statistics(part, TARGET) for part in parts])
    tables = [feature_table(part, merged, TARGET, most_others=MOST) for part in parts]
    joined = FeatureTable.concat(tables)
    assert np.array_equal(joined.customer_ids, NARROW.customer_ids)
    assert np.array_equal(joined.product_ids, NARROW.product_ids)


def test_sample_is_drawn_from_the_narrow_table():
    direct = whole_table(HISTORY, TARGET, 0.5, MOST)
    assert direct.to_parquet() == NARROW.sampled(0.5).to_parquet()


@given(
    is_other=arrays.arrays(bool, (6, 9)),
    liking=arrays.arrays(np.float64, (6, 9), elements=st.floats(0, 1)),
    most=st.integers(0, 9),
)
def test_nothing_left_out_is_liked_more_than_what_is_kept(is_other, liking, most):
    kept = most_liked(is_other, liking, most)
    assert not (kept & ~is_other).any()
    assert np.array_equal(kept.sum(axis=1), np.minimum(is_other.sum(axis=1), most))
    single = liking.astype(np.float32)
    for row in range(6):
        out = is_other[row] & ~kept[row]
        if out.any() and kept[row].any():
            assert single[row][kept[row]].min() >= single[row][out].max()


@given(hits=st.lists(st.booleans(), min_size=1, max_size=30).filter(any))
def test_average_precision_is_the_usual_one(hits):
    scores = -np.arange(len(hits), dtype=float)
    expected = average_precision_score(hits, scores)
    assert _average_precision(np.array(hits), sum(hits)) == pytest.approx(expected)


def world(weeks_before: int, *, own_only: bool) -> LabelledTable:
    window = TARGET.shift(-weeks_before)
    table = whole_table(HISTORY, window)
    bought = labels(HISTORY, window)
    if own_only:
        rows = (~others(table)) & (table.column("pair_share_4w") > 0)
        bought = Pairs.of(table.customer_ids[rows], table.product_ids[rows])
    else:  # the least liked of the others, too
        rows = rank_among_others(table) >= 20
        bought = Pairs.of(table.customer_ids[rows], table.product_ids[rows])
    return LabelledTable(table, bought)


@pytest.mark.parametrize(("own_only", "chosen"), [(True, 0), (False, 50)])
def test_validation_keeps_the_others_only_where_they_are_bought(own_only, chosen):
    train = [world(i, own_only=own_only) for i in (4, 3)]
    judged = [world(i, own_only=own_only) for i in (2, 1)]
    assert choose_most_others(train, judged, RECIPE, threads=1) == chosen


def test_share_held_counts_every_purchase():
    bought_own = [world(i, own_only=True) for i in (2, 1)]
    bought_others = [world(i, own_only=False) for i in (2, 1)]
    assert share_held(bought_own, 0) == share_held(bought_others, 30) == 1
    assert 0 < share_held(bought_others, 25) < 1


def test_replay_of_many_products_chooses_and_tells():
    many = shops.tables(weeks=17, shops=30, catalogue=MOST_OTHERS + 40)
    start = shops.FIRST_DAY + timedelta(weeks=16)
    result = replay(many.customers, many.products, many.transactions, start, 1, threads=1)
    assert result.most_others in CHOICES
    assert result.to_dict()["most_others"] == result.most_others


def test_replay_of_few_products_leaves_nothing_out():
    start = shops.FIRST_DAY + timedelta(weeks=16)
    result = replay(SHOPS.customers, SHOPS.products, SHOPS.transactions, start, 1, threads=1)
    assert result.most_others == MOST_OTHERS
