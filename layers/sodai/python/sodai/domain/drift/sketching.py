"""A week as counts on frozen bins: small, addable over shards, never read again from rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from sodai.domain.drift.bins import Bins
from sodai.domain.drift.measures import CATEGORICAL, NUMERIC, lines_of, measure_week

SHARES: Final = (
    "new_products",
    "new_customers",
    "repeat_pairs",
    "returns",
    "non_integer_items",
    "big_lines",
)
PRIOR_WEEKS: Final = 8
SCHEMA: Final = 1
Share = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Prior:
    """What was known before a week.

    Parameters
    ----------
    is_whole : bool
        Whether the data reach back far enough; if not, nothing can be called new.
    products, customers : ndarray of int64
        Ids with a line in the weeks before.
    pairs : DataFrame
        Distinct ``customer_id, product_id`` of these lines.
    """

    is_whole: bool
    products: np.ndarray
    customers: np.ndarray
    pairs: pd.DataFrame

    def with_products(self, product_ids: np.ndarray) -> "Prior":
        """Return the same with the products sold by all shards, not by one."""
        return replace(self, products=product_ids)


def prior_of(
    transactions: pd.DataFrame,
    week: date,
    weeks_back: int = PRIOR_WEEKS,
    first_day: date | None = None,
) -> Prior:
    """Return what the weeks before a week had seen.

    Parameters
    ----------
    transactions : DataFrame
        Clean transactions, of all shards or of one.
    week : date
        The week's Monday.
    weeks_back : int
        Weeks that are looked back.
    first_day : date, optional
        Oldest purchase day of all data; by default that of ``transactions``.
    """
    end = pd.Timestamp(week)
    start = end - timedelta(weeks=weeks_back)
    days = transactions["purchase_date"]
    lines = transactions[(days >= start) & (days < end)]
    oldest = days.min() if first_day is None else pd.Timestamp(first_day)
    return Prior(
        is_whole=bool(oldest <= start),
        products=lines["product_id"].unique(),
        customers=lines["customer_id"].unique(),
        pairs=lines[["customer_id", "product_id"]].drop_duplicates(),
    )


@dataclass(frozen=True, slots=True)
class Sketch:
    """Counts of one week.

    Parameters
    ----------
    week : date
        The week's Monday.
    bins_sha256 : str
        The bins it was counted on.
    lines : int
        Lines of the week.
    counts : mapping
        By feature, one count per bin. The last is of missing values (numeric features) or of
        all levels that the bins do not know (categorical ones).
    shares : mapping
        By feature ``(part, whole)``; a whole of 0 means unknown.
    """

    week: date
    bins_sha256: str
    lines: int
    counts: Mapping[str, tuple[int, ...]]
    shares: Mapping[str, Share]

    def to_json(self) -> dict[str, Any]:
        """Return the sketch ready for JSON."""
        return {
            "schema": SCHEMA,
            "week": str(self.week),
            "bins_sha256": self.bins_sha256,
            "lines": self.lines,
            "counts": {feature: list(counts) for feature, counts in self.counts.items()},
            "shares": {feature: list(share) for feature, share in self.shares.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Sketch":
        """Read what `to_json` returned."""
        return cls(
            week=date.fromisoformat(stored["week"]),
            bins_sha256=stored["bins_sha256"],
            lines=int(stored["lines"]),
            counts={feature: tuple(counts) for feature, counts in stored["counts"].items()},
            shares={feature: (part, whole) for feature, (part, whole) in stored["shares"].items()},
        )


def sketch(
    week: date,
    transactions: pd.DataFrame,
    customers: pd.DataFrame,
    products: pd.DataFrame,
    bins: Bins,
    prior: Prior,
) -> Sketch:
    """Count a complete week on the frozen bins.

    Parameters
    ----------
    week : date
        The week's Monday; lines of other weeks are left out.
    transactions, customers, products : DataFrame
        The clean tables, transactions of all shards or of one.
    bins : Bins
        Frozen bins.
    prior : Prior
        What was known before the week (`prior_of`).

    Returns
    -------
    Sketch
        Its counts add up over shards (`merge`).
    """
    measures = measure_week(week, transactions, customers, products)
    counts = {name: _histogram(measures.numbers[name], bins.cuts[name]) for name in NUMERIC}
    counts |= {name: _tally(measures.labels[name], bins.levels[name]) for name in CATEGORICAL}
    lines = lines_of(week, transactions)
    shares = {**_shares_of_lines(lines, bins), **_shares_of_news(lines, prior)}
    return Sketch(week, bins.sha256, measures.lines, counts, shares)


def merge(sketches: Iterable[Sketch]) -> Sketch:
    """Add the sketches of the shards of one week.

    Raises
    ------
    ValueError
        If there is none, or they are of different weeks or bins.
    """
    parts = list(sketches)
    if len({(part.week, part.bins_sha256) for part in parts}) != 1:
        raise ValueError("shards to merge must be of one week and one set of bins")
    first = parts[0]
    return replace(
        first,
        lines=sum(part.lines for part in parts),
        counts={
            name: tuple(np.sum([part.counts[name] for part in parts], axis=0).tolist())
            for name in first.counts
        },
        shares={
            name: (
                sum(part.shares[name][0] for part in parts),
                sum(part.shares[name][1] for part in parts),
            )
            for name in first.shares
        },
    )


def _histogram(values: np.ndarray, cuts: tuple[float, ...]) -> tuple[int, ...]:
    there = np.isfinite(values)
    place = np.searchsorted(np.asarray(cuts), values[there], side="left")
    counts = np.bincount(place, minlength=len(cuts) + 1)
    return (*counts.tolist(), int((~there).sum()))


def _tally(labels: pd.Series, levels: tuple[str, ...]) -> tuple[int, ...]:
    counts = labels.value_counts().reindex(levels, fill_value=0)
    return (*counts.tolist(), len(labels) - int(counts.sum()))


def _shares_of_lines(lines: pd.DataFrame, bins: Bins) -> dict[str, Share]:
    items = lines["items"].to_numpy()
    return {
        "returns": (int((items <= 0).sum()), len(items)),
        "non_integer_items": (int((items != np.trunc(items)).sum()), len(items)),
        "big_lines": (int((items > bins.big_items).sum()), len(items)),
    }


def _shares_of_news(lines: pd.DataFrame, prior: Prior) -> dict[str, Share]:
    if not prior.is_whole:
        return dict.fromkeys(("new_products", "new_customers", "repeat_pairs"), (0, 0))
    customers = lines["customer_id"].unique()
    pairs = lines[["customer_id", "product_id"]].drop_duplicates()
    repeated = len(pairs.merge(prior.pairs, on=["customer_id", "product_id"]))
    return {
        "new_products": (int((~lines["product_id"].isin(prior.products)).sum()), len(lines)),
        "new_customers": (int((~np.isin(customers, prior.customers)).sum()), len(customers)),
        "repeat_pairs": (repeated, len(pairs)),
    }
