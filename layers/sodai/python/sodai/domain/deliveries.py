"""Accepted transactions by week and shard, and what their days say about the calendar."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from io import BytesIO
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sodai.domain.calendar import monday_of
from sodai.domain.sharding import shard_of

CLOSED_SHARE: Final = 0.01  # a weekday with a smaller share of the lines is closed
CLOSED_WEEKS: Final = 8
SHORTEST_SPAN_DAYS: Final = 14  # with less, a missing weekday says nothing


def week_of(days: pd.Series) -> pd.Series:
    """Return the Monday of the week of every day."""
    mondays: pd.Series = days - pd.to_timedelta(days.dt.day_of_week, unit="D").astype(
        "timedelta64[ns]"
    )
    return mondays


def split_parts(
    transactions: pd.DataFrame, shards: int, weeks: Collection[date] | None = None
) -> dict[tuple[date, int], pd.DataFrame]:
    """Split transactions into one part per week and customer shard.

    Parameters
    ----------
    transactions : DataFrame
        Clean transactions.
    shards : int
        Number of customer shards.
    weeks : collection of date, optional
        Mondays of the weeks wanted; all by default.

    Returns
    -------
    dict
        Lines by (Monday, shard), in the order of the keys; there is no empty part.
    """
    monday = week_of(transactions["purchase_date"])
    if weeks is not None:
        is_wanted = monday.isin([pd.Timestamp(week) for week in weeks])
        transactions, monday = transactions[is_wanted], monday[is_wanted]
    ids, position = np.unique(transactions["customer_id"].to_numpy(), return_inverse=True)
    shard_of_id = np.array([shard_of(int(customer), shards) for customer in ids], dtype=np.int64)
    shard = shard_of_id[position] if len(ids) else np.zeros(0, dtype=np.int64)
    place = pd.DataFrame({"week": monday.to_numpy(), "shard": shard})
    split: dict[tuple[date, int], pd.DataFrame] = {}
    for rows in place.groupby(["week", "shard"], sort=True).indices.values():
        key = (place["week"].iloc[rows[0]].date(), int(shard[rows[0]]))
        split[key] = transactions.iloc[rows].reset_index(drop=True)
    return split


def part_bytes(frame: pd.DataFrame) -> bytes:
    """Return a clean table as parquet; the same rows in any order give the same bytes."""
    ordered = frame.sort_values(list(frame.columns), ignore_index=True)
    table = pa.Table.from_pandas(ordered, preserve_index=False).replace_schema_metadata()
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


def read_part(content: bytes) -> pd.DataFrame:
    """Return the clean table that `part_bytes` wrote, with the dtypes it had."""
    frame: pd.DataFrame = pq.read_table(BytesIO(content)).to_pandas()
    return frame


def closed_weekdays(transactions: pd.DataFrame, newest_day: date) -> frozenset[int]:
    """Return the weekdays (Monday is 0) on which the distributor does not sell.

    Parameters
    ----------
    transactions : DataFrame
        Clean transactions.
    newest_day : date
        Last day of the 8 weeks that are looked at.

    Returns
    -------
    frozenset of int
        Weekdays with less than 1 % of the lines of the 8 weeks up to ``newest_day``; none while
        the transactions span less than two weeks.
    """
    newest = pd.Timestamp(newest_day)
    days = transactions["purchase_date"]
    recent = days[(days <= newest) & (days > newest - timedelta(weeks=CLOSED_WEEKS))]
    if recent.empty or (newest - recent.min()).days < SHORTEST_SPAN_DAYS - 1:
        return frozenset()
    lines = np.bincount(recent.dt.day_of_week, minlength=7)
    return frozenset(np.flatnonzero(lines < CLOSED_SHARE * lines.sum()).tolist())


def complete_weeks(first_day: date, newest_day: date, closed: Iterable[int] = ()) -> list[date]:
    """Return the Mondays of the weeks whose every selling day lies in the data, oldest first.

    Parameters
    ----------
    first_day, newest_day : date
        Oldest and newest purchase day.
    closed : iterable of int
        Weekdays without sales (see `closed_weekdays`); their absence leaves a week complete.
    """
    shut = set(closed)
    start, end = monday_of(first_day), monday_of(newest_day)
    if any(day not in shut for day in range(first_day.weekday())):
        start += timedelta(weeks=1)
    if any(day not in shut for day in range(newest_day.weekday() + 1, 7)):
        end -= timedelta(weeks=1)
    return [start + timedelta(weeks=week) for week in range((end - start).days // 7 + 1)]


def first_sold(transactions: pd.DataFrame) -> dict[int, date]:
    """Return the first day on which each product was sold (returns of goods are no sales)."""
    sold = transactions[transactions["items"] > 0]
    first = sold.groupby("product_id")["purchase_date"].min()
    days = first.dt.date.tolist()
    return dict(zip(first.index.tolist(), days, strict=True))
