"""What a delivered file is taken for, and what people are told when it is nothing of use."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from sodai.domain.contract import read_delivery
from sodai.domain.errors import DataContractError

from tests.unit.domain import small_distributor as shop

LINES = shop.transactions(weeks=1, lines_per_week=20)


def refusal(content: bytes, name: str = "week.parquet") -> str:
    with pytest.raises(DataContractError) as caught:
        read_delivery(content, name)
    return caught.value.user_message


@pytest.mark.parametrize(
    ("table", "frame"),
    [
        ("customers", shop.customers()),
        ("products", shop.products()),
        ("transactions", LINES),
    ],
)
def test_recognises_each_table_by_its_columns_in_any_order(table: str, frame: pd.DataFrame) -> None:
    shuffled = frame[frame.columns[::-1]].assign(note="of no use")
    delivery = read_delivery(shop.parquet(shuffled), "anything.parquet")
    assert delivery.table == table
    assert list(delivery.frame.columns) == list(frame.columns)
    assert delivery.frame.astype(frame.dtypes.to_dict()).equals(frame)


@pytest.mark.parametrize("separator", [",", ";"])
def test_reads_csv_as_parquet(separator: str) -> None:
    text = LINES.to_csv(index=False, sep=separator, decimal="." if separator == "," else ",")
    from_csv = read_delivery(text.encode("utf-8-sig"), "WEEK.CSV").frame
    from_parquet = read_delivery(shop.parquet(LINES), "week.parquet").frame
    pd.testing.assert_frame_equal(from_csv, from_parquet)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty (0 bytes)"),
        (b"customer_id,product_id\n1,2\n", "is not a parquet file but a text file"),
        (b"\x00\x01\x02", "is not a parquet file but something else"),
        (b"PAR1 and then nothing", "damaged parquet"),
        (shop.parquet(LINES.head(0)), "has columns but no rows"),
        (shop.parquet(pd.DataFrame({"name": ["a"]})), "none of the three tables"),
    ],
    ids=["empty", "text", "binary", "damaged", "no rows", "another table"],
)
def test_says_what_is_wrong_with_a_file(content: bytes, words: str) -> None:
    told = refusal(content)
    assert words in told
    assert "week.parquet" in told


def test_an_unreadable_csv_is_told_in_plain_words() -> None:
    assert "not a readable CSV" in refusal(b'a,b\n"1,2\n1,2,3,4\n', "week.csv")


def test_a_missing_column_is_named_with_the_present_ones_and_the_nearest_name() -> None:
    told = refusal(shop.parquet(LINES.rename(columns={"items": "Item"})))
    assert "lacks column items" in told
    assert "customer_id, product_id, order_id, purchase_date, Item" in told
    assert 'Rename "Item" to "items".' in told


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("customer_id", ["1000", "abc", "x9"], '"abc", "x9"'),
        ("order_id", [1.0, 2.5, 3.0], '"2.5"'),
        ("items", ["1", "two", "3"], '"two"'),
        ("purchase_date", ["2024-01-02", "03/01/2024", "2024-13-01"], '"03/01/2024", "2024-13-01"'),
        ("purchase_date", [20240101, 20240102, 20240103], '"20240101"'),
        ("product_id", [True, False, True], '"True"'),
    ],
)
def test_values_that_do_not_fit_a_column_are_shown(
    column: str, values: list[str], expected: str
) -> None:
    told = refusal(shop.parquet(LINES.head(3).assign(**{column: values})))
    assert f"column {column} must hold" in told
    assert expected in told


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("customer_id", ["1000", " 1001", "1002.0"]),
        ("customer_id", [1000.0, 1001.0, 1002.0]),
        ("items", ["1.5", "2", "-3"]),
        ("purchase_date", ["2024-01-02", "2024-01-03T10:00:00", "2024-01-04 08:30:00+00:00"]),
        ("purchase_date", [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)]),
    ],
)
def test_values_written_otherwise_are_understood(column: str, values: list[str]) -> None:
    read = read_delivery(shop.parquet(LINES.head(3).assign(**{column: values})), "week.parquet")
    assert read.frame[column].notna().all()
    plain = read_delivery(shop.parquet(LINES.head(3)), "week.parquet")
    assert read.frame[column].dtype == plain.frame[column].dtype


def test_missing_keys_stay_missing_until_rows_are_judged() -> None:
    lines = LINES.head(3).assign(customer_id=[1000.0, np.nan, 1002.0])
    read = read_delivery(shop.parquet(lines), "week.parquet").frame
    assert read["customer_id"].isna().tolist() == [False, True, False]


def test_large_order_numbers_keep_every_digit() -> None:
    text = LINES.head(1).astype({"order_id": "str"}).assign(order_id="900719925474099301")
    read = read_delivery(text.to_csv(index=False).encode(), "week.csv").frame
    assert read["order_id"].tolist() == [900719925474099301]
