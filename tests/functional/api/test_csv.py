"""CSV of pairs in, CSV of scores out: every line comes back, whatever is in it."""

import csv
import io
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sodai_api.csv_pairs import MOST_LINES, UnreadableCsv, defused, read_pairs

from tests.functional.api.conftest import Api, Reply
from tests.functional.api.test_problems import assert_problem
from tests.unit.serving import small_forecast as small

SENT = f"customer_id,product_id\r\n{small.CORNER},{small.COLA}\r\n77,{small.COLA}\r\n"


def send(api: Api, body: str | bytes, kind: str = "text/csv") -> Reply:
    """As the gateway does with what it takes for binary: in base64."""
    data = body.encode() if isinstance(body, str) else body
    return api.post_bytes("/predict/csv", data, {"Content-Type": kind})


def rows(reply: Reply, separator: str = ",") -> list[dict[str, Any]]:
    assert reply.status == 200, reply.text
    text = io.StringIO(reply.text.removeprefix("\ufeff"), newline="")
    return list(csv.DictReader(text, delimiter=separator))


@pytest.mark.usefixtures("published")
def test_every_line_comes_back_in_order_with_its_score_or_its_error(api: Api) -> None:
    body = f"{SENT}{small.CORNER},abc\n\n,{small.COLA}\n{2**63},{small.COLA}\n{small.CANTEEN}\n"
    lines = rows(send(api, body))
    assert [(line["line"], line["prediction_score"], line["error"]) for line in lines] == [
        ("2", "0.83", ""),
        ("3", "", "UNKNOWN_CUSTOMER"),
        ("4", "", "INVALID_PRODUCT_ID"),
        ("6", "", "MISSING_CUSTOMER_ID"),
        ("7", "", "INVALID_CUSTOMER_ID"),
        ("8", "", "MISSING_PRODUCT_ID"),
    ]
    assert lines[0]["recommendation_confidence"] == "high"
    assert lines[0]["week"] == "2025-01-06"
    assert (lines[2]["customer_id"], lines[2]["product_id"]) == (str(small.CORNER), "abc")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("body", "separator"),
    [
        (f"{small.CORNER},{small.COLA}\n", ","),
        (f"{small.CORNER};{small.COLA}\n", ";"),
        (f"{small.CORNER}.0\t{small.COLA}.0", "\t"),
        (f"Producto;Nota;Cliente\n{small.COLA};año;{small.CORNER}\n".encode("cp1252"), ";"),
        (f"producto,cliente\n{small.COLA},{small.CORNER}\n".encode("utf-8-sig"), ","),
        (f"customer_id\tproduct_id\n{small.CORNER}\t{small.COLA}\n".encode("utf-16"), "\t"),
        (f'"customer_id","product_id"\r\n"{small.CORNER}","{small.COLA}"', ","),
    ],
    ids=["bare", "semicolons", "tabs", "windows-1252", "bom", "utf-16", "quotes"],
)
def test_files_are_read_as_spreadsheets_write_them(
    api: Api, body: str | bytes, separator: str
) -> None:
    (line,) = rows(send(api, body), separator)
    assert (line["prediction_score"], line["error"]) == ("0.83", "")


@pytest.mark.usefixtures("published")
def test_further_columns_come_back_behind_the_scores(api: Api) -> None:
    body = f"Nota;customer_id;product_id\naño;{small.CORNER};{small.COLA};sobra\n".encode("cp1252")
    text = send(api, body).text
    assert text.startswith("\ufeffline;customer_id;")
    assert text.splitlines()[1].endswith(";año;sobra")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("", "no line"),
        ("\n\n", "no line"),
        ("customer_id,product_id\n", "no line below"),
        ("shop,thing\n1,2\n", "names no customer_id"),
        ("11", "one column"),
        ("1,2\n" * (MOST_LINES + 1), "more than 20,000 lines"),
    ],
    ids=["empty", "blank", "header only", "other names", "one column", "too many"],
)
@pytest.mark.usefixtures("published")
def test_a_file_that_is_no_list_of_pairs_is_422_and_told_what_to_send(
    api: Api, body: str, word: str
) -> None:
    assert_problem(send(api, body), 422, "unreadable-csv", word, "customer_id and product_id")


@pytest.mark.usefixtures("published")
def test_csv_under_another_name_is_415(api: Api) -> None:
    reply = send(api, SENT, "application/json")
    assert_problem(reply, 415, "unsupported-media-type", "text/csv")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"]
)
def test_a_formula_is_defused_in_the_ids_in_a_further_column_and_in_a_header(cell: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["customer_id", "product_id", cell], [cell, "2", cell]])
    answer = read_pairs(out.getvalue().encode()).answered([]).decode()
    header, line = csv.reader(io.StringIO(answer, newline=""))
    assert header[-1] == f"'{cell}"
    assert line[1] == line[-1] == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+5", "-5,3", "1042", "a=b", ""])
def test_numbers_and_plain_words_are_left_alone(cell: str) -> None:
    assert defused(cell) == cell


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=20), st.sampled_from(",;\t"))
def test_no_line_is_lost_whatever_is_in_it(table: list[tuple[str, ...]], separator: str) -> None:
    out = io.StringIO()
    head = ("customer_id", "product_id", "note")
    csv.writer(out, delimiter=separator).writerows([head, *table])
    kept = [row for row in table if any(cell.strip() for cell in row)]
    if not kept:
        return
    sent = read_pairs(out.getvalue().encode())
    assert [(*line.written, *line.others) for line in sent.lines] == kept


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_words(body: bytes) -> None:
    with suppress(UnreadableCsv):
        sent = read_pairs(b"customer_id,product_id\n" + body)
        assert all(line.pair or line.error for line in sent.lines)
