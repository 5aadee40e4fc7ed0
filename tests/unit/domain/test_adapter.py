"""Any retailer's transactions become our three tables, whatever their columns are called."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sodai.domain.adapter import ATTRIBUTES, Adapted, ColumnMap, MappingRefused, adapt, encode
from sodai.domain.calendar import Window
from sodai.domain.contract import accept, read_delivery
from sodai.domain.errors import DataContractError
from sodai.domain.features import whole_table
from sodai.domain.history import History

from tests.unit.domain import small_distributor as shop

MAPPING = ColumnMap.parse("customer=household,product=upc,date=day,quantity=units")
LINES = pd.DataFrame(
    {
        "household": [7, 7, 7, 9, 9],
        "upc": [30, 30, 31, 30, 32],
        "day": pd.to_datetime(
            ["2023-01-02", "2023-01-02", "2023-01-02", "2023-01-09", "2023-02-06"]
        ),
        "units": [1, 2, 1, 1, -1],
        "price": 2.5,
    }
)


def adapted(lines: pd.DataFrame = LINES, **files: pd.DataFrame) -> Adapted:
    return adapt({"lines.parquet": lines, **files}, MAPPING)


def refusal(mapping: str) -> str:
    with pytest.raises(MappingRefused) as refused:
        ColumnMap.parse(mapping)
    return refused.value.user_message


def delivered(tables: Adapted) -> dict[str, pd.DataFrame]:
    """Return the clean tables once the contract has judged what was adapted."""
    deliveries = [
        read_delivery(shop.parquet(frame), f"{table}.parquet")
        for table, frame in tables.tables.items()
    ]
    got = accept(None, deliveries)
    got.require_accepted()
    assert not got.quarantine
    return {table: getattr(got.state, table) for table in tables.tables}


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("customer=a,product=b,date=c", "quantity is missing"),
        ("customer=a", "product, date, quantity are missing"),
        ("customer=a,customer=b,product=c,date=d,quantity=e", "customer is named twice"),
        ("customer=a,product=b,date=c,quantity=d,colour=e", '"colour" is not a role'),
        ("custmer=a,product=b,date=c,quantity=d", 'did you mean "customer"?'),
        ("customer", '"customer" is not of the form role=column'),
        ("customer=,product=b,date=c,quantity=d", '"customer=" is not of the form'),
    ],
)
def test_mapping_that_cannot_be_read_is_told_with_the_way_to_write_it(mapping, told):
    message = refusal(mapping)
    assert told in message
    assert "customer=…,product=…,date=…,quantity=…" in message


def test_mapping_is_written_as_it_is_read():
    text = "customer=a,product=b,date=c,quantity=d,order=e,brand=f"
    assert str(ColumnMap.parse(text.replace(",", " , "))) == text


def test_four_columns_are_enough_for_the_contract():
    clean = delivered(adapted())
    assert clean["customers"]["customer_id"].tolist() == [7, 9]
    assert clean["products"]["product_id"].tolist() == [30, 31, 32]
    assert clean["transactions"]["is_return"].sum() == 1


def test_lines_of_one_pair_and_day_are_added_up():
    lines = adapted().tables["transactions"]
    assert lines["items"].tolist() == [3, 1, 1, -1]
    assert lines["order_id"].tolist() == [20230102, 20230102, 20230109, 20230206]


def test_orders_that_are_named_stay_apart():
    mapping = ColumnMap.parse(f"{MAPPING},order=basket")
    lines = adapt({"a": LINES.assign(basket=[1, 2, 2, 3, 4])}, mapping).tables["transactions"]
    assert lines["items"].tolist() == [1, 2, 1, 1, -1]
    named = adapt({"a": LINES.assign(basket=list("xyyzw"))}, mapping).tables["transactions"]
    assert sorted(named["items"]) == sorted(lines["items"])
    assert named["order_id"].nunique() == 4


def test_transactions_may_come_in_several_files():
    whole = adapted().tables["transactions"]
    parts = adapt({"a": LINES.iloc[:3], "b": LINES.iloc[3:]}, MAPPING).tables["transactions"]
    pd.testing.assert_frame_equal(parts, whole)


def test_attributes_come_from_the_table_that_has_each_id_once():
    mapping = ColumnMap.parse(f"{MAPPING},brand=maker,size=litres,customer_type=income")
    files = {
        "lines": LINES,
        "goods": pd.DataFrame({"upc": [30, 31, 99], "maker": [5, None, 6], "litres": [1.5, 2, 3]}),
        "people": pd.DataFrame({"household": [7, 9], "income": ["high", "low"]}),
        "campaigns": pd.DataFrame({"household": [7, 7], "campaign": [1, 2]}),
    }
    clean = delivered(adapt(files, mapping))
    goods = clean["products"].set_index("product_id")
    assert goods["brand"].to_dict() == {30: "5", 31: "SIN DATO", 32: "SIN DATO", 99: "6"}
    assert goods["size"].dropna().to_dict() == {30: 1.5, 31: 2.0, 99: 3.0}
    assert clean["customers"]["customer_type"].tolist() == ["high", "low"]


def test_attributes_may_stand_in_the_transactions():
    mapping = ColumnMap.parse(f"{MAPPING},brand=maker")
    goods = adapt({"a": LINES.assign(maker=list("ppqpr"))}, mapping).tables["products"]
    assert goods["brand"].tolist() == ["p", "q", "r"]


def test_absent_attributes_are_one_constant():
    tables = adapted().tables
    for party, columns in ATTRIBUTES.items():
        frame = tables[f"{party}s"]
        for column in columns:
            assert frame[column.name].nunique(dropna=False) == 1, column.name


@pytest.mark.parametrize(
    ("files", "mapping", "told"),
    [
        ({"a": LINES}, "customer=household,product=upc,date=day,quantity=qty", "a lacks qty"),
        ({"a": LINES}, f"{MAPPING},brand=maker", "brand is said to be maker"),
        ({}, str(MAPPING), "there is no table"),
        (
            {"a": LINES, "b": LINES[["upc"]].drop_duplicates(), "c": LINES[["upc"]].head(1)},
            str(MAPPING),
            "both b and c describe products by upc",
        ),
    ],
)
def test_tables_that_do_not_fit_the_mapping_are_refused(files, mapping, told):
    with pytest.raises(MappingRefused) as refused:
        adapt(files, ColumnMap.parse(mapping))
    assert told in refused.value.user_message


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("day", "02/01/2023", "column day must hold days written as YYYY-MM-DD"),
        ("day", 44928, "column day must hold days"),
        ("units", "two", 'column units must hold numbers, but has "two"'),
    ],
)
def test_value_that_cannot_be_read_is_told_with_file_column_and_row(column, values, told):
    with pytest.raises(DataContractError) as refused:
        adapted(LINES.assign(**{column: values}))
    assert told in refused.value.user_message
    assert "lines.parquet" in refused.value.user_message
    assert "row 1" in refused.value.user_message


def test_what_is_empty_is_left_to_the_contract():
    lines = pd.concat([LINES] * 60, ignore_index=True)
    lines["upc"] = np.arange(len(lines))
    lines = lines.astype({"household": "float64", "units": "float64"})
    lines.loc[0, "household"] = np.nan
    lines.loc[1, "units"] = np.nan
    lines.loc[2, "day"] = pd.NaT
    tables = adapted(lines).tables
    deliveries = [read_delivery(shop.parquet(f), f"{t}.parquet") for t, f in tables.items()]
    got = accept(None, deliveries)
    got.require_accepted()
    reasons = got.quarantine["transactions"].set_index("reason")["count"].to_dict()
    assert reasons == {"NULL_KEY": 1, "BAD_ITEMS": 1, "BAD_DATE": 1}


def test_days_are_those_of_the_clock_the_table_shows():
    late = pd.to_datetime(["2023-01-02 23:30"] * 5).tz_localize("America/New_York")
    days = adapted(LINES.assign(day=late)).tables["transactions"]["purchase_date"]
    assert set(days.dt.date) == {date(2023, 1, 2)}


@pytest.mark.parametrize(
    "ids", [[7, 7, 7, 9, 9], ["7", "7", " 7 ", "9", "9"], [7.0, 7.0, 7.0, 9.0, 9.0]]
)
def test_ids_that_are_whole_numbers_stay(ids):
    found = adapted(LINES.assign(household=ids))
    assert found.tables["customers"]["customer_id"].tolist() == [7, 9]
    assert found.books["customer"] == {}


@pytest.mark.parametrize("ids", [list("bbbaa"), ["07", "07", "07", "7", "7"]])
def test_ids_that_are_text_get_codes_that_can_be_found_again(ids):
    found = adapted(LINES.assign(household=ids))
    assert found.tables["customers"]["customer_id"].tolist() == [1, 2]
    first = found.tables["transactions"]["customer_id"].iloc[0]
    assert first == found.books["customer"][ids[0]]


def test_ids_keep_their_codes_in_the_next_delivery():
    before = adapted(LINES.assign(household=list("ddbbb"))).books
    lines = LINES.assign(household=list("abcde"))
    after = adapt({"a": lines}, MAPPING, before).books["customer"]
    assert after == {"b": 1, "d": 2, "a": 3, "c": 4, "e": 5}


def test_text_among_ids_that_were_whole_numbers_is_refused():
    before = adapted().books
    with pytest.raises(MappingRefused, match="text among whole numbers: x"):
        adapt({"a": LINES.assign(upc="x")}, MAPPING, before)


@given(
    deliveries=st.lists(
        st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8), min_size=1, max_size=4
    )
)
def test_codes_tell_ids_apart_and_never_change(deliveries):
    book, seen = {"start": 1}, {"start": 1}
    for ids in deliveries:
        codes, book = encode(pd.Series(ids, dtype="str"), "product", book)
        assert len(set(book.values())) == len(book)
        assert codes.tolist() == [book[name] for name in ids]
        assert seen.items() <= book.items()
        seen = dict(book)


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.integers(0, 5),
            st.integers(0, 60),
            st.integers(-3, 9).map(float),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_nothing_bought_is_lost_or_invented(rows):
    lines = pd.DataFrame(rows, columns=["household", "upc", "day", "units"])
    days = pd.Timestamp("2023-01-02") + pd.to_timedelta(lines["day"], unit="D")
    got = adapted(lines.assign(day=days)).tables["transactions"]
    assert not got.duplicated(["customer_id", "product_id", "purchase_date"]).any()
    expected = lines.assign(day=days).groupby(["household", "upc", "day"])["units"].sum()
    found = got.set_index(["customer_id", "product_id", "purchase_date"])["items"]
    assert found.sort_index().tolist() == expected.sort_index().tolist()


def test_features_of_four_columns_are_finite_where_the_attributes_would_have_a_say():
    rng = np.random.default_rng(3)
    lines = pd.DataFrame(
        {
            "household": rng.integers(0, 30, 2000),
            "upc": rng.integers(0, 12, 2000),
            "day": pd.Timestamp("2023-01-02") + pd.to_timedelta(rng.integers(0, 140, 2000), "D"),
            "units": 1,
        }
    )
    clean = delivered(adapted(lines))
    history = History.from_tables(clean["customers"], clean["products"], clean["transactions"])
    table = whole_table(history, Window(date(2023, 5, 22), 7))
    for name in ("cell_rate_4w", "cell_orders_1w", "affinity_brand", "type_rate_1w"):
        assert np.isfinite(table.column(name)).all(), name
    for name in ("customer_x", "customer_y", "product_size", "customer_deliveries"):
        assert len(np.unique(table.column(name))) == 1, name
    np.testing.assert_array_equal(table.column("cell_rate_4w"), table.column("type_rate_4w"))
