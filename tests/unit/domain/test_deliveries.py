"""Parts of clean data, and what the days of the transactions say about the calendar."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sodai.domain.contract import accept, read_delivery
from sodai.domain.deliveries import (
    closed_weekdays,
    complete_weeks,
    first_sold,
    part_bytes,
    read_part,
    split_parts,
)
from sodai.domain.sharding import shard_of

from tests.unit.domain import small_distributor as shop

LINES = shop.clean_state(shop.transactions(weeks=10, lines_per_week=100)).transactions


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_same_rows_in_any_order_are_the_same_bytes(seed: int) -> None:
    shuffled = LINES.sample(frac=1, random_state=seed)
    assert part_bytes(shuffled) == part_bytes(LINES)


@pytest.mark.parametrize("frame", [LINES, shop.customers(), shop.products()])
def test_a_part_comes_back_as_it_was(frame: pd.DataFrame) -> None:
    ordered = frame.sort_values(list(frame.columns), ignore_index=True)
    pd.testing.assert_frame_equal(read_part(part_bytes(frame)), ordered)


@pytest.mark.parametrize("shards", [1, 8])
def test_parts_hold_every_row_once_under_its_week_and_shard(shards: int) -> None:
    parts = split_parts(LINES, shards)
    assert list(parts) == sorted(parts)
    assert sum(len(part) for part in parts.values()) == len(LINES)
    for (monday, shard), part in parts.items():
        assert {shard_of(customer, shards) for customer in part["customer_id"]} == {shard}
        days = part["purchase_date"]
        assert days.min() >= pd.Timestamp(monday)
        assert days.max() < pd.Timestamp(monday) + pd.Timedelta(days=7)


def test_parts_of_chosen_weeks_only() -> None:
    week = date(2024, 1, 15)
    assert {monday for monday, _ in split_parts(LINES, 4, [week])} == {week}


def test_a_weekday_with_hardly_a_line_is_closed() -> None:
    sundays = LINES["purchase_date"].dt.day_of_week == 6
    only_one = LINES[~sundays | (LINES.index == LINES.index[sundays][0])]
    assert closed_weekdays(only_one, date(2024, 3, 9)) == {6}
    assert closed_weekdays(LINES, date(2024, 3, 10)) == frozenset()


def test_too_short_a_history_closes_no_weekday() -> None:
    assert closed_weekdays(LINES[LINES["purchase_date"] < "2024-01-04"], date(2024, 1, 3)) == set()
    assert closed_weekdays(LINES.head(0), date(2024, 1, 3)) == set()


@pytest.mark.parametrize(
    ("first", "newest", "closed", "mondays"),
    [
        ("2024-01-01", "2024-01-14", [], ["2024-01-01", "2024-01-08"]),
        ("2024-01-01", "2024-01-13", [], ["2024-01-01"]),
        ("2024-01-01", "2024-01-13", [6], ["2024-01-01", "2024-01-08"]),
        ("2024-01-02", "2024-01-14", [], ["2024-01-08"]),
        ("2024-01-02", "2024-01-14", [0], ["2024-01-01", "2024-01-08"]),
        ("2024-01-03", "2024-01-05", [], []),
    ],
)
def test_weeks_are_complete_when_no_selling_day_is_missing(
    first: str, newest: str, closed: list[int], mondays: list[str]
) -> None:
    weeks = complete_weeks(date.fromisoformat(first), date.fromisoformat(newest), closed)
    assert [str(week) for week in weeks] == mondays


def test_a_return_is_no_first_sale() -> None:
    product = int(LINES["product_id"].iloc[0])
    changed = LINES.copy()
    early = changed["purchase_date"] < "2024-01-15"
    changed.loc[early & (changed["product_id"] == product), "items"] = -1.0
    assert first_sold(changed)[product] >= date(2024, 1, 15)
    assert first_sold(LINES)[product] < date(2024, 1, 15)


def test_weeks_delivered_one_by_one_are_the_same_parts_as_all_at_once() -> None:
    lines = shop.transactions(weeks=6, lines_per_week=100)
    state = shop.clean_state(lines[lines["purchase_date"] < "2024-01-11"])
    for start, end in [("2024-01-11", "2024-01-18"), ("2024-01-18", "2024-02-12")]:
        days = (lines["purchase_date"] >= start) & (lines["purchase_date"] < end)
        got = accept(state, [read_delivery(shop.parquet(lines[days]), f"{start}.parquet")])
        got.require_accepted()
        state = got.state
    step_by_step = {key: part_bytes(p) for key, p in split_parts(state.transactions, 4).items()}
    at_once = split_parts(shop.clean_state(lines).transactions, 4)
    assert step_by_step == {key: part_bytes(part) for key, part in at_once.items()}
