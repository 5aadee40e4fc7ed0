"""Accept deliveries: all of them, or none with the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from sodai.domain.contract.limits import Refusal, judge, judge_emptiness, missing_table
from sodai.domain.contract.lines import LinesJudged, judge_lines
from sodai.domain.contract.quarantine import Verdict, gather
from sodai.domain.contract.reference import Renewal, null_attributes, renew
from sodai.domain.contract.statistics import FileOutcome, Status, describe
from sodai.domain.contract.tables import CleanState, Delivery, Table
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
        Complete weeks named by a file are replaced by what the files hold of them.

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
    accepted = dict(former.accepted) | {file.sha256: file.name for file in fresh}
    renewed = CleanState(customers.frame, products.frame, lines.transactions, accepted)
    after = former if refused else renewed
    outcomes = _outcomes(customers, products, lines, refused)
    return Acceptance(
        state=after,
        quarantine=gather([outcome.verdict for outcome in outcomes]),
        stats=describe(
            after, outcomes, repeated, {"customers": customers, "products": products}, lines
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
