"""Faulty weeks through the layers that stand before a model: contract, volume, drift."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd
from sodai.domain.contract import CleanState, accept, read_delivery
from sodai.domain.errors import DataContractError

from tests.performance.monitoring.faults import Delivered, Fault
from tests.performance.monitoring.year import Year


@dataclass(frozen=True, slots=True)
class Caught:
    """What each layer said of a faulty week."""

    fault: str
    week: date
    contract: bool
    volume: bool
    drift: bool
    reasons: frozenset[str]


def inject(year: Year, fault: Fault, weeks: Sequence[date]) -> Iterator[Caught]:
    """Inject a fault into one week after the other; each is judged as if it came alone."""
    for week in weeks:
        before = year.before(week)
        given = Delivered(
            week, before.customers, before.products, year.lines(week), before.transactions
        )
        made = fault.inject(given, week.toordinal())
        reasons = refusals(before, given, made)
        if fault.shows_next_week and not reasons:
            reasons = next_week_s_refusals(year, before, given, made)
        volume, drift = looked_at(year, before, made)
        yield Caught(fault.name, week, bool(reasons), volume, drift, frozenset(reasons))


def refusals(before: CleanState, given: Delivered, made: Delivered) -> set[str]:
    """Deliver what the fault touched, and the lines; return the reasons it is refused for."""
    tables = [("customers", made.customers, given.customers)]
    tables += [("products", made.products, given.products), ("lines", made.lines, None)]
    try:
        files = [
            read_delivery(as_parquet(table), f"{name}.parquet")
            for name, table, was in tables
            if table is not was
        ]
    except DataContractError:
        return {"UNREADABLE"}
    got = accept(before, files)
    return {str(reason) for refusal in got.refused for reason in refusal.reasons}


def next_week_s_refusals(
    year: Year, before: CleanState, given: Delivered, made: Delivered
) -> set[str]:
    """Deliver the faulty week and then a healthy one, which makes the faulty week complete."""
    lines = read_delivery(as_parquet(made.lines), "lines.parquet")
    after = year.lines(given.week + timedelta(weeks=1))
    got = accept(before, [lines]).state
    next_files = [read_delivery(as_parquet(after), "next.parquet")]
    return {
        str(reason) for refusal in accept(got, next_files).refused for reason in refusal.reasons
    }


def looked_at(year: Year, before: CleanState, made: Delivered) -> tuple[bool, bool]:
    """Return whether volume flags the week and whether drift alarms, had it been accepted."""
    if "customer_type" not in made.customers:
        return False, False
    lines = pd.concat([before.transactions, made.lines], ignore_index=True)
    state = replace(before, customers=made.customers, products=made.products, transactions=lines)
    report = year.drift(year.sketched(made.week, state))
    return report.volume_flagged, report.alarm


def as_parquet(table: pd.DataFrame) -> bytes:
    """Return a table as the bytes of a file."""
    out = io.BytesIO()
    table.to_parquet(out, index=False)
    return out.getvalue()
