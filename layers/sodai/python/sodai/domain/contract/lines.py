"""Judge delivered transaction lines against the accepted ones, the tables and the calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from sodai.domain.calendar import target_window
from sodai.domain.contract.limits import Reason
from sodai.domain.contract.quarantine import Verdict
from sodai.domain.contract.tables import (
    LINE,
    TRANSACTION_ORDER,
    CleanState,
    Delivery,
    as_clean,
    keys_of,
)
from sodai.domain.deliveries import closed_weekdays, week_of

LONGEST_PAUSE_DAYS: Final = 56  # a day further from all others is a slip of the pen
EARLIEST, LATEST = pd.Timestamp("1980-01-01"), pd.Timestamp("2200-01-01")


@dataclass(frozen=True, slots=True)
class Replacement:
    """How a complete week was corrected."""

    removed: int
    added: int


@dataclass(frozen=True, slots=True)
class LinesJudged:
    """Transactions after their deliveries."""

    transactions: pd.DataFrame
    verdicts: Sequence[Verdict]
    changed_weeks: tuple[date, ...]
    replaced_weeks: dict[date, Replacement]


def judge_lines(
    state: CleanState,
    deliveries: Sequence[Delivery],
    customer_ids: np.ndarray,
    product_ids: np.ndarray,
    replace_weeks: bool,
) -> LinesJudged:
    """Judge every delivered line and put the good ones into the accepted transactions.

    Parameters
    ----------
    state : CleanState
        What was accepted before.
    deliveries : sequence of Delivery
        Transaction files; they are judged by their days, so the order of listing is no matter.
    customer_ids, product_ids : ndarray of int64
        The ids that the tables know now.
    replace_weeks : bool
        A complete week named by a file is replaced by what the files hold of it.
    """
    open_from = _open_monday(state)
    ordered = sorted(deliveries, key=_by_days)
    verdicts = [Verdict(delivery) for delivery in ordered]
    closed_before = None if replace_weeks else open_from
    for verdict in verdicts:
        _set_aside_unusable(verdict, closed_before)
    _set_aside_strays(state, verdicts)
    seen = state.transactions[LINE]
    confirmed, added = [], []
    for verdict in verdicts:
        usable = usable_lines(verdict)
        is_known = found_in(usable, seen)
        verdict.set_aside(Reason.ALREADY_ACCEPTED, usable.index[is_known])
        known, usable = usable[is_known], usable[~is_known]
        verdict.set_aside(Reason.DUPLICATE, usable.index[usable.duplicated()])
        if closed_before is not None:
            is_closed = usable["purchase_date"] < closed_before
            verdict.set_aside(Reason.CLOSED_WEEK, usable.index[is_closed])
        is_unknown = ~usable["customer_id"].isin(customer_ids)
        verdict.set_aside(Reason.UNKNOWN_CUSTOMER, usable.index[is_unknown])
        is_unknown = ~usable["product_id"].isin(product_ids)
        verdict.set_aside(Reason.UNKNOWN_PRODUCT, usable.index[is_unknown])
        good = usable.loc[verdict.open_rows.index]
        added.append(good)
        confirmed.append(known)
        seen = pd.concat([seen, good], ignore_index=True)
    replaced_from = open_from if replace_weeks else None
    return _put_together(state, verdicts, confirmed, added, replaced_from)


def _open_monday(state: CleanState) -> pd.Timestamp | None:
    """Return the Monday from which lines may still be added; None before the first load."""
    newest = state.newest_day
    if newest is None:
        return None
    target = target_window(newest, closed_weekdays(state.transactions, newest))
    return pd.Timestamp(target.week)


def _by_days(delivery: Delivery) -> tuple[str, str, str]:
    days = delivery.frame["purchase_date"]
    return str(days.min()), str(days.max()), delivery.sha256


def _set_aside_unusable(verdict: Verdict, closed_before: pd.Timestamp | None) -> None:
    rows = verdict.delivery.frame
    lacks_key = rows[keys_of("transactions")].isna().any(axis="columns")
    is_finite = np.isfinite(rows["items"].to_numpy())
    if closed_before is not None:  # a fault of a complete week was judged when it was new
        is_closed = rows["purchase_date"].between(EARLIEST, closed_before, inclusive="left")
        verdict.set_aside(Reason.CLOSED_WEEK, rows.index[is_closed & (lacks_key | ~is_finite)])
    verdict.set_aside(Reason.NULL_KEY, rows.index[lacks_key])
    is_day = rows["purchase_date"].between(EARLIEST, LATEST)
    verdict.set_aside(Reason.BAD_DATE, rows.index[~is_day])
    verdict.set_aside(Reason.BAD_ITEMS, rows.index[~is_finite])


def _set_aside_strays(state: CleanState, verdicts: Sequence[Verdict]) -> None:
    """Set aside lines of days that lie far from the stretch of days with most lines."""
    days = [state.transactions["purchase_date"]]
    days += [usable_lines(verdict)["purchase_date"] for verdict in verdicts]
    lines = pd.concat(days, ignore_index=True).value_counts().sort_index()
    if lines.empty:
        return
    pauses = lines.index.to_series().diff().dt.days.fillna(0)
    stretch = (pauses > LONGEST_PAUSE_DAYS).cumsum()
    main = lines.groupby(stretch).sum().idxmax()
    strays = lines.index[(stretch != main).to_numpy()]
    for verdict in verdicts:
        usable = usable_lines(verdict)
        is_stray = usable["purchase_date"].isin(strays)
        verdict.set_aside(Reason.BAD_DATE, usable.index[is_stray])


def usable_lines(verdict: Verdict) -> pd.DataFrame:
    """Return the open lines with the dtypes of clean data and their index in the file."""
    rows = verdict.open_rows
    return as_clean("transactions", rows)[LINE].set_index(rows.index)


def found_in(rows: pd.DataFrame, among: pd.DataFrame) -> np.ndarray:
    """Return the mask of rows that are in ``among``, field by field."""
    same_days = among[among["purchase_date"].isin(rows["purchase_date"].unique())]
    if same_days.empty or rows.empty:
        return np.zeros(len(rows), dtype=bool)
    merged = rows.merge(same_days.drop_duplicates(), how="left", on=LINE, indicator="found")
    return np.asarray(merged["found"] == "both", dtype=bool)


def _put_together(
    state: CleanState,
    verdicts: Sequence[Verdict],
    confirmed: Sequence[pd.DataFrame],
    added: Sequence[pd.DataFrame],
    replaced_from: pd.Timestamp | None,
) -> LinesJudged:
    former = state.transactions
    good = pd.concat([former[LINE].head(0), *added], ignore_index=True)
    removed = np.zeros(len(former), dtype=bool)
    replaced: dict[date, Replacement] = {}
    if replaced_from is not None:
        named = pd.concat([good, *confirmed], ignore_index=True)
        named = named[named["purchase_date"] < replaced_from]
        weeks = week_of(named["purchase_date"]).unique()
        removed = week_of(former["purchase_date"]).isin(weeks).to_numpy(copy=True)
        removed[removed] = ~found_in(former.loc[removed, LINE], named)
        replaced = _replacements(former[removed], good[good["purchase_date"] < replaced_from])
    if not len(good) and not removed.any():
        return LinesJudged(former, verdicts, (), {})
    together = pd.concat([former.loc[~removed, LINE], good], ignore_index=True)
    together = as_clean("transactions", together.sort_values(TRANSACTION_ORDER))
    touched = pd.concat([good["purchase_date"], former.loc[removed, "purchase_date"]])
    changed = tuple(sorted(day.date() for day in week_of(touched).unique()))
    return LinesJudged(together, verdicts, changed, replaced)


def _replacements(removed: pd.DataFrame, added: pd.DataFrame) -> dict[date, Replacement]:
    out, new = (week_of(lines["purchase_date"]).value_counts() for lines in (removed, added))
    weeks = sorted(set(out.index) | set(new.index))
    return {
        week.date(): Replacement(int(out.get(week, 0)), int(new.get(week, 0))) for week in weeks
    }
