"""The tables that questions are asked of: two SQLite files a forecast, opened to be read only.

``sales.sqlite.gz`` holds what was sold, one row per order and product, and the tables of shops and
products; ``pairs.sqlite.gz`` holds what is forecast. They keep to what SQLite 3.7 knows, so that
any runtime reads them.
"""

import gzip
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sodai.serving.shards import damaged

SALES: Final = "sales.sqlite.gz"  # below aggregates/<fingerprint>/
PAIRS: Final = "pairs.sqlite.gz"  # below the serving folder of a forecast

TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    SALES: {
        "customers": "customer_id INTEGER PRIMARY KEY, customer_type TEXT",
        "products": "product_id INTEGER PRIMARY KEY, brand TEXT, category TEXT, "
        "sub_category TEXT, segment TEXT, package TEXT, size REAL",
        "sales": "day TEXT, customer_id INTEGER, product_id INTEGER, order_no INTEGER, "
        "purchases INTEGER, units REAL, returns INTEGER",
        "span": "first_day TEXT, newest_day TEXT",
    },
    PAIRS: {
        "pairs": "customer_id INTEGER, product_id INTEGER, probability REAL, units REAL, "
        "predicted INTEGER"
    },
}
MOST_ROWS: Final = 200
MOST_SECONDS: Final = 5.0
STEPS_BETWEEN_LOOKS: Final = 10_000  # of SQLite's machine, between two looks at the clock
READING: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
FUNCTIONS: Final = frozenset(
    {
        "coalesce",
        "count",
        "date",
        "julianday",
        "max",
        "min",
        "nullif",
        "round",
        "strftime",
        "substr",
        "sum",
    }
)

Rows = Iterable[Sequence[Any]]


class TooLong(Exception):
    """A query went over its time."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found; ``is_cut`` tells that there is more than was taken."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    is_cut: bool


def book(name: str, tables: Mapping[str, Rows]) -> bytes:
    """Return a gzipped SQLite file.

    Parameters
    ----------
    name : str
        ``SALES`` or ``PAIRS``: which tables it has.
    tables : mapping of str to rows
        The rows of each table, in the order of its columns.

    Raises
    ------
    KeyError
        If a table is missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book"
        with closing(sqlite3.connect(path)) as database:
            for table, columns in TABLES[name].items():
                database.execute(f"CREATE TABLE {table} ({columns})")
                marks = ", ".join("?" for _ in columns.split(","))
                database.executemany(f"INSERT INTO {table} VALUES ({marks})", tables[table])
            database.commit()
        return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)


class Books:
    """Both files, joined. No statement that would change them is let through.

    Parameters
    ----------
    sales, pairs : bytes
        What `book` made.
    clock : callable
        Seconds that only grow: how long a query has run.
    """

    def __init__(
        self, sales: bytes, pairs: bytes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._lock = Lock()
        self._deadline = float("inf")
        with _opened(SALES, sales) as sold, _opened(PAIRS, pairs) as paired:
            self._database = sqlite3.connect(sold, uri=True, check_same_thread=False)
            self._begin(SALES, "SELECT * FROM span")
            self._begin(PAIRS, "ATTACH DATABASE ? AS forecast", paired)
            self._begin(PAIRS, "SELECT * FROM pairs LIMIT 1")
            self._begin(SALES, "PRAGMA query_only = ON")
        self._database.set_authorizer(_only_reading)
        self._database.set_progress_handler(self._look_at_clock, STEPS_BETWEEN_LOOKS)

    def query(
        self,
        sql: str,
        parameters: Mapping[str, Any],
        *,
        most_rows: int = MOST_ROWS,
        most_seconds: float = MOST_SECONDS,
    ) -> Found:
        """Run a query within its limits.

        Raises
        ------
        TooLong
            If it takes longer.
        sqlite3.DatabaseError
            If it does more than read.
        """
        with self._lock:
            self._deadline = self._clock() + most_seconds
            try:
                cursor = self._database.execute(sql, dict(parameters))
                rows = cursor.fetchmany(most_rows + 1)
                columns = tuple(column[0] for column in cursor.description)
                cursor.close()
            except sqlite3.OperationalError as error:
                if "interrupted" in str(error):
                    raise TooLong(sql) from error
                raise
        return Found(columns, rows[:most_rows], len(rows) > most_rows)

    def _begin(self, name: str, statement: str, *parameters: str) -> None:
        """Run what opens a file: SQLite looks into it no sooner than that."""
        try:
            self._database.execute(statement, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise damaged(name, str(error)) from error

    def _look_at_clock(self) -> int:
        return int(self._clock() > self._deadline)


def _only_reading(action: int, one: str | None, two: str | None, *_: str | None) -> int:
    is_known_function = action == sqlite3.SQLITE_FUNCTION and two in FUNCTIONS
    return sqlite3.SQLITE_OK if action in READING or is_known_function else sqlite3.SQLITE_DENY


@contextmanager
def _opened(name: str, body: bytes) -> Iterator[str]:
    """Give the address of an unpacked file; once it is open its name goes, so nothing stays."""
    try:
        content = gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(name, str(error)) from error
    with tempfile.NamedTemporaryFile(prefix="sodai-", suffix=".sqlite") as file:
        file.write(content)
        file.flush()
        yield f"{Path(file.name).as_uri()}?mode=ro&immutable=1"
