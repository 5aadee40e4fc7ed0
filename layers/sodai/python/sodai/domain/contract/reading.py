"""From the bytes of a file to one of the three tables, or to plain words on why not."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from hashlib import sha256
from io import BytesIO, StringIO
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sodai.domain.contract.coercion import coerce
from sodai.domain.contract.tables import SCHEMAS, Delivery, Table, keys_of, names_of
from sodai.domain.errors import DataContractError

PARQUET_MARK: Final = b"PAR1"
LIKELY: Final = 0.5  # share of a table's columns above which a file is taken for that table
FORMATS: Final = "Deliver a .parquet or .csv file."
NUMBERS: Final = frozenset(
    column.name for schema in SCHEMAS.values() for column in schema if column.kind == "number"
)


def read_delivery(content: bytes, name: str) -> Delivery:
    """Read a delivered file and recognise its table by its columns.

    Parameters
    ----------
    content : bytes
        The file, parquet or (by its ending) CSV.
    name : str
        Its name, for messages and to tell the format.

    Returns
    -------
    Delivery
        The table's columns in their order with their dtypes; other columns are left out.

    Raises
    ------
    DataContractError
        If the file cannot be read as one of the three tables.
    """
    raw = read_raw(content, name)
    table = _recognise(list(raw.columns), name)
    if raw.empty:
        raise _broken(name, "has columns but no rows", "Export it again with its rows.")
    frame = pd.DataFrame(
        {column.name: coerce(raw[column.name], column, name) for column in SCHEMAS[table]}
    )
    return Delivery(name, sha256(content).hexdigest(), table, frame)


def read_raw(content: bytes, name: str, numbers: Collection[str] = NUMBERS) -> pd.DataFrame:
    """Read a file of any columns, parquet or (by its ending) CSV.

    Parameters
    ----------
    content, name : bytes, str
        The file.
    numbers : collection of str
        Columns in which a CSV with semicolons has decimal commas.

    Raises
    ------
    DataContractError
        If the file cannot be read.
    """
    if not content:
        raise _broken(name, "is empty (0 bytes)", "Export it again.")
    if name.lower().endswith(".csv"):
        return _read_csv(content, name, numbers)
    if not content.startswith(PARQUET_MARK):
        kind = "a text file" if _is_text(content) else "something else"
        raise _broken(name, f"is not a parquet file but {kind}", FORMATS)
    try:
        raw = pq.read_table(BytesIO(content)).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError) as error:
        raise _broken(name, "is a damaged parquet file", "Copy or export it again.") from error
    return _with_unique_columns(raw, name)


def _read_csv(content: bytes, name: str, numbers: Collection[str]) -> pd.DataFrame:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    semicolons = text.partition("\n")[0].count(";") > 0
    separator, decimal = (";", ",") if semicolons else (",", ".")
    try:
        raw = pd.read_csv(StringIO(text), sep=separator, dtype=str, skipinitialspace=True)
    except ValueError as error:  # pandas' parser errors are ValueErrors
        raise _broken(name, f"is not a readable CSV file ({error})", FORMATS) from error
    if decimal == ",":
        for column in set(numbers) & set(raw.columns):
            raw[column] = raw[column].str.replace(",", ".", regex=False)
    return _with_unique_columns(raw, name)


def _with_unique_columns(raw: pd.DataFrame, name: str) -> pd.DataFrame:
    raw = raw.rename(columns=lambda column: str(column).strip())
    twice = sorted(set(raw.columns[raw.columns.duplicated()]))
    if twice:
        raise _broken(name, f"has column {twice[0]} twice", "Keep one of them.")
    return raw


def _is_text(content: bytes) -> bool:
    head = content[:4096]
    return b"\0" not in head and sum(byte >= 32 or byte in b"\t\r\n" for byte in head) == len(head)


def _recognise(present: Sequence[str], name: str) -> Table:
    found = set(present)
    shares = {table: len(found & set(names_of(table))) / len(names_of(table)) for table in SCHEMAS}
    complete = [table for table in SCHEMAS if shares[table] == 1]
    if complete:
        return "transactions" if "transactions" in complete else complete[0]
    table = max(shares, key=lambda table: (shares[table], set(keys_of(table)) <= found))
    if shares[table] < LIKELY:
        known = "; ".join(f"{table}: {', '.join(names_of(table))}" for table in SCHEMAS)
        raise _broken(
            name,
            f"is none of the three tables: its columns are {', '.join(present)}",
            f"Deliver a table with these columns. {known}.",
        )
    missing = [column for column in names_of(table) if column not in found]
    advice = [_rename_advice(column, sorted(found - set(names_of(table)))) for column in missing]
    raise _broken(
        name,
        f"looks like the {table} table but lacks {_listed(missing)}; "
        f"its columns are {', '.join(present)}",
        " ".join(filter(None, advice)) or "Export it with every column of the table.",
    )


def _rename_advice(missing: str, strangers: Sequence[str]) -> str:
    by_lower = {column.lower(): column for column in strangers}
    nearest = get_close_matches(missing.lower(), list(by_lower), n=1)
    return f'Rename "{by_lower[nearest[0]]}" to "{missing}".' if nearest else ""


def _listed(columns: Sequence[str]) -> str:
    return f"column{'s' if len(columns) > 1 else ''} {', '.join(columns)}"


def _broken(name: str, what: str, advice: str) -> DataContractError:
    return DataContractError(f"{name} {what}", f"The file {name} {what}. {advice}")
