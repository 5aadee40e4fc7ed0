"""Reason codes of rows, and how much of a file may be set aside before it is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a row is not in the clean tables."""

    NULL_KEY = "NULL_KEY"
    BAD_DATE = "BAD_DATE"
    BAD_ITEMS = "BAD_ITEMS"
    ALREADY_ACCEPTED = "ALREADY_ACCEPTED"
    DUPLICATE = "DUPLICATE"
    CONFLICT = "CONFLICT"
    CLOSED_WEEK = "CLOSED_WEEK"
    UNKNOWN_CUSTOMER = "UNKNOWN_CUSTOMER"
    UNKNOWN_PRODUCT = "UNKNOWN_PRODUCT"
    # of a week that is refused as a whole
    SHARED_ORDER = "SHARED_ORDER"
    REUSED_ORDER = "REUSED_ORDER"
    REPEATED_LINE = "REPEATED_LINE"
    NEW_PRODUCT = "NEW_PRODUCT"
    PAIR_RATIO = "PAIR_RATIO"
    STRANGE_ORDER = "STRANGE_ORDER"
    # of a table that is refused as a whole
    CHANGED_ATTRIBUTE = "CHANGED_ATTRIBUTE"
    UNKNOWN_AREA = "UNKNOWN_AREA"
    NULL_PLACE = "NULL_PLACE"
    OUTSIDE_BOX = "OUTSIDE_BOX"


UNJUDGED: Final = (Reason.ALREADY_ACCEPTED, Reason.CLOSED_WEEK)
LEFT_OVER: Final = 0.01  # of a file accepted before: so few rows set aside again are no news
VOUCH: Final = "If that is what happened, deliver the file with --replace-week."
MISSING_TABLE: Final = "MISSING_TABLE"
NULL_ATTRIBUTE: Final = "NULL_ATTRIBUTE"  # the value is filled in; only too many refuse the file


@dataclass(frozen=True, slots=True)
class Limit:
    """Largest share of a file's judged rows that a group of reasons may take."""

    reasons: tuple[str, ...]
    share: float
    words: str
    advice: str


LIMITS: Final = (
    Limit(
        (Reason.NULL_KEY,), 0.01, "lack a key (an id is empty)", "Fill in the ids or drop the rows."
    ),
    Limit(
        (Reason.BAD_DATE,),
        0.01,
        "have no date or one far from all others",
        "Correct purchase_date.",
    ),
    Limit((Reason.BAD_ITEMS,), 0.01, "have no finite number of items", "Correct items."),
    Limit(
        (Reason.DUPLICATE, Reason.CONFLICT),
        0.05,
        "repeat another row",
        "Export the table again without repeats.",
    ),
    Limit(
        (Reason.UNKNOWN_CUSTOMER, Reason.UNKNOWN_PRODUCT),
        0.01,
        "name a customer or product that the tables do not know",
        "Deliver the newest customers and products tables together with this file.",
    ),
    Limit(
        (NULL_ATTRIBUTE,), 0.01, "lack an attribute other than size, X and Y", "Fill in the column."
    ),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file was not accepted: the rows behind each broken limit, and a sentence."""

    file: str
    table: str
    reasons: Mapping[str, int]
    sentence: str


def judge(file: str, table: str, rows: int, counts: Mapping[str, int]) -> Refusal | None:
    """Hold a file's set-aside rows against the limits.

    Parameters
    ----------
    file, table : str
        Names, for the message.
    rows : int
        Rows delivered.
    counts : mapping
        Rows per reason; rows accepted before and rows of complete weeks count in no limit.

    Returns
    -------
    Refusal or None
        The broken limits; None if the file may pass.
    """
    judged = rows - sum(counts.get(reason, 0) for reason in UNJUDGED)
    if judged == 0:
        return None
    reasons: dict[str, int] = {}
    sentences = []
    for limit in LIMITS:
        broken = {reason: counts[reason] for reason in limit.reasons if counts.get(reason)}
        count = sum(broken.values())
        if count > limit.share * judged:
            reasons.update(broken)
            share = (
                f"{count:,} of {judged:,} rows ({count / judged:.1%}, at most {limit.share:.0%})"
            )
            sentences.append(f"{share} {limit.words}. {limit.advice}")
    return Refusal(file, table, reasons, _told(file, sentences)) if reasons else None


def judge_emptiness(
    file: str, table: str, accepted: int, counts: Mapping[str, int]
) -> Refusal | None:
    """Refuse a file of which nothing is left, unless nearly all of it was accepted before."""
    left_out = {
        reason: count
        for reason, count in counts.items()
        if reason not in {Reason.ALREADY_ACCEPTED, NULL_ATTRIBUTE}
    }
    again = counts.get(Reason.ALREADY_ACCEPTED, 0)
    if accepted or sum(left_out.values()) <= LEFT_OVER * again:
        return None
    if set(left_out) == {Reason.CLOSED_WEEK}:
        words = (
            f"all {left_out[Reason.CLOSED_WEEK]:,} new rows belong to weeks that are already "
            "complete. To correct these weeks deliver the file with --replace-week."
        )
    else:
        words = f"no row could be accepted ({', '.join(sorted(left_out))})."
    return Refusal(file, table, left_out, _told(file, [words]))


def refuse(file: str, table: str, reasons: Mapping[str, int], sentences: Sequence[str]) -> Refusal:
    """Refuse a file for what its rows are together, and say how to have it all the same."""
    return Refusal(file, table, reasons, _told(file, [*sentences, VOUCH]))


def missing_table(table: str) -> Refusal:
    """Say that a table has never been delivered."""
    sentence = (
        f"The {table} table has not been delivered yet. "
        "Deliver customers, products and transactions together the first time."
    )
    return Refusal("", table, {MISSING_TABLE: 0}, sentence)


def _told(file: str, sentences: list[str]) -> str:
    return f"The file {file} was not accepted: {' '.join(sentences)}"
