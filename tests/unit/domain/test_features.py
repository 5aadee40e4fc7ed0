"""Features see the days before the cutoff, the same for any sharding, and mean what they say."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sodai.domain.calendar import Window
from sodai.domain.features import (
    CATEGORY_FEATURES,
    FEATURE_FAMILIES,
    LANGUAGES,
    NUMERIC_FEATURES,
    FeatureTable,
    MergedStatistics,
    PartialStatistics,
    align_labels,
    describe,
    family_of,
    feature_table,
    merge_statistics,
    partial_statistics,
    whole_table,
)
from sodai.domain.features.view import HALF_LIVES, group_weights, week_weights
from sodai.domain.history import History, first_sold_days, labels

from tests.unit.domain import shops

SHOPS = shops.tables()
WINDOW = Window(date(2022, 8, 15), 7)  # after 15 weeks
HISTORY = SHOPS.history()
TABLE = whole_table(HISTORY, WINDOW)


def assert_same_bits(left: FeatureTable, right: FeatureTable) -> None:
    assert left.window == right.window
    assert left.names == right.names
    for name in ("customer_ids", "product_ids", "weight", "typical_items", "matrix"):
        assert getattr(left, name).tobytes("A") == getattr(right, name).tobytes("A"), name
    for name, column in left.categories.items():
        assert column.levels == right.categories[name].levels
        assert np.array_equal(column.codes, right.categories[name].codes)


def table_of_shards(tables: shops.Tables, window: Window, shards: int) -> FeatureTable:
    first_sold = first_sold_days(tables.transactions)
    parts = [tables.history(first_sold=first_sold, shard=i, shards=shards) for i in range(shards)]
    statistics = [partial_statistics(part, window).to_bytes() for part in parts]
    merged = merge_statistics([PartialStatistics.from_bytes(content) for content in statistics])
    merged = MergedStatistics.from_bytes(merged.to_bytes())
    scores = [feature_table(part, merged, window).to_parquet() for part in parts]
    return FeatureTable.concat([FeatureTable.from_parquet(content) for content in scores])


def test_there_are_more_than_seventy_features_and_each_has_a_family():
    names = (*NUMERIC_FEATURES, *CATEGORY_FEATURES)
    assert len(names) == len(set(names)) > 70
    assert TABLE.names == NUMERIC_FEATURES
    assert tuple(TABLE.categories) == CATEGORY_FEATURES
    assert TABLE.matrix.dtype == np.float32
    for name in names:
        assert name in FEATURE_FAMILIES[family_of(name)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_feature_is_told_apart_in_words_of_each_language(language):
    told = {name: describe(name, language) for name in (*NUMERIC_FEATURES, *CATEGORY_FEATURES)}
    assert len(set(told.values())) == len(told)
    for name, label in told.items():
        assert label == label.strip() != "", name
        assert not set(label) & set("{}_"), name
        assert len(label) <= 130, name


def test_no_feature_is_left_untranslated():
    names = (*NUMERIC_FEATURES, *CATEGORY_FEATURES)
    assert not [name for name in names if describe(name, "es") == describe(name, "en")]


@pytest.mark.parametrize(
    ("name", "es", "en"),
    [
        (
            "pair_decay_8.5w",
            "con qué frecuencia lo pidió, sobre todo en los últimos 2 meses",
            "how often the shop ordered it, mainly in the last 2 months",
        ),
        (
            "pair_order_decay_0.85",
            "con qué frecuencia está en sus pedidos, sobre todo en los últimos 4",
            "how often it is in the shop's orders, mainly in the last 4",
        ),
        (
            "customer_lag_3",
            "si la tienda hizo pedidos hace 3 semanas",
            "whether the shop placed orders 3 weeks ago",
        ),
        (
            "pair_habit_x_product_uptake_3d",
            "con qué frecuencia lo incluye cuando pide, "
            "y si se pidió más de lo habitual en los últimos 3 días",
            "how often it is included when the shop orders, "
            "and whether it was ordered more than usual in the last 3 days",
        ),
        (
            "days_since_package_size",
            "días desde que pidió algún producto del mismo envase y tamaño",
            "days since the shop ordered any product of the same package and size",
        ),
    ],
)
def test_features_are_told_in_the_words_of_a_shop(name, es, en):
    assert (describe(name, "es"), describe(name, "en")) == (es, en)


def test_unknown_feature_is_not_described():
    with pytest.raises(KeyError):
        describe("pair_decay_9w", "es")


def test_altered_future_changes_no_bit():
    after = SHOPS.transactions["purchase_date"] >= pd.Timestamp(WINDOW.cutoff)
    altered = SHOPS.transactions.copy()
    rng = np.random.default_rng(1)
    altered.loc[after, "items"] *= 100
    altered.loc[after, "customer_id"] = rng.choice(SHOPS.customers["customer_id"], after.sum())
    changed = replace(SHOPS, transactions=altered)
    assert after.sum() > 100
    assert_same_bits(whole_table(changed.history(), WINDOW), TABLE)


def test_deleted_future_and_products_first_sold_in_it_change_no_bit():
    past = SHOPS.before(WINDOW.cutoff)
    assert len(past.products) < len(SHOPS.products)
    assert_same_bits(whole_table(past.history(), WINDOW), TABLE)


def test_the_day_before_the_cutoff_does_matter():
    one_day_less = SHOPS.before(WINDOW.cutoff - timedelta(days=1))
    assert whole_table(one_day_less.history(), WINDOW).to_parquet() != TABLE.to_parquet()


@pytest.mark.parametrize("shards", [1, 8])
def test_sharding_changes_nothing(shards):
    sharded = table_of_shards(SHOPS, WINDOW, shards)
    assert np.array_equal(sharded.customer_ids, TABLE.customer_ids)
    assert np.array_equal(sharded.product_ids, TABLE.product_ids)
    np.testing.assert_allclose(sharded.matrix, TABLE.matrix, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(sharded.typical_items, TABLE.typical_items, rtol=1e-5)
    for name, column in TABLE.categories.items():
        assert np.array_equal(sharded.categories[name].codes, column.codes)


def test_positives_are_the_same_for_any_sharding():
    first_sold = first_sold_days(SHOPS.transactions)
    parts = [SHOPS.history(first_sold=first_sold, shard=i, shards=8) for i in range(8)]
    bought = [labels(part, WINDOW) for part in parts]
    assert sum(part.count for part in bought) == labels(HISTORY, WINDOW).count
    assert align_labels(TABLE, labels(HISTORY, WINDOW)).sum() > 50


MONDAY = date(2023, 1, 2)


def small_world() -> History:
    """Return one shop buying one product on four Mondays, another shop with another product."""
    mondays = [MONDAY + timedelta(weeks=week) for week in (0, 1, 3, 5)]
    lines = pd.DataFrame(
        {
            "customer_id": 7000,
            "product_id": 50,
            "purchase_date": pd.to_datetime(mondays),
            "items": [1.0, 2.0, 3.0, 4.0],
        }
    )
    other = lines.tail(2).assign(customer_id=7013, product_id=53)
    return History.from_tables(shops.customers(3), shops.products(2), pd.concat([lines, other]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pair_share_1w", 1.0),
        ("pair_share_4w", 0.5),
        ("pair_share_8w", 4 / 6),  # six weeks exist
        ("pair_share_52w", 4 / 6),
        ("pair_lag_3", 1.0),
        ("pair_lag_2", 0.0),
        ("pair_decay_1w", (1 + 1 / 4 + 1 / 16 + 1 / 32) / (2 - 1 / 32)),
        ("pair_days_since_last", 7),
        ("pair_days_since_first", 42),
        ("pair_purchase_days", 4),
        ("pair_mean_gap", 35 / 3),
        ("pair_recency_over_gap", 7 / (35 / 3)),
        ("pair_days_per_age", 4 / 42),
        ("pair_last_quantity", np.log(5)),
        ("pair_orders_since_last", 0),
        ("pair_order_decay_0.7", 1.0),
        ("pair_in_order_3", 1.0),
        ("pair_habit_4w", 1.0),
        ("customer_days_since_order", 7),
        ("customer_order_days", 4),
        ("customer_tenure", 42),
        ("customer_share_4w", 0.5),
        ("customer_last_weekday", 0),
        ("customer_best_weekday", 0),
        ("customer_ordered_7d_ago", 1),
        ("customer_ordered_6d_ago", 0),
        ("customer_last_basket", 1),
        ("customer_hazard", (1 + 1) / (3 + 2)),  # of gaps 7, 14, 14 beyond 6 days one ends by 13
        ("product_reach_1w", 1 / 3),
        ("product_days_since_sale", 7),
        ("product_age", 42),
        ("share_of_basket", 1.0),
        ("horizon_days", 7),
        ("day_of_month", 13),
        ("rank_pair_decay", 0),
        ("tifu_knn", 0.7 * (1 + 0.63**2 + 0.63**4 + 0.63**5) * (1 - 0.63) / (1 - 0.63**6)),
        ("up_cf", 4 / 6),  # nobody else ever bought the same
    ],
)
def test_feature_means_what_it_says(name, expected):
    table = whole_table(small_world(), Window(date(2023, 2, 13), 7))
    row = np.flatnonzero((table.customer_ids == 7000) & (table.product_ids == 50))
    assert table.column(name)[row[0]] == pytest.approx(expected, rel=1e-6)


def test_pair_never_bought_has_zero_rates_and_unknown_recency():
    table = whole_table(small_world(), Window(date(2023, 2, 13), 7))
    row = np.flatnonzero((table.customer_ids == 7013) & (table.product_ids == 50))[0]
    assert table.column("pair_decay_8.5w")[row] == 0
    assert np.isnan(table.column("pair_days_since_last")[row])
    assert table.typical_items[row] == pytest.approx(2.5)  # the product's own mean


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("product_uptake_1w", np.log((1 + 3) / (2 + 3))),
        ("product_uptake_3d", 0.0),  # nobody ordered in these
        ("brand_uptake_1w", np.log((1 + 3) / (2 + 3))),
        ("type_uptake_1w", np.log((1 + 3 * 0.8 + 0.5) / (1 + 3.5))),  # everyone: 4 for 5
        ("customer_uptake_1w", 0.0),
        ("customer_expected_basket", 4 / 5),
        ("neighbours_1w", 0.0),
        ("neighbours_uptake_1w", np.log(0.02 / 1.02)),
        ("neighbours_fading", 0.5 ** (13 / 3.5) / sum(0.5 ** (day / 3.5) for day in range(14))),
        ("pair_decay_x_product_uptake_1w", 4 / 5),
        ("pair_habit_x_type_uptake_1w", 3.9 / 4.5),
    ],
)
def test_uptake_compares_with_what_those_who_ordered_usually_buy(name, expected):
    """Two shops buy a product each week; in the last one only the first still does."""
    first = pd.DataFrame(
        {
            "customer_id": 7000,
            "product_id": 50,
            "purchase_date": pd.to_datetime([MONDAY + timedelta(weeks=week) for week in range(6)]),
            "items": 1.0,
        }
    )
    second = first.assign(customer_id=7013, product_id=[50] * 5 + [53])
    history = History.from_tables(shops.customers(3), shops.products(2), pd.concat([first, second]))
    table = whole_table(history, Window(MONDAY + timedelta(weeks=6), 7))
    row = np.flatnonzero((table.customer_ids == 7000) & (table.product_ids == 50))
    assert table.column(name)[row[0]] == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_alike_shops_lend_each_other_their_frequency():
    weeks = [0, 1, 2, 3, 4, 5, 5]  # the first shop buys every week, the second in the last
    lines = pd.DataFrame(
        {
            "customer_id": [7000] * 6 + [7013],
            "product_id": 50,
            "purchase_date": pd.to_datetime([MONDAY + timedelta(weeks=week) for week in weeks]),
            "items": 1.0,
        }
    )
    history = History.from_tables(shops.customers(3), shops.products(1), lines)
    table = whole_table(history, Window(MONDAY + timedelta(weeks=6), 7))
    newest = (1 - 0.63) / (1 - 0.63**6)  # weight of the last of six weeks, each a group
    assert table.customer_ids.tolist() == [7000, 7013, 7026]
    assert table.column("up_cf") == pytest.approx([7 / 12, 7 / 12, 0])
    assert table.column("tifu_knn") == pytest.approx(
        [0.7 + 0.3 * newest / 2, 0.7 * newest + 0.3 / 2, 0.3 * (1 + newest) / 2]
    )


def test_weeks_count_back_from_any_weekday():
    wednesday = whole_table(small_world(), Window(date(2023, 2, 8), 5))
    row = np.flatnonzero((wednesday.customer_ids == 7000) & (wednesday.product_ids == 50))[0]
    assert wednesday.column("pair_share_1w")[row] == 1
    assert wednesday.column("pair_days_since_last")[row] == 2
    assert wednesday.column("horizon_days")[row] == 5


def test_candidates_are_what_sells_now_and_what_the_shop_itself_still_might_buy():
    lines = pd.DataFrame(
        {
            "customer_id": [7000, 7013, 7013],
            "product_id": [50, 53, 56],
            "purchase_date": pd.to_datetime(["2023-01-02", "2023-02-20", "2022-12-05"]),
            "items": 1.0,
        }
    )
    history = History.from_tables(shops.customers(3), shops.products(3), lines)
    table = whole_table(history, Window(date(2023, 2, 27), 7))
    found = set(zip(table.customer_ids.tolist(), table.product_ids.tolist(), strict=True))
    assert found == {(7000, 50), (7000, 53), (7013, 53), (7026, 53)}


def test_sampling_keeps_every_pair_ever_bought_and_weighs_the_others():
    table = whole_table(shops.tables(shops=300).history(), WINDOW)
    bought = table.column("pair_purchase_days") > 0
    sample = table.sampled(0.25)
    kept = sample.column("pair_purchase_days") > 0
    assert kept.sum() == bought.sum()
    assert set(sample.weight[kept]) == {1}
    assert set(sample.weight[~kept]) == {4}
    assert (~kept).sum() == pytest.approx((~bought).sum() / 4, rel=0.15)


def test_sampled_features_are_those_of_the_full_table_for_any_sharding():
    direct = whole_table(HISTORY, WINDOW, 0.3)
    assert_same_bits(direct, TABLE.sampled(0.3))
    first_sold = first_sold_days(SHOPS.transactions)
    parts = [SHOPS.history(first_sold=first_sold, shard=i, shards=4) for i in range(4)]
    merged = merge_statistics([partial_statistics(part, WINDOW) for part in parts])
    joined = FeatureTable.concat([feature_table(part, merged, WINDOW, 0.3) for part in parts])
    assert np.array_equal(joined.product_ids, direct.product_ids)


def test_another_cutoff_draws_another_sample():
    table = whole_table(shops.tables(shops=300).history(), WINDOW)
    later = replace(table, window=WINDOW.shift(1))
    assert len(set(table.sampled(0.2).customer_ids) ^ set(later.sampled(0.2).customer_ids)) or (
        not np.array_equal(table.sampled(0.2).product_ids, later.sampled(0.2).product_ids)
    )


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_share_outside_its_range_is_refused(share):
    with pytest.raises(ValueError, match="share of candidates"):
        whole_table(HISTORY, WINDOW, share)


def test_table_survives_parquet_bit_by_bit():
    content = TABLE.to_parquet()
    assert_same_bits(FeatureTable.from_parquet(content), TABLE)
    assert TABLE.to_parquet() == content


def test_equal_statistics_have_equal_bytes():
    one, two = (partial_statistics(SHOPS.history(), WINDOW).to_bytes() for _ in range(2))
    assert one == two


def test_statistics_of_another_window_are_refused():
    merged = merge_statistics([partial_statistics(HISTORY, WINDOW)])
    with pytest.raises(ValueError, match="do not serve"):
        feature_table(HISTORY, merged, WINDOW.shift(1))
    with pytest.raises(ValueError, match="one window"):
        merge_statistics(
            [partial_statistics(HISTORY, WINDOW), partial_statistics(HISTORY, WINDOW.shift(1))]
        )


def test_cutoff_before_all_data_is_refused():
    with pytest.raises(ValueError, match="no history before"):
        whole_table(HISTORY, Window(shops.FIRST_DAY, 7))


def test_customer_without_history_is_scored_like_everybody():
    cold = SHOPS.customers["customer_id"].iloc[: shops.NEVER_BOUGHT]
    rows = np.isin(TABLE.customer_ids, cold)
    per_customer = np.unique(TABLE.customer_ids[rows], return_counts=True)[1]
    assert len(per_customer) == shops.NEVER_BOUGHT
    assert (TABLE.column("pair_purchase_days")[rows] == 0).all()
    assert np.isnan(TABLE.column("customer_days_since_order")[rows]).all()


def test_single_week_of_data_is_enough():
    tables = shops.tables(weeks=1)
    table = whole_table(tables.history(), Window(shops.FIRST_DAY + timedelta(days=7), 7))
    assert len(table) > 0
    assert np.isfinite(table.column("product_surge_4w")).all()


def test_a_single_day_of_data_is_enough():
    tables = shops.tables(weeks=3)
    table = whole_table(tables.history(), Window(shops.FIRST_DAY + timedelta(days=1), 7))
    assert len(table) > 0


def test_single_product_and_single_customer_are_enough():
    tables = shops.tables(catalogue=1, shops=8)
    assert set(whole_table(tables.history(), WINDOW).column("rank_neighbours")) == {0}
    shop = tables.transactions["customer_id"].iloc[0]
    alone = replace(
        tables,
        customers=tables.customers[tables.customers["customer_id"] == shop],
        transactions=tables.transactions[tables.transactions["customer_id"] == shop],
    )
    assert len(whole_table(alone.history(), WINDOW)) == 1


def test_without_sales_in_four_weeks_only_own_products_are_candidates():
    late = Window(shops.FIRST_DAY + timedelta(weeks=20 + 6), 7)
    table = whole_table(HISTORY, late)
    assert len(table) > 0
    assert (table.column("pair_purchase_days") > 0).all()


def test_without_sales_in_ten_weeks_there_is_no_candidate():
    table = whole_table(HISTORY, Window(shops.FIRST_DAY + timedelta(weeks=40), 7))
    assert len(table) == 0
    assert len(FeatureTable.from_parquet(table.to_parquet())) == 0


def test_all_coordinates_null():
    tables = replace(SHOPS, customers=SHOPS.customers.assign(X=np.nan, Y=np.nan))
    table = whole_table(tables.history(), WINDOW)
    assert np.isnan(table.column("customer_x")).all()
    assert np.isfinite(table.column("cell_rate_4w")).all()


def test_two_years_later_the_first_year_is_out_of_sight():
    day = date(2024, 9, 2)
    again = SHOPS.transactions.assign(
        purchase_date=SHOPS.transactions["purchase_date"] + timedelta(weeks=122 - 15)
    )
    long = replace(SHOPS, transactions=pd.concat([SHOPS.transactions, again]))
    table = whole_table(long.history(), Window(day, 7))
    assert table.weeks == 52
    assert np.nanmax(table.column("pair_days_since_first")) <= 364


@given(st.integers(1, 60))
def test_weights_sum_to_one_over_the_weeks_that_exist(weeks):
    weights = week_weights(weeks)
    assert weights.sum(axis=0) == pytest.approx(1)
    assert not weights[weeks:].any()
    assert weights[:, : len(HALF_LIVES)].argmax(axis=0).tolist() == [0] * len(HALF_LIVES)


@given(st.integers(1, 52))
def test_weights_of_groups_sum_to_one_over_the_weeks_that_exist(weeks):
    weights = group_weights(weeks)
    assert weights.sum() == pytest.approx(1)
    assert (weights[:weeks] > 0).all()
    assert not weights[weeks:].any()


def test_eight_weeks_are_seven_groups_of_which_the_newest_has_two():
    within, across = 0.9 ** np.arange(8), np.array([1, *0.7 ** np.arange(7)])
    expected = within * across / [2, 2, 1, 1, 1, 1, 1, 1]
    assert group_weights(8)[:8] == pytest.approx(expected / expected.sum())


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    weeks=st.integers(1, 12),
    shop_count=st.integers(1, 12),
    catalogue=st.integers(1, 6),
    horizon=st.integers(1, 7),
    shards=st.sampled_from([2, 3]),
)
def test_random_shops_give_bounded_features_that_no_sharding_changes(
    seed, weeks, shop_count, catalogue, horizon, shards
):
    tables = shops.tables(weeks, shop_count, catalogue, seed)
    if not (tables.transactions["items"] > 0).any():
        return
    first = tables.transactions.query("items > 0")["purchase_date"].min().date()
    window = Window(first + timedelta(days=7 * weeks), horizon)
    table = whole_table(tables.history(), window)
    for name in table.names:
        values = table.column(name)
        assert not np.isinf(values).any(), name
        if "_share_" in name or ("_decay_" in name and "quantity" not in name and "x_" not in name):
            assert (values >= 0).all(), name
            assert (values <= 1 + 1e-6).all(), name
    sharded = table_of_shards(tables, window, shards)
    np.testing.assert_allclose(sharded.matrix, table.matrix, rtol=1e-5, atol=1e-5)
