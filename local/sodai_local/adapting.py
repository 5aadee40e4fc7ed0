"""Read another retailer's files by a mapping of their columns."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sodai_local.state import State

if TYPE_CHECKING:
    from sodai.domain.adapter import Adapted, Books

MapOption = Annotated[
    str | None,
    typer.Option(
        "--map",
        help="Columns of another retailer's tables: "
        "customer=…,product=…,date=…,quantity=… (others help, see the README).",
    ),
]
BOOKS: Final = "ids"  # in the state folder: the codes given to ids that are text


def adapt_files(files: Sequence[Path], columns: str, books: "Books | None" = None) -> "Adapted":
    """Read files of any columns as our three tables."""
    from sodai.domain.adapter import ColumnMap, adapt
    from sodai.domain.contract import read_raw

    mapping = ColumnMap.parse(columns)
    numbers = mapping.columns.values()
    raw = {file.name: read_raw(file.read_bytes(), file.name, numbers) for file in files}
    return adapt(raw, mapping, books)


def as_files(adapted: "Adapted") -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each adapted table; equal tables give equal bytes."""
    for table, frame in adapted.tables.items():
        sink = BytesIO()
        frame.to_parquet(sink, index=False, compression="zstd")
        yield f"{table}.parquet", sink.getvalue()


def adapt_delivery(files: Sequence[Path], columns: str) -> Iterator[tuple[str, bytes]]:
    """Adapt a delivery; the codes of its ids are those of earlier ones, kept with the state."""
    state = State.find()
    books = state.read(BOOKS)
    adapted = adapt_files(files, columns, books or None)  # type: ignore[arg-type]
    state.write(BOOKS, {str(party): book for party, book in adapted.books.items()})
    return as_files(adapted)
