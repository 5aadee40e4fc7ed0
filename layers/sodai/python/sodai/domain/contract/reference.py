"""Customers and products: the newest delivered table is the truth about its ids."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from sodai.domain.contract.limits import NULL_ATTRIBUTE, Reason
from sodai.domain.contract.quarantine import Verdict
from sodai.domain.contract.tables import SCHEMAS, Delivery, Table, as_clean, keys_of

NO_LABEL: Final = "SIN DATO"
NO_NUMBER: Final = -1  # of a region, a zone or a count per week


@dataclass(frozen=True, slots=True)
class Renewal:
    """A customers or products table after its deliveries, with what was counted on the way."""

    frame: pd.DataFrame
    delivered: pd.DataFrame  # the rows that were delivered, one per id
    verdicts: Sequence[Verdict]
    filled: Sequence[Mapping[str, int]]  # per verdict: values filled in, by column
    changes: Mapping[str, int]

    @property
    def has_changed(self) -> bool:
        """Tell whether the table differs from before."""
        return any(self.changes[kind] for kind in ("added", "changed", "removed"))

    @property
    def filled_counts(self) -> dict[str, int]:
        """Values filled in, by column, over all files."""
        totals: Counter[str] = Counter()
        for filled in self.filled:
            totals.update(filled)
        return dict(totals)


def renew(
    table: Table,
    former: pd.DataFrame,
    deliveries: Sequence[Delivery],
    referred: np.ndarray,
) -> Renewal:
    """Put the delivered rows of a table in the place of the former ones.

    Parameters
    ----------
    table : str
        ``customers`` or ``products``.
    former : DataFrame
        The clean table so far.
    deliveries : sequence of Delivery
        Files of this table, in order: where two name an id, the later one counts.
    referred : ndarray of int64
        Ids that accepted transactions refer to: they stay known though the table drops them.
    """
    (key,) = keys_of(table)
    verdicts = [_judged(delivery, key) for delivery in deliveries]
    cleaned = [_filled(table, verdict.open_rows) for verdict in verdicts]
    frame, newest = former, former.head(0)
    if deliveries:
        newest = pd.concat([rows for rows, _ in cleaned], ignore_index=True)
        newest = newest.drop_duplicates(key, keep="last")
        gone = former[~former[key].isin(newest[key])]
        kept = gone[gone[key].isin(referred)]
        frame = pd.concat([newest, kept], ignore_index=True).sort_values(key, ignore_index=True)
    filled = [filled for _, filled in cleaned]
    return Renewal(frame, newest, verdicts, filled, _changes(former, frame, key))


def null_attributes(filled: Mapping[str, int]) -> dict[str, int]:
    """Return the largest number of values missing in one column, under its reason."""
    return {NULL_ATTRIBUTE: max(filled.values())} if filled else {}


def _judged(delivery: Delivery, key: str) -> Verdict:
    verdict = Verdict(delivery)
    rows = verdict.open_rows
    verdict.set_aside(Reason.NULL_KEY, rows.index[rows[key].isna()])
    rows = verdict.open_rows
    verdict.set_aside(Reason.DUPLICATE, rows.index[rows.duplicated()])
    rows = verdict.open_rows
    verdict.set_aside(Reason.CONFLICT, rows.index[rows.duplicated(key, keep="last")])
    return verdict


def _filled(table: Table, rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Fill empty attributes with what says so; size and coordinates may stay empty."""
    filled = {}
    rows = rows.copy()
    for column in SCHEMAS[table]:
        if column.kind == "number":
            rows[column.name] = rows[column.name].replace([np.inf, -np.inf], np.nan)
        elif count := int(rows[column.name].isna().sum()):
            filled[column.name] = count
            value = NO_LABEL if column.kind == "label" else NO_NUMBER
            rows[column.name] = rows[column.name].fillna(value)
    return as_clean(table, rows), filled


def _changes(former: pd.DataFrame, frame: pd.DataFrame, key: str) -> dict[str, int]:
    before, after = former.set_index(key), frame.set_index(key)
    both = before.index.intersection(after.index)
    old, new = before.loc[both], after.loc[both]
    is_same = ((old == new) | (old.isna() & new.isna())).all(axis="columns")
    return {
        "rows": len(frame),
        "added": len(after.index.difference(before.index)),
        "changed": int((~is_same).sum()),
        "removed": len(before.index.difference(after.index)),
    }
