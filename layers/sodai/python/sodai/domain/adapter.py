"""Any retailer's tables as ours: four columns suffice, others help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, Self

import pandas as pd
from pandas.api import types

from sodai.domain.contract.coercion import coerce
from sodai.domain.contract.reference import NO_LABEL, NO_NUMBER
from sodai.domain.contract.tables import SCHEMAS, TRANSACTION_ORDER, Column, Table, names_of
from sodai.domain.errors import SodaiError

Party = Literal["customer", "product"]
Book = Mapping[str, int]
Books = Mapping[Party, Book]
Files = Mapping[str, pd.DataFrame]

REQUIRED: Final = ("customer", "product", "date", "quantity")
ORDER: Final = "order"
REFERENCES: Final[Mapping[Party, Table]] = {"customer": "customers", "product": "products"}
ATTRIBUTES: Final[Mapping[Party, tuple[Column, ...]]] = {
    party: tuple(column for column in SCHEMAS[table] if not column.is_key)
    for party, table in REFERENCES.items()
}
OPTIONAL: Final = (ORDER, *(column.name for columns in ATTRIBUTES.values() for column in columns))
PLAIN_NUMBER: Final = r"0|-?[1-9]\d{0,17}"  # one way to write it: 7 is an id, 007 is a name
EXAMPLE: Final = "customer=…,product=…,date=…,quantity=…"


class MappingRefused(SodaiError):
    """A mapping of columns that cannot be read, or that the tables do not fit."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of a retailer's tables plays which role.

    Parameters
    ----------
    columns : mapping of role to column
        All of ``REQUIRED``, and any of ``OPTIONAL``: the order, and attributes of customers and
        products by their names in our tables.
    """

    columns: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``role=column,role=column``.

        Raises
        ------
        MappingRefused
            If it is written otherwise, names a role twice or one that does not exist, or lacks
            a required one.
        """
        columns: dict[str, str] = {}
        for part in text.split(","):
            role, is_pair, column = (piece.strip() for piece in part.partition("="))
            if not (role and is_pair and column):
                raise _refused(f'"{part.strip()}" is not of the form role=column')
            if role not in (*REQUIRED, *OPTIONAL):
                raise _refused(f'"{role}" is not a role{_nearest(role)}')
            if role in columns:
                raise _refused(f"{role} is named twice, as {columns[role]} and as {column}")
            columns[role] = column
        missing = [role for role in REQUIRED if role not in columns]
        if missing:
            raise _refused(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
        return cls(columns)

    def __str__(self) -> str:
        return ",".join(f"{role}={column}" for role, column in self.columns.items())

    @property
    def of_lines(self) -> list[str]:
        """The columns that make a table one of transactions."""
        return [self.columns[role] for role in (*REQUIRED, ORDER) if role in self.columns]


@dataclass(frozen=True, slots=True)
class Adapted:
    """A retailer's data as the three tables of the contract.

    Parameters
    ----------
    tables : mapping of table to DataFrame
        Ready to be delivered.
    books : mapping
        By ``customer`` and ``product``: the code of each id. Empty where ids are whole numbers,
        which stay as they are.
    """

    tables: Mapping[Table, pd.DataFrame]
    books: Books


def adapt(files: Files, mapping: ColumnMap, books: Books | None = None) -> Adapted:
    """Turn a retailer's tables into ours.

    A file with all the mapped columns of a transaction is one of transactions. One with the
    customer's (or product's) column in which no id comes twice describes customers (products).
    Other files are left out. Lines of the same customer, product, order and day are added up.

    Parameters
    ----------
    files : mapping of name to DataFrame
        The tables as they were read.
    mapping : ColumnMap
        What their columns mean.
    books : mapping, optional
        The codes given so far; an id keeps its code.

    Raises
    ------
    MappingRefused
        If a mapped column is nowhere, or ids that were whole numbers so far are text.
    DataContractError
        If a date, a quantity or an attribute cannot be read; says where.
    """
    lines = _lines(files, mapping)
    described = {party: _description(files, mapping, party) for party in REFERENCES}
    tables: dict[Table, pd.DataFrame] = {}
    renewed: dict[Party, Book] = {}
    for party, table in REFERENCES.items():
        reference = _reference(party, described[party], lines, mapping)
        ids = pd.concat([lines[party], reference[party]], ignore_index=True)
        codes, renewed[party] = encode(ids, party, None if books is None else books[party])
        lines[party] = codes.iloc[: len(lines)].to_numpy()
        reference[party] = codes.iloc[len(lines) :].to_numpy()
        reference = reference.rename(columns={party: f"{party}_id"})
        tables[table] = reference.sort_values(f"{party}_id", ignore_index=True)[names_of(table)]
    tables["transactions"] = _added_up(lines)
    return Adapted(tables, renewed)


def encode(
    ids: "pd.Series[str]", party: Party, book: Book | None = None
) -> tuple["pd.Series[int]", Book]:
    """Give ids whole numbers: themselves where all are such, else their codes in a book.

    Parameters
    ----------
    ids : Series
        Ids, as `_ids` writes them; null where there is none.
    party : str
        Whose ids, for the message.
    book : mapping of id to code, optional
        The codes given before. An empty one says that ids were whole numbers.

    Returns
    -------
    Series of Int64, mapping
        The codes, and the book with the new ids; these are numbered in the order of their text.
    """
    named = ids.dropna()
    are_numbers = named.str.fullmatch(PLAIN_NUMBER).all()
    if not book and are_numbers:
        return ids.astype("Int64"), {}
    if book is not None and not book:
        strange = named[~named.str.fullmatch(PLAIN_NUMBER)].iloc[0]
        raise MappingRefused(
            f"text among whole numbers: {strange}",
            f'The ids of the {party}s were whole numbers so far, but now there is "{strange}". '
            "Correct the id, or start anew with a state folder of its own (SODAI_STATE).",
        )
    known = dict(book or {})
    fresh = sorted(set(named.unique()) - set(known))
    known |= {name: code for code, name in enumerate(fresh, max(known.values(), default=0) + 1)}
    return ids.map(known).astype("Int64"), known


def _lines(files: Files, mapping: ColumnMap) -> pd.DataFrame:
    """Return the transactions of all files: one column per role, ids as text."""
    wanted = mapping.of_lines
    found = {name: frame for name, frame in files.items() if set(wanted) <= set(frame.columns)}
    if not found:
        raise _no_transactions(files, wanted)
    parts = []
    for name, frame in found.items():
        column = mapping.columns
        day = coerce(frame[column["date"]], Column(column["date"], "day"), name)
        part = {
            "customer": _ids(frame[column["customer"]]),
            "product": _ids(frame[column["product"]]),
            "date": day,
            "quantity": coerce(
                frame[column["quantity"]], Column(column["quantity"], "number"), name
            ),
            ORDER: _order_ids(frame[column[ORDER]]) if ORDER in column else _order_of(day),
        }
        attributes = [column[role] for role in column if role in OPTIONAL and role != ORDER]
        kept = [name for name in dict.fromkeys(attributes) if name in frame.columns]
        raw = frame[kept].reset_index(drop=True).add_prefix(_RAW)
        parts.append(pd.concat([pd.DataFrame(part), raw], axis="columns"))
    return pd.concat(parts, ignore_index=True)


_RAW: Final = "raw "  # an attribute may be called as a role is


def _ids(values: pd.Series) -> "pd.Series[str]":
    """Return ids as text; whole numbers that became floats beside a null are whole again."""
    values = values.reset_index(drop=True)
    if types.is_float_dtype(values.dtype) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    text = values.astype("str").str.strip()
    return text.mask(values.isna() | (text == ""))


def _order_ids(values: pd.Series) -> "pd.Series[int]":
    """Return order ids as they are if whole numbers, else a hash that is the same every week."""
    text = _ids(values)
    if text.dropna().str.fullmatch(PLAIN_NUMBER).all():
        return text.astype("Int64")
    hashed = pd.util.hash_array(text.fillna("").to_numpy(dtype=object)) >> 1
    return pd.Series(hashed.astype("int64")).astype("Int64").mask(text.isna())


def _order_of(day: "pd.Series[pd.Timestamp]") -> "pd.Series[int]":
    """Return one order per day, numbered as YYYYMMDD; 0 without a day."""
    number = day.dt.year * 10_000 + day.dt.month * 100 + day.dt.day
    return number.fillna(0).astype("Int64")


def _description(files: Files, mapping: ColumnMap, party: Party) -> tuple[str, pd.DataFrame] | None:
    """Return the file that describes customers or products, if there is one."""
    key, lines = mapping.columns[party], set(mapping.of_lines)
    found = [
        (name, frame)
        for name, frame in files.items()
        if key in frame.columns
        and not lines <= set(frame.columns)
        and not _ids(frame[key]).dropna().duplicated().any()
    ]
    if len(found) > 1:
        names = " and ".join(name for name, _ in found)
        raise _refused(f"both {names} describe {REFERENCES[party]} by {key}; keep one of them")
    return found[0] if found else None


def _reference(
    party: Party,
    described: tuple[str, pd.DataFrame] | None,
    lines: pd.DataFrame,
    mapping: ColumnMap,
) -> pd.DataFrame:
    """Return the customers or products described or met in a line, with all their attributes."""
    met = lines.drop_duplicates(party).dropna(subset=party).set_index(party)
    file, frame = described or ("", pd.DataFrame({mapping.columns[party]: []}))
    named = frame.set_index(_ids(frame[mapping.columns[party]]).to_numpy())
    named = named[named.index.notna()]
    ids = named.index.union(met.index)
    reference = pd.DataFrame({party: pd.Series(ids, dtype="str")})
    for attribute in ATTRIBUTES[party]:
        column = mapping.columns.get(attribute.name)
        if column is None:
            reference[attribute.name] = _neutral(attribute)
            continue
        if column in frame.columns and column != mapping.columns[party]:
            raw, where = named[column], file
        elif _RAW + column in lines.columns:
            raw, where = met[_RAW + column], "transactions"
        else:
            raise _no_attribute(attribute.name, column, party, frame)
        if attribute.kind == "label":  # as text before gaps turn whole numbers into floats
            raw = pd.Series(_ids(raw).to_numpy(), raw.index, dtype="str")
        values = coerce(raw.reindex(ids), Column(column, attribute.kind), where)
        neutral = _neutral(attribute)
        reference[attribute.name] = values if pd.isna(neutral) else values.fillna(neutral)
    return reference


def _neutral(attribute: Column) -> str | float | int:
    """Return what stands for an attribute nobody knows: one constant, so that nothing splits."""
    if attribute.kind == "label":
        return NO_LABEL
    return NO_NUMBER if attribute.kind == "whole" else float("nan")


def _added_up(lines: pd.DataFrame) -> pd.DataFrame:
    renamed = lines.rename(
        columns={
            "customer": "customer_id",
            "product": "product_id",
            ORDER: "order_id",
            "date": "purchase_date",
            "quantity": "items",
        }
    )
    line = [column for column in names_of("transactions") if column != "items"]
    summed = renamed.groupby(line, dropna=False, sort=False)["items"].sum(min_count=1)
    return summed.reset_index().sort_values(TRANSACTION_ORDER, ignore_index=True)


def _nearest(role: str) -> str:
    nearest = get_close_matches(role, (*REQUIRED, *OPTIONAL), n=1)
    return f'; did you mean "{nearest[0]}"?' if nearest else ""


def _no_transactions(files: Files, wanted: Sequence[str]) -> MappingRefused:
    if not files:
        return _refused("there is no table")
    name = max(files, key=lambda one: len(set(wanted) & set(files[one].columns)))
    present = [str(column) for column in files[name].columns]
    missing = [column for column in wanted if column not in present]
    return _refused(
        f"no table has all of {', '.join(wanted)}; {name} lacks {', '.join(missing)}, "
        f"its columns are {', '.join(present)}"
    )


def _no_attribute(role: str, column: str, party: Party, frame: pd.DataFrame) -> MappingRefused:
    present = ", ".join(map(str, frame.columns)) if len(frame) else "not there"
    return _refused(
        f"{role} is said to be {column}, but neither the transactions nor the table of "
        f"{REFERENCES[party]} ({present}) has such a column"
    )


def _refused(what: str) -> MappingRefused:
    roles = f"Roles are {', '.join(REQUIRED)}; optional: {', '.join(OPTIONAL)}."
    return MappingRefused(what, f"The mapping does not fit: {what}. Write {EXAMPLE}. {roles}")
