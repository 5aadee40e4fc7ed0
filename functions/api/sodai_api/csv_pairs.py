"""Pairs as CSV in, scores as CSV out: no line is lost, and no cell becomes a formula."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sodai.domain.errors import SodaiError
from sodai.serving.catalogue import fold

from sodai_api.models.fields import LARGEST_ID, SMALLEST_ID
from sodai_api.models.forecasts import BatchPrediction

MOST_LINES: Final = 20_000
SEPARATORS: Final = ";,\t"
NAMES: Final = {
    "customer_id": ("customer_id", "customer", "cliente", "cliente_id", "id_cliente"),
    "product_id": ("product_id", "product", "producto", "producto_id", "id_producto"),
}
SCORES: Final = ("prediction_score", "recommendation_confidence", "reason", "week")
NO_SCORES: Final = ("",) * len(SCORES)
ADDED: Final = ("line", *NAMES, *SCORES, "error", "message")
MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16"} | {
    codecs.BOM_UTF16_BE: "utf-16"
}
INTEGER: Final = re.compile(r"[+-]?\d{1,19}(\.0+)?", re.ASCII)  # spreadsheets make 1042.0 of 1042
NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)
FORMULA: Final = tuple("=+-@＝＋－＠\t\r\n")


class UnreadableCsv(SodaiError):
    """A body that is no CSV of pairs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: the ids as they were written, and as numbers where they are some."""

    number: int
    written: tuple[str, str]
    pair: tuple[int, int] | None
    error: str | None
    message: str | None
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairFile:
    """A file of pairs as it was sent; the answer is written the same way."""

    separator: str
    has_mark: bool
    other_columns: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs that can be asked for, in the order of their lines."""
        return [line.pair for line in self.lines if line.pair]

    def answered(self, found: Sequence[BatchPrediction]) -> bytes:
        """Return the CSV of scores, one line for each line sent, in the same order.

        Parameters
        ----------
        found : sequence of BatchPrediction
            What was found for each of `pairs`.
        """
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.separator, lineterminator="\r\n")
        writer.writerow([*ADDED, *map(defused, self.other_columns)])
        answers = iter(found)
        for line in self.lines:
            told = _told(next(answers)) if line.pair else (*NO_SCORES, line.error, line.message)
            cells = (*line.written, *told, *line.others)
            writer.writerow([line.number, *(defused(cell or "") for cell in cells)])
        return (codecs.BOM_UTF8 if self.has_mark else b"") + out.getvalue().encode()


def read_pairs(body: bytes) -> PairFile:
    """Read a CSV of pairs.

    Parameters
    ----------
    body : bytes
        UTF-8, UTF-16 with its mark, or else Windows-1252; separated by commas, semicolons or
        tabs; with a header that names the two columns, or without one: then they come first.

    Raises
    ------
    UnreadableCsv
        If there is no line, no such columns, or too many lines.
    """
    encoding = next((name for mark, name in MARKS.items() if body.startswith(mark)), "utf-8")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = body.decode(encoding, errors="replace")
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=first.count) if any(s in first for s in SEPARATORS) else ","
    rows = _rows(text, separator)
    _, top = next(rows, (0, None))
    if top is None:
        raise _unreadable("The file has no line.")
    if INTEGER.fullmatch(top[0].strip()):
        columns, rows = _without_header(top), _rows(text, separator)
        named: Sequence[str] = [f"column_{i + 1}" for i in range(len(top))]
    else:
        columns, named = _columns(top), top
    others = [i for i in range(len(named)) if i not in columns]
    lines = tuple(_line(number, row, columns, others) for number, row in rows)
    if not lines:
        raise _unreadable("The file has a header and no line below it.")
    if len(lines) > MOST_LINES:
        raise _too_many()
    names = tuple(named[i] for i in others)
    return PairFile(separator, encoding != "utf-8", names, lines)


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    is_risky = cell.lstrip(" ").startswith(FORMULA) and not NUMBER.fullmatch(cell.strip())
    return f"'{cell}" if is_risky else cell


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    count, began = 0, 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                count += 1
                if count > MOST_LINES + 1:
                    raise _too_many()
                yield began, row
            began = reader.line_num + 1
    except csv.Error as error:
        raise _unreadable(f"Line {reader.line_num} cannot be read as CSV ({error}).") from error


def _without_header(row: Sequence[str]) -> tuple[int, int]:
    if len(row) < 2:
        raise _unreadable("Line 1 has one column.")
    return 0, 1


def _columns(header: Sequence[str]) -> tuple[int, int]:
    folded = [fold(name).strip().replace(" ", "_") for name in header]
    found = [
        next((i for i, name in enumerate(folded) if name in names), None)
        for names in NAMES.values()
    ]
    if found[0] is None or found[1] is None:
        raise _unreadable(f"The header names no customer_id and product_id: {header[:5]}.")
    return found[0], found[1]


def _line(number: int, row: Sequence[str], columns: tuple[int, int], others: list[int]) -> Line:
    cells = [row[i] if i < len(row) else "" for i in (*columns, *others)]
    written, surplus = (cells[0], cells[1]), row[len(cells) :]
    rest = (*cells[2:], *surplus)
    for name, cell in zip(NAMES, written, strict=True):
        if not cell.strip():
            return Line(number, written, None, f"MISSING_{name.upper()}", f"{name} is empty.", rest)
        if _integer(cell) is None:
            words = f"{name} is not a whole number of 64 bits."
            return Line(number, written, None, f"INVALID_{name.upper()}", words, rest)
    customer, product = (_integer(cell) or 0 for cell in written)
    return Line(number, written, (customer, product), None, None, rest)


def _integer(cell: str) -> int | None:
    text = cell.strip()
    if not INTEGER.fullmatch(text):
        return None
    value = int(text.partition(".")[0])
    return value if SMALLEST_ID <= value <= LARGEST_ID else None


def _told(found: BatchPrediction) -> tuple[str, ...]:
    values = [getattr(found, name) for name in (*SCORES, "error", "message")]
    return tuple("" if value is None else str(value) for value in values)


def _too_many() -> UnreadableCsv:
    return _unreadable(f"The file has more than {MOST_LINES:,} lines.")


def _unreadable(what: str) -> UnreadableCsv:
    return UnreadableCsv(
        what,
        f"{what} Send a CSV of up to {MOST_LINES:,} lines with the columns customer_id and "
        "product_id.",
    )
