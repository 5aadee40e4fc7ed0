"""Accept deliveries: all of them, or none with the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from sodai.domain.contract.changes import judge_table
from sodai.domain.contract.limits import (
    Reason,
    Refusal,
    judge,
    judge_emptiness,
    missing_table,
    refuse,
)
from sodai.domain.contract.lines import LinesJudged, found_in, judge_lines, usable_lines
from sodai.domain.contract.quarantine import Verdict, gather
from sodai.domain.contract.reference import Renewal, null_attributes, renew
from sodai.domain.contract.statistics import FileOutcome, Status, describe
from sodai.domain.contract.tables import CleanState, Delivery, Table, keys_of
from sodai.domain.contract.weeks import Finding, broken, judge_weeks
from sodai.domain.deliveries import week_of
from sodai.domain.errors import DataContractError


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of the deliveries.

    Parameters
    ----------
    state : CleanState
        The clean tables from now on; the former ones when a file was refused.
    quarantine : mapping
        By table: ``table, reason, file, count`` and the fields of every row set aside.
    stats : mapping
        Counts and percentages for the run record, ready for JSON.
    changed_weeks : tuple of date
        Mondays of the weeks whose transactions differ from before.
    changed_tables : tuple of str
        Tables that differ from before.
    refused : tuple of Refusal
        The files that broke a limit; one is enough to refuse all.
    """

    state: CleanState
    quarantine: Mapping[Table, pd.DataFrame]
    stats: Mapping[str, Any]
    changed_weeks: tuple[date, ...]
    changed_tables: tuple[Table, ...]
    refused: tuple[Refusal, ...]

    @property
    def newest_day(self) -> date | None:
        """Newest purchase day of the state."""
        return self.state.newest_day

    @property
    def is_unchanged(self) -> bool:
        """Tell whether the clean tables are what they were."""
        return not self.changed_tables

    def require_accepted(self) -> None:
        """Raise `DataContractError` if a file was refused."""
        if not self.refused:
            return
        told = "; ".join(f"{r.file or r.table}: {dict(r.reasons)}" for r in self.refused)
        raise DataContractError(
            f"refused: {told}", " ".join(refusal.sentence for refusal in self.refused)
        )


def accept(
    state: CleanState | None, deliveries: Sequence[Delivery], replace_weeks: bool = False
) -> Acceptance:
    """Judge deliveries against the accepted data and take them in.

    Every delivered row is afterwards either in the state or in the quarantine.

    Parameters
    ----------
    state : CleanState or None
        What was accepted before; None at first.
    deliveries : sequence of Delivery
        The files read. One whose very bytes were accepted before changes nothing.
    replace_weeks : bool
        Complete weeks named by a file are replaced by what the files hold of them, and somebody
        vouches for the files: what weeks and tables break as a whole is told and refuses nothing.

    Returns
    -------
    Acceptance
        With ``refused`` files nothing changes: write the quarantine, then `require_accepted`.
    """
    former = state or CleanState.empty()
    fresh, repeated = _without_repeats(former, deliveries, replace_weeks)
    missing = _missing(former, fresh)
    if missing:
        fresh = []
    referred = former.transactions
    customers = renew(
        "customers",
        former.customers,
        [file for file in fresh if file.table == "customers"],
        referred["customer_id"].unique(),
    )
    products = renew(
        "products",
        former.products,
        [file for file in fresh if file.table == "products"],
        referred["product_id"].unique(),
    )
    lines = judge_lines(
        former,
        [file for file in fresh if file.table == "transactions"],
        customers.frame["customer_id"].to_numpy(),
        products.frame["product_id"].to_numpy(),
        replace_weeks,
    )
    refused = missing or _refusals(customers, products, lines)
    findings: list[Finding] = []
    if not refused:
        findings = judge_weeks(
            lines.transactions, former.transactions, lines.changed_weeks, replace_weeks
        )
        refused = _refusals_of_weeks(lines, findings)
        if not replace_weeks:
            refused += _refusals_of_table("customers", former.customers, customers, lines)
            refused += _refusals_of_table("products", former.products, products, lines)
    accepted = dict(former.accepted) | {file.sha256: file.name for file in fresh}
    renewed = CleanState(customers.frame, products.frame, lines.transactions, accepted)
    after = former if refused else renewed
    outcomes = _outcomes(customers, products, lines, refused)
    return Acceptance(
        state=after,
        quarantine=gather([outcome.verdict for outcome in outcomes]),
        stats=describe(
            after,
            outcomes,
            repeated,
            {"customers": customers, "products": products},
            lines,
            findings,
        ),
        changed_weeks=() if refused else lines.changed_weeks,
        changed_tables=() if refused else _changed(customers, products, lines),
        refused=refused,
    )


