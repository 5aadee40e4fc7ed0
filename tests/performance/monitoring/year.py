"""The year that faults are injected into: what was known before each week, and its own lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import pandas as pd
from sodai.domain.contract import CleanState, accept, read_delivery
from sodai.domain.deliveries import complete_weeks
from sodai.domain.drift import (
    BIN_WEEKS,
    Bins,
    DriftReport,
    Sketch,
    compare,
    freeze_bins,
    prior_of,
    sketch,
    volume_chart,
)

CHOSEN_BEFORE: Final = date(2024, 8, 12)  # limits were chosen on the weeks before it
CONTRACT_FROM: Final = date(2024, 3, 25)
EVENTS: Final = frozenset(
    date(2024, *day) for day in ((5, 13), (5, 20), (5, 27), (7, 1), (7, 8), (12, 16), (12, 23))
)
LOOK_BACK: Final = 22  # weeks; no rule looks further


@dataclass(frozen=True, eq=False)
class Year:
    """Clean tables, and the weeks that can be judged."""

    state: CleanState

    @classmethod
    def read(cls, folder: Path) -> "Year":
        """Read the tables through the contract."""
        files = sorted(folder.glob("*.parquet"))
        got = accept(None, [read_delivery(file.read_bytes(), file.name) for file in files])
        got.require_accepted()
        return cls(got.state)

    @cached_property
    def weeks(self) -> list[date]:
        """All complete weeks."""
        first, newest = self.state.first_day, self.state.newest_day
        assert first is not None
        assert newest is not None
        return complete_weeks(first, newest)

    @cached_property
    def bins(self) -> Bins:
        """The bins of the first weeks."""
        state = self.state
        first = self.weeks[:BIN_WEEKS]
        return freeze_bins(state.transactions, state.customers, state.products, first)

    @cached_property
    def sketches(self) -> dict[date, Sketch]:
        """Every complete week, counted."""
        return {week: self.sketched(week, self.state) for week in self.weeks}

    def sketched(self, week: date, state: CleanState) -> Sketch:
        """Count a week of the given tables."""
        lines = state.transactions
        return sketch(
            week, lines, state.customers, state.products, self.bins, prior_of(lines, week)
        )

    def drift(self, current: Sketch) -> DriftReport:
        """Compare a sketch with the weeks before it."""
        past = [one for week, one in self.sketches.items() if week < current.week]
        return compare(current, past, self.bins)

    @cached_property
    def flagged(self) -> frozenset[date]:
        """Weeks of unusual volume."""
        chart = volume_chart({week: one.lines for week, one in self.sketches.items()})
        return frozenset(week for week, point in chart.items() if point.flagged)

    @cached_property
    def judged(self) -> list[date]:
        """The weeks with sixteen ordinary ones before them."""
        return [week for week in self.weeks if self.drift(self.sketches[week]).evaluated]

    @cached_property
    def stable(self) -> list[date]:
        """The judged weeks that are neither events nor flagged by volume."""
        unusual = EVENTS | self.flagged
        return [week for week in self.judged if week not in unusual]

    @cached_property
    def contract_weeks(self) -> list[date]:
        """The weeks that the contract is tried on, events included."""
        return [week for week in self.weeks if week >= max(CONTRACT_FROM, self.weeks[12])]

    def before(self, week: date) -> CleanState:
        """Return what was accepted before a week, as far back as any rule looks."""
        days = self.state.transactions["purchase_date"]
        end = pd.Timestamp(week)
        known = (days < end) & (days >= end - timedelta(weeks=LOOK_BACK))
        lines = self.state.transactions[known].reset_index(drop=True)
        return CleanState(self.state.customers, self.state.products, lines)

    def lines(self, week: date) -> pd.DataFrame:
        """Return the lines of a week."""
        days = self.state.transactions["purchase_date"]
        start = pd.Timestamp(week)
        of_week = (days >= start) & (days < start + timedelta(weeks=1))
        lines: pd.DataFrame = self.state.transactions[of_week]
        return lines.drop(columns="is_return").reset_index(drop=True)


def parts(weeks: Sequence[date], chosen_before: date) -> dict[str, list[date]]:
    """Part weeks into those that limits were chosen on and those that judge them."""
    return {
        "before": [week for week in weeks if week < chosen_before],
        "after": [week for week in weeks if week >= chosen_before],
    }
