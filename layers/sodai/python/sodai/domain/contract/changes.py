"""Rules on a delivered customers or products table beside the accepted one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from sodai.domain.contract.limits import Reason
from sodai.domain.contract.tables import SCHEMAS, Table, keys_of

LOST_ROWS: Final = "LOST_ROWS"
MOST_LOST: Final = 0.05
MOST_CHANGED: Final = 0.05  # of the known ids, in any one attribute
MOST_RESIZED: Final = 0.01
MOST_MISPLACED: Final = 0.01  # beyond what was so before
FEWEST_ROWS: Final = 3  # fewer at fault are chance, whatever their share
PLACES: Final = ("X", "Y")
BOX: Final = (0.005, 0.995)  # quantiles; the box reaches its own width beyond them
AREAS: Final = ("region_id", "zone_id")


@dataclass(frozen=True, slots=True)
class TableFinding:
    """A broken rule: the rows at fault by their ids, none where rows are missing."""

    code: str
    ids: np.ndarray
    count: int
    sentence: str


def judge_table(
    table: Table, former: pd.DataFrame, delivered: pd.DataFrame, mentioned: np.ndarray
) -> list[TableFinding]:
    """Hold a delivered table against the accepted one.

    Parameters
    ----------
    table : str
        ``customers`` or ``products``.
    former : DataFrame
        The accepted table; while it is empty there is nothing to compare with.
    delivered : DataFrame
        The clean delivered rows, one per id.
    mentioned : ndarray
        Ids in the lines that came with the table. A table of nobody else was made from these
        lines, and lacks whoever bought nothing.
    """
    if former.empty or delivered.empty:
        return []
    (key,) = keys_of(table)
    before, after = former.set_index(key), delivered.set_index(key)
    found = [] if after.index.isin(mentioned).all() else [_lost(table, before, after)]
    if table == "customers":
        found += [_unknown_areas(before, after), _without_place(before, after)]
        found.append(_outside(before, after))
    found += _changed(table, before, after)  # last: a row keeps its first reason
    return [finding for finding in found if finding]


def _lost(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> TableFinding | None:
    lost = before.index.difference(after.index)
    if len(lost) < FEWEST_ROWS or len(lost) <= MOST_LOST * len(before):
        return None
    sentence = (
        f"{len(lost):,} of the {len(before):,} known {table} are not in it "
        f"({len(lost) / len(before):.1%}, at most {MOST_LOST:.0%})."
    )
    return TableFinding(LOST_ROWS, np.empty(0, np.int64), len(lost), sentence)


def _changed(
    table: Table, before: pd.DataFrame, after: pd.DataFrame
) -> Iterator[TableFinding | None]:
    both = before.index.intersection(after.index)
    for column in SCHEMAS[table]:
        if column.is_key:
            continue
        old, new = before.loc[both, column.name], after.loc[both, column.name]
        changed = both[((old != new) & ~(old.isna() & new.isna())).to_numpy()]
        limit = MOST_RESIZED if column.name == "size" else MOST_CHANGED
        yield _finding(
            Reason.CHANGED_ATTRIBUTE,
            changed,
            len(both),
            limit,
            f"known {table} have another {column.name} than before",
        )


def _unknown_areas(before: pd.DataFrame, after: pd.DataFrame) -> TableFinding | None:
    is_unknown = np.zeros(len(after), dtype=bool)
    for area in AREAS:
        is_unknown |= ~after[area].isin(before[area]).to_numpy()
    words = "customers are in a region or zone never seen before"
    return _finding(Reason.UNKNOWN_AREA, after.index[is_unknown], len(after), MOST_MISPLACED, words)


def _without_place(before: pd.DataFrame, after: pd.DataFrame) -> TableFinding | None:
    usual = before[list(PLACES)].isna().any(axis="columns").mean()
    is_null = after[list(PLACES)].isna().any(axis="columns").to_numpy()
    return _finding(
        Reason.NULL_PLACE,
        after.index[is_null],
        len(after),
        float(usual) + MOST_MISPLACED,
        "customers have no X or Y",
    )


def _outside(before: pd.DataFrame, after: pd.DataFrame) -> TableFinding | None:
    was, is_outside = (_is_outside(table, before) for table in (before, after))
    words = "customers lie outside the box of all others"
    limit = float(was.mean()) + MOST_MISPLACED
    return _finding(Reason.OUTSIDE_BOX, after.index[is_outside], len(after), limit, words)


def _is_outside(customers: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    """Return who is further from the middle of the known places than three half widths."""
    low, high = (known[list(PLACES)].quantile(edge) for edge in BOX)
    far = (customers[list(PLACES)] - (low + high) / 2).abs() > 1.5 * (high - low)
    return np.asarray(far.any(axis="columns"))


def _finding(code: Reason, ids: pd.Index, of: int, limit: float, words: str) -> TableFinding | None:
    count = len(ids)
    if count < FEWEST_ROWS or count <= limit * of:
        return None
    sentence = f"{count:,} of {of:,} {words} ({count / of:.1%}, at most {limit:.1%})."
    return TableFinding(code, ids.to_numpy(), count, sentence)