def _without_repeats(
    former: CleanState, deliveries: Sequence[Delivery], replace_weeks: bool
) -> tuple[list[Delivery], list[Delivery]]:
    """Part files from those whose bytes were accepted before or came twice."""
    seen = set() if replace_weeks else set(former.accepted)
    fresh: list[Delivery] = []
    repeated: list[Delivery] = []
    for delivery in deliveries:
        (repeated if delivery.sha256 in seen else fresh).append(delivery)
        seen.add(delivery.sha256)
    return fresh, repeated


def _refusals(customers: Renewal, products: Renewal, lines: LinesJudged) -> tuple[Refusal, ...]:
    judged = [
        (verdict, {**verdict.counts, **null_attributes(filled)})
        for renewal in (customers, products)
        for verdict, filled in zip(renewal.verdicts, renewal.filled, strict=True)
    ]
    judged += [(verdict, verdict.counts) for verdict in lines.verdicts]
    refusals = []
    for verdict, counts in judged:
        file, rows = verdict.delivery, len(verdict.delivery.frame)
        accepted = int(verdict.is_open.sum())
        refusal = judge(file.name, file.table, rows, counts)
        refusal = refusal or judge_emptiness(file.name, file.table, accepted, counts)
        if refusal:
            refusals.append(refusal)
    return tuple(refusals)


def _refusals_of_weeks(lines: LinesJudged, findings: Sequence[Finding]) -> tuple[Refusal, ...]:
    """Refuse the files with lines in a week that broke a rule; set the lines at fault aside."""
    refusals = []
    faults = broken(findings)
    for verdict in lines.verdicts if faults else ():
        open_lines = usable_lines(verdict)
        monday = week_of(open_lines["purchase_date"]).dt.date
        reasons: dict[str, int] = {}
        sentences = []
        for fault in faults:
            own = open_lines[(monday == fault.week).to_numpy()]
            if own.empty and not _completed_by(fault.week, monday):
                continue
            at_fault = own.head(0) if fault.rows is None else own[found_in(own, fault.rows)]
            if len(at_fault):
                verdict.set_aside(Reason(fault.code), at_fault.index)
            reasons[fault.code] = reasons.get(fault.code, 0) + len(at_fault)
            sentences.append(fault.sentence)
        if reasons:
            file = verdict.delivery
            refusals.append(refuse(file.name, file.table, reasons, sentences))
    return tuple(refusals)


def _completed_by(week: date, mondays: pd.Series) -> bool:
    """Tell whether lines of later weeks made a week complete."""
    return bool((mondays > week).any())


def _refusals_of_table(
    table: Table, former: pd.DataFrame, renewal: Renewal, lines: LinesJudged
) -> tuple[Refusal, ...]:
    """Refuse the files of a table that changed too much; set the rows at fault aside."""
    (key,) = keys_of(table)
    mentioned = [verdict.delivery.frame[key].dropna() for verdict in lines.verdicts]
    ids = np.unique(np.concatenate([np.empty(0, np.int64), *mentioned]).astype(np.int64))
    findings = judge_table(table, former, renewal.delivered, ids)
    refusals = []
    for verdict in renewal.verdicts if findings else ():
        for finding in findings:
            rows = verdict.open_rows
            at_fault = rows.index[rows[key].isin(finding.ids)]
            if len(at_fault):
                verdict.set_aside(Reason(finding.code), at_fault)
        counts: dict[str, int] = {}
        for finding in findings:
            counts[finding.code] = max(counts.get(finding.code, 0), finding.count)
        sentences = [finding.sentence for finding in findings]
        refusals.append(refuse(verdict.delivery.name, table, counts, sentences))
    return tuple(refusals)


def _missing(former: CleanState, fresh: Sequence[Delivery]) -> tuple[Refusal, ...]:
    """Name the tables that neither the accepted data nor a delivery has."""
    delivered = {delivery.table for delivery in fresh}
    has = {
        "customers": len(former.customers),
        "products": len(former.products),
        "transactions": len(former.transactions),
    }
    return tuple(
        missing_table(table) for table, rows in has.items() if not rows and table not in delivered
    )


def _outcomes(
    customers: Renewal, products: Renewal, lines: LinesJudged, refused: Sequence[Refusal]
) -> list[FileOutcome]:
    names = {refusal.file for refusal in refused}
    passed: Status = "held" if refused else "accepted"
    verdicts: list[Verdict] = [*customers.verdicts, *products.verdicts, *lines.verdicts]
    return [
        FileOutcome(verdict, "refused" if verdict.delivery.name in names else passed)
        for verdict in verdicts
    ]


def _changed(customers: Renewal, products: Renewal, lines: LinesJudged) -> tuple[Table, ...]:
    changed: list[Table] = []
    if customers.has_changed:
        changed.append("customers")
    if products.has_changed:
        changed.append("products")
    if lines.changed_weeks:
        changed.append("transactions")
    return tuple(changed)
