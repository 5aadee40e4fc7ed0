"""What is accepted, what is set aside and why, and that no row is ever lost."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sodai.domain.contract import Acceptance, CleanState, Delivery, accept, read_delivery
from sodai.domain.errors import DataContractError

from tests.unit.domain import small_distributor as shop

HISTORY = shop.transactions(weeks=4, lines_per_week=200)
NEXT_WEEK = shop.transactions(weeks=5, lines_per_week=200, seed=2)
NEXT_WEEK = NEXT_WEEK[NEXT_WEEK["purchase_date"] >= "2024-01-29"].reset_index(drop=True)


@pytest.fixture(scope="module")
def state() -> CleanState:
    return shop.clean_state(HISTORY)


def read(lines: pd.DataFrame, name: str = "week.parquet") -> Delivery:
    return read_delivery(shop.parquet(lines), name)


def set_aside(got: Acceptance, table: str = "transactions") -> dict[str, int]:
    frame = got.quarantine.get(table)  # type: ignore[call-overload]
    return {} if frame is None else frame.groupby("reason")["count"].sum().to_dict()


def rows(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    return sorted(frame[list(HISTORY.columns)].itertuples(index=False, name=None))


def test_a_first_load_takes_every_good_row_with_clean_dtypes(state: CleanState) -> None:
    assert rows(state.transactions) == rows(HISTORY)
    assert (state.transactions["is_return"] == (state.transactions["items"] <= 0)).all()
    assert state.transactions.dtypes.astype(str).to_dict() == {
        "customer_id": "int64",
        "product_id": "int64",
        "order_id": "int64",
        "purchase_date": "datetime64[ns]",
        "items": "float64",
        "is_return": "bool",
    }
    pd.testing.assert_frame_equal(state.customers, shop.customers())
    pd.testing.assert_frame_equal(state.products, shop.products())


def test_a_first_load_needs_all_three_tables() -> None:
    got = accept(None, [read(HISTORY)])
    with pytest.raises(DataContractError) as caught:
        got.require_accepted()
    assert "customers table has not been delivered" in caught.value.user_message
    assert [refusal.table for refusal in got.refused] == ["customers", "products"]


def test_a_new_week_changes_that_week_only(state: CleanState) -> None:
    got = accept(state, [read(NEXT_WEEK)])
    assert got.changed_weeks == (date(2024, 1, 29),)
    assert got.changed_tables == ("transactions",)
    assert got.newest_day == date(2024, 2, 4)
    assert rows(got.state.transactions) == rows(pd.concat([HISTORY, NEXT_WEEK]))


def test_the_same_bytes_change_nothing(state: CleanState) -> None:
    first = accept(state, [read(NEXT_WEEK)])
    again = accept(first.state, [read(NEXT_WEEK, "renamed.parquet")])
    assert again.is_unchanged
    assert not again.refused
    assert [file["status"] for file in again.stats["files"]] == ["already_accepted"]


def test_rows_accepted_before_count_in_no_limit(state: CleanState) -> None:
    got = accept(state, [read(pd.concat([HISTORY, NEXT_WEEK], ignore_index=True))])
    got.require_accepted()
    assert set_aside(got) == {"ALREADY_ACCEPTED": len(HISTORY)}
    assert got.changed_weeks == (date(2024, 1, 29),)


def test_a_file_of_nothing_but_accepted_rows_is_no_error(state: CleanState) -> None:
    got = accept(state, [read(HISTORY.iloc[::-1])])
    got.require_accepted()
    assert got.is_unchanged
    assert got.stats["files"][0]["status"] == "already_accepted"


def test_files_in_any_order_give_the_same_tables(state: CleanState) -> None:
    early, late = NEXT_WEEK[::2], NEXT_WEEK
    one = accept(state, [read(early, "a.parquet"), read(late, "b.parquet")])
    two = accept(state, [read(late, "b.parquet"), read(early, "a.parquet")])
    pd.testing.assert_frame_equal(one.state.transactions, two.state.transactions)
    assert rows(one.state.transactions) == rows(pd.concat([HISTORY, NEXT_WEEK]))


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("customer_id", None, "NULL_KEY"),
        ("order_id", None, "NULL_KEY"),
        ("customer_id", 999_999, "UNKNOWN_CUSTOMER"),
        ("product_id", 999_999, "UNKNOWN_PRODUCT"),
        ("purchase_date", pd.NaT, "BAD_DATE"),
        ("purchase_date", pd.Timestamp("2042-01-01"), "BAD_DATE"),
        ("items", np.nan, "BAD_ITEMS"),
        ("items", np.inf, "BAD_ITEMS"),
    ],
)
def test_one_bad_row_is_set_aside_with_its_reason(
    state: CleanState, column: str, value: float, reason: str
) -> None:
    lines = NEXT_WEEK.astype({"customer_id": "Int64", "order_id": "Int64"})
    lines.loc[0, column] = value
    got = accept(state, [read(lines)])
    got.require_accepted()
    aside = got.quarantine["transactions"]
    assert aside[["reason", "count"]].to_numpy().tolist() == [[reason, 1]]
    untouched = "items" if column != "items" else "order_id"
    assert aside[untouched].iloc[0] == NEXT_WEEK[untouched].iloc[0]
    assert len(got.state.transactions) == len(HISTORY) + len(NEXT_WEEK) - 1


def test_exact_duplicates_are_set_aside_with_their_count(state: CleanState) -> None:
    repeated = pd.concat([NEXT_WEEK, NEXT_WEEK.iloc[[0, 0, 1]]], ignore_index=True)
    got = accept(state, [read(repeated)])
    got.require_accepted()
    assert sorted(got.quarantine["transactions"]["count"]) == [1, 2]
    assert got.stats["tables"]["transactions"]["duplicates"] == 3
    assert rows(got.state.transactions) == rows(pd.concat([HISTORY, NEXT_WEEK]))


@pytest.mark.parametrize(
    ("share", "change", "reason"),
    [
        (0.03, {"customer_id": 999_999}, "UNKNOWN_CUSTOMER"),
        (0.03, {"product_id": 999_999}, "UNKNOWN_PRODUCT"),
        (0.03, {"product_id": None}, "NULL_KEY"),
        (0.03, {"items": np.nan}, "BAD_ITEMS"),
        (0.03, {"purchase_date": pd.NaT}, "BAD_DATE"),
    ],
)
def test_too_many_bad_rows_refuse_the_file_and_leave_the_tables(
    state: CleanState, share: float, change: dict[str, float], reason: str
) -> None:
    lines = NEXT_WEEK.astype({"product_id": "Int64"})
    count = round(share * len(lines))
    for column, value in change.items():
        lines.loc[: count - 1, column] = value
    got = accept(state, [read(lines)])
    assert got.state is state
    assert got.is_unchanged
    assert set_aside(got) == {reason: count}
    assert [dict(refusal.reasons) for refusal in got.refused] == [{reason: count}]
    with pytest.raises(DataContractError) as caught:
        got.require_accepted()
    assert "week.parquet" in caught.value.user_message
    assert f"{count} of {len(lines)}" in caught.value.user_message


def test_too_many_duplicates_refuse_the_file(state: CleanState) -> None:
    doubled = pd.concat([NEXT_WEEK, NEXT_WEEK], ignore_index=True)
    got = accept(state, [read(doubled)])
    assert dict(got.refused[0].reasons) == {"DUPLICATE": len(NEXT_WEEK)}


def test_one_refused_file_holds_the_good_ones_back(state: CleanState) -> None:
    poisoned = NEXT_WEEK.assign(customer_id=999_999)
    got = accept(state, [read(NEXT_WEEK, "good.parquet"), read(poisoned, "bad.parquet")])
    assert {file["name"]: file["status"] for file in got.stats["files"]} == {
        "good.parquet": "held",
        "bad.parquet": "refused",
    }
    assert got.is_unchanged
    corrected = accept(got.state, [read(NEXT_WEEK, "good.parquet")])
    assert rows(corrected.state.transactions) == rows(pd.concat([HISTORY, NEXT_WEEK]))


def test_new_rows_complete_an_unfinished_week(state: CleanState) -> None:
    is_early = NEXT_WEEK["purchase_date"] < "2024-02-01"
    half = accept(state, [read(NEXT_WEEK[is_early].iloc[5:])])
    whole = accept(half.state, [read(NEXT_WEEK)])
    whole.require_accepted()
    assert rows(whole.state.transactions) == rows(pd.concat([HISTORY, NEXT_WEEK]))


class TestCompleteWeek:
    LATE = HISTORY[HISTORY["purchase_date"].between("2024-01-08", "2024-01-14")].copy()
    LATE["items"] += 1000.0

    def test_new_rows_alone_are_refused_and_the_way_is_told(self, state: CleanState) -> None:
        got = accept(state, [read(self.LATE)])
        assert dict(got.refused[0].reasons) == {"CLOSED_WEEK": len(self.LATE)}
        assert "--replace-week" in got.refused[0].sentence

    def test_new_rows_beside_a_new_week_are_set_aside(self, state: CleanState) -> None:
        got = accept(state, [read(pd.concat([self.LATE, NEXT_WEEK]))])
        got.require_accepted()
        assert set_aside(got) == {"CLOSED_WEEK": len(self.LATE)}
        assert got.changed_weeks == (date(2024, 1, 29),)

    def test_is_replaced_on_demand(self, state: CleanState) -> None:
        got = accept(state, [read(self.LATE)], replace_weeks=True)
        got.require_accepted()
        others = HISTORY[~HISTORY["purchase_date"].between("2024-01-08", "2024-01-14")]
        assert rows(got.state.transactions) == rows(pd.concat([others, self.LATE]))
        assert got.changed_weeks == (date(2024, 1, 8),)
        change = {"removed": len(self.LATE), "added": len(self.LATE)}
        assert got.stats["replaced_weeks"] == {"2024-01-08": change}

    def test_replaced_by_itself_is_unchanged(self, state: CleanState) -> None:
        same = HISTORY[HISTORY["purchase_date"] < "2024-01-08"]
        got = accept(state, [read(same)], replace_weeks=True)
        assert got.is_unchanged
        assert got.stats["replaced_weeks"] == {}

    def test_stands_when_its_replacement_is_set_aside(self, state: CleanState) -> None:
        stranger = self.LATE.head(1).assign(customer_id=999_999)
        got = accept(state, [read(pd.concat([stranger, NEXT_WEEK]))], replace_weeks=True)
        got.require_accepted()
        assert rows(got.state.transactions) == rows(pd.concat([HISTORY, NEXT_WEEK]))

    def test_replacing_may_take_rows_away(self, state: CleanState) -> None:
        fewer = HISTORY[HISTORY["purchase_date"] < "2024-01-08"].iloc[3:]
        got = accept(state, [read(fewer)], replace_weeks=True)
        assert len(got.state.transactions) == len(HISTORY) - 3
        assert got.changed_weeks == (date(2024, 1, 1),)


class TestReferenceTables:
    def test_a_delivered_table_is_the_newest_truth(self, state: CleanState) -> None:
        newer = shop.customers(61)
        newer.loc[0, "customer_type"] = "HOTEL"
        got = accept(state, [read(newer, "customers.parquet")])
        assert got.changed_tables == ("customers",)
        pd.testing.assert_frame_equal(got.state.customers, newer)
        assert {key: got.stats["tables"]["customers"][key] for key in ("added", "changed")} == {
            "added": 1,
            "changed": 1,
        }

    def test_ids_with_transactions_stay_known_when_the_table_drops_them(self) -> None:
        idle = shop.customers(70)
        files = [
            read(idle, "customers.parquet"),
            read(shop.products(), "products.parquet"),
            read(HISTORY),
        ]
        before = accept(None, files).state
        fewer = read(shop.customers(10), "customers.parquet")
        got = accept(before, [fewer], replace_weeks=True)
        assert set(HISTORY["customer_id"]) <= set(got.state.customers["customer_id"])
        assert 1069 not in set(got.state.customers["customer_id"])

    def test_conflicting_rows_of_one_id_leave_the_last(self, state: CleanState) -> None:
        twice = pd.concat([shop.customers(), shop.customers().head(1).assign(zone_id=9)])
        got = accept(state, [read(twice, "customers.parquet")])
        got.require_accepted()
        assert set_aside(got, "customers") == {"CONFLICT": 1}
        assert got.state.customers["zone_id"].iloc[0] == 9

    def test_a_missing_coordinate_is_accepted_and_a_missing_label_says_so(self) -> None:
        many = shop.customers(300)
        many.loc[0, "X"] = np.nan
        many.loc[1, "customer_type"] = None
        files = [
            read(many, "customers.parquet"),
            read(shop.products(), "products.parquet"),
            read(HISTORY),
        ]
        got = accept(None, files)
        got.require_accepted()
        assert got.state.customers["X"].isna().sum() == 1
        assert got.state.customers["customer_type"].iloc[1] == "SIN DATO"
        assert got.stats["tables"]["customers"]["filled"] == {"customer_type": 1}

    def test_a_column_without_values_refuses_the_table(self, state: CleanState) -> None:
        blank = shop.products().assign(brand=None)
        got = accept(state, [read(blank, "products.parquet")])
        assert dict(got.refused[0].reasons) == {"NULL_ATTRIBUTE": 12}


def test_statistics_are_json_and_count_what_the_brief_promised(state: CleanState) -> None:
    lines = NEXT_WEEK.copy()
    lines.loc[0, "customer_id"] = 999_999
    stats = accept(state, [read(lines)]).stats
    json.dumps(stats, allow_nan=False)
    assert stats["referential"]["unknown_customers"] == {
        "rows": 1,
        "percent": round(100 / len(lines), 3),
        "ids": 1,
        "first_ids": [999_999],
    }
    assert stats["tables"]["transactions"]["null_keys"]["customer_id"] == 0
    assert stats["days"] == 35
    assert stats["weeks"] == 5
    assert stats["missing_weeks"] == []
    assert stats["newest_day"] == "2024-02-04"


def test_a_week_that_was_never_delivered_is_named(state: CleanState) -> None:
    later = NEXT_WEEK.assign(purchase_date=NEXT_WEEK["purchase_date"] + timedelta(weeks=1))
    assert accept(state, [read(later)]).stats["missing_weeks"] == ["2024-01-29"]


def test_a_new_week_in_a_file_of_all_weeks_is_judged_alone() -> None:
    faulty = HISTORY.astype({"customer_id": "Int64"})
    faulty.loc[:2, "items"] = np.nan
    faulty.loc[3:5, "customer_id"] = None
    files = {"customers.parquet": shop.customers(), "products.parquet": shop.products()}
    first = accept(None, [read(frame, name) for name, frame in files.items()] + [read(faulty)])
    first.require_accepted()
    assert set_aside(first) == {"BAD_ITEMS": 3, "NULL_KEY": 3}

    cumulative = pd.concat([faulty, NEXT_WEEK], ignore_index=True)
    second = accept(first.state, [read(cumulative)])
    second.require_accepted()
    assert set_aside(second) == {"CLOSED_WEEK": 6, "ALREADY_ACCEPTED": len(HISTORY) - 6}
    exported_again = accept(second.state, [read(cumulative.iloc[::-1])])
    exported_again.require_accepted()
    assert exported_again.is_unchanged
    assert exported_again.stats["files"][0]["status"] == "already_accepted"


messy_lines = st.lists(
    st.tuples(
        st.sampled_from([1000, 1001, 1002, 999_999, None]),
        st.sampled_from([100, 101, 999_999, None]),
        st.sampled_from([1, 2, None]),
        st.sampled_from([*pd.date_range("2024-01-20", "2024-02-04"), pd.NaT]),
        st.sampled_from([1.0, -1.0, 1 / 3, np.nan, np.inf]),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=40)
@given(
    files=st.lists(messy_lines, min_size=1, max_size=3),
    good_weeks=st.integers(0, 5),
    replace_weeks=st.booleans(),
)
def test_every_delivered_row_is_accepted_or_in_quarantine(
    state: CleanState, files: list[list[tuple[object, ...]]], good_weeks: int, replace_weeks: bool
) -> None:
    deliveries = []
    good = pd.concat([NEXT_WEEK, HISTORY.iloc[::-1]]).head(good_weeks * 200)
    for number, lines in enumerate(files):
        frame = pd.DataFrame(lines, columns=list(HISTORY.columns)).astype(
            {"customer_id": "Int64", "product_id": "Int64", "order_id": "Int64"}
        )
        frame["purchase_date"] = frame["purchase_date"].astype("datetime64[ns]")
        frame.loc[0, "items"] = number + 0.5  # no two files are the same bytes
        frame = pd.concat([frame, good.astype(frame.dtypes)], ignore_index=True)
        deliveries.append(read(frame, f"{number}.parquet"))
    got = accept(state, deliveries, replace_weeks)
    counts = got.stats["tables"]["transactions"]
    aside = set_aside(got)
    assert counts["rows_in"] == sum(len(lines) + len(good) for lines in files)
    assert counts["rows_in"] == counts["accepted"] + sum(aside.values())
    assert not got.state.transactions.duplicated().any()
    if got.refused:
        assert got.state is state
    else:
        removed = sum(change["removed"] for change in got.stats["replaced_weeks"].values())
        assert len(got.state.transactions) == len(HISTORY) + counts["accepted"] - removed
        unknown_bytes = replace(got.state, accepted={})
        assert accept(unknown_bytes, deliveries, replace_weeks).is_unchanged


def test_the_real_tables_pass_with_nothing_lost(real_tables: Path) -> None:
    names = ("clientes.parquet", "productos.parquet", "transacciones.parquet")
    got = accept(None, [read_delivery((real_tables / name).read_bytes(), name) for name in names])
    got.require_accepted()
    assert set_aside(got) == {"DUPLICATE": 885}
    assert got.stats["tables"]["transactions"]["rows_in"] == 254_936
    assert len(got.state.transactions) == 254_051
    assert got.newest_day == date(2024, 12, 31)
    assert got.stats["returns"]["rows"] == 8_347
    assert got.stats["closed_weekdays"] == []
    assert len(got.state.customers) == 1_569
    assert len(got.state.products) == 971
