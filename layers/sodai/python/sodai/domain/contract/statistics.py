"""What the run record says about the delivered tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from sodai.domain.calendar import monday_of
from sodai.domain.contract.limits import Reason
from sodai.domain.contract.lines import LinesJudged
from sodai.domain.contract.quarantine import Verdict
from sodai.domain.contract.reference import Renewal
from sodai.domain.contract.tables import CleanState, Delivery, Table, keys_of
from sodai.domain.contract.weeks import Finding
from sodai.domain.deliveries import closed_weekdays, week_of

Status = Literal["accepted", "refused", "held"]  # held: good, but with a refused one
SCHEMA: Final = 1
SHOWN_IDS: Final = 5
SHOWN_WEEKS: Final = 2  # with the figures of their rules
NEWEST_WEEKS: Final = 60  # of the changed weeks: the run record keeps its size as years pass


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """A judged file and what became of it."""

    verdict: Verdict
    status: Status


def describe(
    state: CleanState,
    outcomes: Sequence[FileOutcome],
    repeated: Sequence[Delivery],
    renewals: Mapping[Table, Renewal],
    lines: LinesJudged,
    findings: Sequence[Finding],
) -> dict[str, Any]:
    """Return counts and percentages of a delivery, ready for JSON.

    Parameters
    ----------
    state : CleanState
        The clean tables as they stand now.
    outcomes : sequence of FileOutcome
        The files judged.
    repeated : sequence of Delivery
        The files whose bytes had been accepted before.
    renewals : mapping
        What became of customers and products.
    lines : LinesJudged
        What became of the transactions.
    findings : sequence of Finding
        The rules on whole weeks.
    """
    by_table = {
        table: [outcome.verdict for outcome in outcomes if outcome.verdict.delivery.table == table]
        for table in ("customers", "products", "transactions")
    }
    tables: dict[str, Any] = {
        table: {
            **_counts(table, by_table[table]),
            **renewal.changes,
            "filled": renewal.filled_counts,
        }
        for table, renewal in renewals.items()
    }
    tables["transactions"] = {
        **_counts("transactions", by_table["transactions"]),
        "rows": len(state.transactions),
    }
    return {
        "schema": SCHEMA,
        "files": [_of_file(outcome) for outcome in outcomes]
        + [_of_repeated(delivery) for delivery in repeated],
        "tables": tables,
        "referential": {
            "unknown_customers": _unknown(
                by_table["transactions"], Reason.UNKNOWN_CUSTOMER, "customer_id"
            ),
            "unknown_products": _unknown(
                by_table["transactions"], Reason.UNKNOWN_PRODUCT, "product_id"
            ),
        },
        **_of_state(state),
        "weekly_rules": _of_findings(findings),
        "changed_weeks": [str(week) for week in lines.changed_weeks[-NEWEST_WEEKS:]],
        "replaced_weeks": {
            str(week): {"removed": change.removed, "added": change.added}
            for week, change in lines.replaced_weeks.items()
        },
    }


def _of_findings(findings: Sequence[Finding]) -> dict[str, dict[str, Any]]:
    """Return the rules of the newest weeks, and of every week with something to tell."""
    newest = sorted({finding.week for finding in findings})[-SHOWN_WEEKS:]
    told: dict[str, dict[str, Any]] = {}
    for finding in findings:
        if finding.week in newest or finding.status in {"broken", "overruled"}:
            told.setdefault(str(finding.week), {})[str(finding.code)] = finding.to_dict()
    return told


def _of_file(outcome: FileOutcome) -> dict[str, Any]:
    verdict, delivery = outcome.verdict, outcome.verdict.delivery
    kept = int(verdict.is_open.sum())
    counts = verdict.counts
    is_known = kept == 0 and outcome.status == "accepted"
    return {
        **_named(delivery),
        "accepted": kept if outcome.status == "accepted" else 0,
        "quarantined": counts,
        "status": "already_accepted" if is_known else outcome.status,
    }


def _of_repeated(delivery: Delivery) -> dict[str, Any]:
    return {**_named(delivery), "accepted": 0, "quarantined": {}, "status": "already_accepted"}


def _named(delivery: Delivery) -> dict[str, Any]:
    return {
        "name": delivery.name,
        "sha256": delivery.sha256,
        "table": delivery.table,
        "rows": len(delivery.frame),
    }


def _counts(table: Table, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    frames = [verdict.delivery.frame for verdict in verdicts]
    return {
        "rows_in": sum(len(frame) for frame in frames),
        "accepted": sum(int(verdict.is_open.sum()) for verdict in verdicts),
        "duplicates": sum(verdict.counts.get(Reason.DUPLICATE, 0) for verdict in verdicts),
        "null_keys": {
            key: sum(int(frame[key].isna().sum()) for frame in frames) for key in keys_of(table)
        },
    }


def _unknown(verdicts: Sequence[Verdict], reason: Reason, key: str) -> dict[str, Any]:
    """Count lines with an id that the tables lack, of the lines judged on it."""
    rows = judged = 0
    ids: set[int] = set()
    for verdict in verdicts:
        counts = verdict.counts
        rows += counts.get(reason, 0)
        judged += int(verdict.is_open.sum())
        judged += counts.get(Reason.UNKNOWN_CUSTOMER, 0) + counts.get(Reason.UNKNOWN_PRODUCT, 0)
        ids.update(int(value) for value in verdict.rows_with(reason)[key].unique())
    percent = round(100 * rows / judged, 3) if judged else 0.0
    return {"rows": rows, "percent": percent, "ids": len(ids), "first_ids": sorted(ids)[:SHOWN_IDS]}


def _of_state(state: CleanState) -> dict[str, Any]:
    lines = state.transactions
    first, newest = state.first_day, state.newest_day
    if first is None or newest is None:
        return {"days": 0, "weeks": 0, "first_day": None, "newest_day": None}
    weeks = {week.date() for week in week_of(lines["purchase_date"]).unique()}
    span = (monday_of(newest) - monday_of(first)).days // 7 + 1
    expected = [monday_of(first) + timedelta(weeks=number) for number in range(span)]
    returns = int(lines["is_return"].sum())
    return {
        "returns": {"rows": returns, "percent": round(100 * returns / len(lines), 3)},
        "days": int(lines["purchase_date"].nunique()),
        "weeks": len(weeks),
        "missing_weeks": [str(week) for week in expected if week not in weeks],
        "closed_weekdays": sorted(closed_weekdays(lines, newest)),
        "first_day": str(first),
        "newest_day": str(newest),
    }
