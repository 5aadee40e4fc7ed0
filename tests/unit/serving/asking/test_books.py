"""Tables that can be read and nothing else, within limits."""

import gzip
import sqlite3
import tempfile
from itertools import count
from pathlib import Path

import pytest
from sodai.domain.errors import ArtifactDamaged
from sodai.serving.asking import PAIRS, SALES, Books, book
from sodai.serving.asking.books import TooLong

SOLD = {
    "customers": [(1, "ABARROTES")],
    "products": [(7, "Cumbre", "BEBIDAS", "JUGOS", "LOW", "LATA", None)],
    "sales": [("2025-01-02", 1, 7, 0, 1, 2.5, 0)] * 300,
    "span": [("2025-01-02", "2025-01-02")],
}
PAIRED = {"pairs": [(1, 7, 0.5, 2.0, 1)]}


@pytest.fixture
def small() -> Books:
    return Books(book(SALES, SOLD), book(PAIRS, PAIRED))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sales",
        "UPDATE sales SET units = 0",
        "INSERT INTO pairs VALUES (1, 7, 1, 1, 1)",
        "DROP TABLE customers",
        "CREATE TABLE more (one)",
        "CREATE TEMP TABLE more (one)",
        "ATTACH DATABASE '/tmp/other' AS other",
        "DETACH DATABASE forecast",
        "PRAGMA query_only = OFF",
        "BEGIN",
        "SELECT load_extension('x')",
        "SELECT randomblob(1000000000)",
    ],
)
def test_nothing_but_reading_is_let_through(small: Books, statement: str) -> None:
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        small.query(statement, {})
    assert small.query("SELECT count(*), sum(units) FROM sales", {}).rows == [(300, 750.0)]


def test_the_files_are_open_for_reading_only(small: Books) -> None:
    with pytest.raises(sqlite3.DatabaseError):
        small.query("VACUUM", {})
    small._database.set_authorizer(None)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        small.query("DELETE FROM sales", {})


def test_both_files_are_read_together(small: Books) -> None:
    sql = "SELECT count(*), max(probability) FROM sales JOIN pairs USING (customer_id, product_id)"
    assert small.query(sql, {}).rows == [(300, 0.5)]


def test_rows_beyond_the_limit_are_left_out_and_told(small: Books) -> None:
    found = small.query("SELECT units FROM sales", {}, most_rows=10)
    assert (found.columns, len(found.rows), found.is_cut) == (("units",), 10, True)
    assert not small.query("SELECT units FROM sales LIMIT 10", {}, most_rows=10).is_cut


def test_a_query_that_takes_too_long_is_stopped() -> None:
    seconds = count()
    impatient = Books(book(SALES, SOLD), book(PAIRS, PAIRED), clock=lambda: float(next(seconds)))
    endless = "SELECT count(*) FROM sales AS a, sales AS b, sales AS c, sales AS d"
    with pytest.raises(TooLong):
        impatient.query(endless, {}, most_seconds=2.0)
    assert impatient.query("SELECT count(*) FROM pairs", {}, most_seconds=9.0).rows == [(1,)]


def test_nothing_stays_on_the_disk(small: Books) -> None:
    assert small.query("SELECT count(*) FROM sales", {}).rows == [(300,)]
    assert not list(Path(tempfile.gettempdir()).glob("sodai-*.sqlite"))


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"no database")],
    ids=["nothing", "no gzip", "no database"],
)
def test_a_damaged_file_is_named(body: bytes) -> None:
    with pytest.raises(ArtifactDamaged, match="sqlite"):
        Books(body, book(PAIRS, PAIRED))
    with pytest.raises(ArtifactDamaged, match="sqlite"):
        Books(book(SALES, SOLD), body)


def test_the_same_rows_make_the_same_file() -> None:
    assert book(SALES, SOLD) == book(SALES, SOLD)
