"""Rows set aside, each with its reason; nothing that was delivered is lost."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from sodai.domain.contract.limits import Reason
from sodai.domain.contract.tables import Delivery, Table

ACCEPTED: Final = ""


class Verdict:
    """What becomes of each row of one delivered file; the first reason given to a row stays.

    Parameters
    ----------
    delivery : Delivery
        The file.
    """

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self._reasons = np.full(len(delivery.frame), ACCEPTED, dtype=object)

    @property
    def is_open(self) -> np.ndarray:
        """Mask of the rows without a reason so far."""
        return np.asarray(self._reasons == ACCEPTED, dtype=bool)

    @property
    def open_rows(self) -> pd.DataFrame:
        """The rows without a reason so far, with their index in the file."""
        rows: pd.DataFrame = self.delivery.frame[self.is_open]
        return rows

    @property
    def counts(self) -> dict[str, int]:
        """Rows per reason, by name of reason."""
        named = self._reasons[~self.is_open]
        reasons, counts = np.unique(named.astype(np.str_), return_counts=True)
        return {str(reason): int(count) for reason, count in zip(reasons, counts, strict=True)}

    def rows_with(self, reason: Reason) -> pd.DataFrame:
        """Return the rows that were given a reason."""
        rows: pd.DataFrame = self.delivery.frame[self._reasons == reason.value]
        return rows

    def set_aside(self, reason: Reason, rows: pd.Index) -> None:
        """Give a reason to rows (by their index in the file) that have none yet."""
        positions = rows.to_numpy()
        fresh = positions[self._reasons[positions] == ACCEPTED]
        self._reasons[fresh] = reason.value

    def left_out(self) -> pd.DataFrame:
        """Return the rows set aside; repeats of one row are one row with their count."""
        out = self.delivery.frame[~self.is_open]
        fields = list(out.columns)
        out = out.assign(reason=self._reasons[~self.is_open].astype(str))
        group = out.groupby([*fields, "reason"], dropna=False, sort=False).ngroup().to_numpy()
        out = out.assign(
            table=self.delivery.table, file=self.delivery.name, count=np.bincount(group)[group]
        )
        _, first = np.unique(group, return_index=True)
        return out.iloc[np.sort(first)][["table", "reason", "file", "count", *fields]]


def gather(verdicts: Sequence[Verdict]) -> dict[Table, pd.DataFrame]:
    """Return the quarantine of each table that has rows in it."""
    tables: dict[Table, list[pd.DataFrame]] = {}
    for verdict in verdicts:
        if not verdict.is_open.all():
            tables.setdefault(verdict.delivery.table, []).append(verdict.left_out())
    return {table: pd.concat(frames, ignore_index=True) for table, frames in tables.items()}
