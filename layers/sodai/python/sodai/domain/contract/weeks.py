"""Rules on whole weeks of transactions: what every row may pass and the week as a whole may not."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from sodai.domain.calendar import DAYS_PER_WEEK, monday_of
from sodai.domain.contract.limits import Reason
from sodai.domain.contract.orders import strange_orders
from sodai.domain.contract.tables import LINE
from sodai.domain.deliveries import closed_weekdays, complete_weeks, week_of

USUAL_WEEKS: Final = 8
FEWEST_USUAL: Final = 4  # of these, for a limit that depends on what is usual
FEWEST_LINES: Final = 300  # of a week, to judge its volume and its quantities
FEWEST_ODD: Final = 10  # rows at fault; fewer are chance, whatever their share
EXPECTED_LINES: Final = 25  # of a weekday, for it to be missed
PAIR_WEEKS: Final = 12
PAIR_PURCHASES: Final = 3
PAIR_RATIO: Final = 6.0  # times the pair's median
PAIR_RECORD: Final = 2.0  # times the pair's largest quantity
ORDER_WEEKS: Final = 4
NEWS_WEEKS: Final = 8

FARTHEST: Final = 1e6

Status = Literal["ok", "broken", "overruled", "not_evaluated"]


class WeekCode(StrEnum):
    """What a week as a whole may break; no single row is to blame."""

    MISSING_WEEKDAY = "MISSING_WEEKDAY"
    LINES_OUT_OF_RANGE = "LINES_OUT_OF_RANGE"
    ITEMS_OUT_OF_RANGE = "ITEMS_OUT_OF_RANGE"
    FRACTIONS_OUT_OF_RANGE = "FRACTIONS_OUT_OF_RANGE"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule on one week.

    Parameters
    ----------
    value, limit : float or None
        What was measured (a share, or the distance from the usual figure) and how far it may go;
        None where history is lacking.
    rows : DataFrame or None
        The lines at fault, where single lines are.
    sentence : str
        What is wrong, where it is.
    """

    week: date
    code: str
    value: float | None
    limit: float | None
    status: Status
    rows: pd.DataFrame | None = None
    sentence: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return value, limit and status ready for JSON."""
        value, limit = (None if x is None else round(x, 5) for x in (self.value, self.limit))
        return {"value": value, "limit": limit, "status": self.status}


@dataclass(frozen=True, eq=False)
class Calendar:
    """Transactions by week."""

    transactions: pd.DataFrame
    first_day: date
    newest_day: date

    @classmethod
    def of(cls, transactions: pd.DataFrame) -> "Calendar":
        """Order clean transactions, at least one, by their days."""
        ordered = transactions.sort_values("purchase_date", kind="stable", ignore_index=True)
        days = ordered["purchase_date"]
        return cls(ordered, days.iloc[0].date(), days.iloc[-1].date())

    @cached_property
    def complete(self) -> frozenset[date]:
        """Mondays of the complete weeks."""
        closed = closed_weekdays(self.transactions, self.newest_day)
        return frozenset(complete_weeks(self.first_day, self.newest_day, closed))

    @cached_property
    def _days(self) -> np.ndarray:
        return self.transactions["purchase_date"].to_numpy()

    def lines(self, week: date) -> pd.DataFrame:
        """Return the lines of a week."""
        return self._between(week, week + timedelta(weeks=1))

    def before(self, week: date, weeks: int) -> pd.DataFrame | None:
        """Return the lines of so many weeks before one; None where data do not reach back."""
        start = week - timedelta(weeks=weeks)
        return self._between(start, week) if start >= monday_of(self.first_day) else None

    def _between(self, start: date, end: date) -> pd.DataFrame:
        low, high = (
            np.searchsorted(self._days, np.datetime64(day.isoformat())) for day in (start, end)
        )
        chosen: pd.DataFrame = self.transactions.iloc[low:high]
        return chosen

    @cached_property
    def figures(self) -> pd.DataFrame:
        """Lines, items and lines by weekday (0 to 6) of every complete week."""
        lines = self.transactions
        monday = week_of(lines["purchase_date"]).dt.date
        bought = lines["items"].where(lines["items"] > 0)
        is_fraction = (lines["items"] != np.trunc(lines["items"])).astype(np.float64)
        found = pd.DataFrame(
            {
                "lines": lines.groupby(monday).size(),
                "median": bought.groupby(monday).median(),
                "mean": bought.groupby(monday).mean(),
                "fractions": is_fraction.groupby(monday).mean(),
            }
        )
        weekdays = pd.crosstab(monday, lines["purchase_date"].dt.day_of_week)
        found = found.join(weekdays.reindex(columns=range(DAYS_PER_WEEK), fill_value=0))
        return found[found.index.isin(self.complete)]

    def last_weeks(self, week: date) -> pd.DataFrame | None:
        """Return the figures of the 8 weeks before one, complete ones; None of fewer than 4."""
        oldest = week - timedelta(weeks=USUAL_WEEKS)
        past = self.figures[(self.figures.index >= oldest) & (self.figures.index < week)]
        return past if len(past) >= FEWEST_USUAL else None


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the judged rows are at fault, and the lines these are."""

    part: int
    whole: int
    rows: pd.DataFrame

    @property
    def value(self) -> float:
        """Share at fault."""
        return self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class ShareRule:
    """A share of a week's rows that must stay small.

    Parameters
    ----------
    limit : float
        Largest share.
    times_usual : float
        The limit is at least so many times the median share of the 8 weeks before: what is
        ordinary for one distributor is not for another. With 0 the limit is fixed.
    """

    code: Reason
    measure: Callable[[Calendar, date], Share | None]
    limit: float
    times_usual: float
    words: str


def _shared_orders(calendar: Calendar, week: date) -> Share | None:
    lines = calendar.lines(week)
    buyers = lines.groupby("order_id")["customer_id"].transform("nunique")
    return _share(lines, (buyers > 1).to_numpy())


def _reused_orders(calendar: Calendar, week: date) -> Share | None:
    past = calendar.before(week, ORDER_WEEKS)
    if past is None:
        return None
    lines = calendar.lines(week)
    return _share(lines, lines["order_id"].isin(past["order_id"]).to_numpy())


def _repeated_lines(calendar: Calendar, week: date) -> Share | None:
    past = calendar.before(week, 1)
    if past is None:
        return None
    lines = calendar.lines(week)
    key = ["customer_id", "product_id", "items"]
    now, then = (
        one[key].assign(weekday=one["purchase_date"].dt.day_of_week.to_numpy())
        for one in (lines, past)
    )
    found = now.merge(then.drop_duplicates(), how="left", indicator="found")["found"]
    return _share(lines, (found == "both").to_numpy())


def _new_products(calendar: Calendar, week: date) -> Share | None:
    past = calendar.before(week, NEWS_WEEKS)
    if past is None:
        return None
    lines = calendar.lines(week)
    return _share(lines, ~lines["product_id"].isin(past["product_id"]).to_numpy())


def _pair_ratios(calendar: Calendar, week: date) -> Share | None:
    """Judge quantities by the pair's own: far above its median, and beyond its largest."""
    past = calendar.before(week, PAIR_WEEKS)
    if past is None:
        return None
    pair = ["customer_id", "product_id"]
    known = past[past["items"] > 0].groupby(pair)["items"].agg(["size", "median", "max"])
    known = known[known["size"] >= PAIR_PURCHASES]
    lines = calendar.lines(week)
    own = known.reindex(pd.MultiIndex.from_frame(lines[pair]))
    items = lines["items"].to_numpy()
    is_odd = items >= PAIR_RATIO * own["median"].to_numpy()
    is_odd &= items > PAIR_RECORD * own["max"].to_numpy()
    return Share(int(is_odd.sum()), int(own["size"].notna().sum()), lines[is_odd])


def _strange_orders(calendar: Calendar, week: date) -> Share | None:
    past = calendar.before(week, PAIR_WEEKS)
    if past is None:
        return None
    lines = calendar.lines(week)
    strange, judged = strange_orders(lines, past)
    return Share(len(strange), judged, lines[lines["order_id"].isin(strange)])


def _share(lines: pd.DataFrame, at_fault: np.ndarray) -> Share:
    return Share(int(at_fault.sum()), len(lines), lines[at_fault])


SHARE_RULES: Final = (
    ShareRule(
        Reason.SHARED_ORDER, _shared_orders, 0.01, 2.0, "lines belong to an order of two customers"
    ),
    ShareRule(
        Reason.REUSED_ORDER, _reused_orders, 0.01, 0.0, "lines carry order ids of earlier weeks"
    ),
    ShareRule(
        Reason.REPEATED_LINE,
        _repeated_lines,
        0.50,
        0.0,
        "lines are those of the week before (customer, product, items, weekday)",
    ),
    ShareRule(
        Reason.NEW_PRODUCT, _new_products, 0.08, 2.0, "lines name products unsold for 8 weeks"
    ),
    ShareRule(
        Reason.PAIR_RATIO,
        _pair_ratios,
        0.005,
        3.0,
        "lines have far more items than that customer ever bought of that product",
    ),
    ShareRule(
        Reason.STRANGE_ORDER,
        _strange_orders,
        0.05,
        2.0,
        "orders fit other customers better than their own, as if customer ids were mixed up",
    ),
)


def judge_weeks(
    transactions: pd.DataFrame,
    before: pd.DataFrame,
    changed: Collection[date],
    overruled: bool = False,
) -> list[Finding]:
    """Hold weeks against the weeks before them, oldest first.

    Parameters
    ----------
    transactions : DataFrame
        Clean transactions as they would be from now on.
    before : DataFrame
        Clean transactions so far.
    changed : collection of date
        Mondays of the weeks with other lines than before; weeks that these lines made complete
        are judged with them.
    overruled : bool
        Somebody vouches for the lines: what is broken is told and refuses nothing.

    Returns
    -------
    list of Finding
        Every rule on every judged week. An unfinished week is judged on the days it has.
    """
    if not changed:
        return []
    calendar = Calendar.of(transactions)
    complete = Calendar.of(before).complete if len(before) else frozenset()
    memory: dict[tuple[str, date], Share | None] = {}
    found = []
    for week in sorted({*changed, *(calendar.complete - complete)}):
        if calendar.lines(week).empty:
            continue  # a week that was never delivered is told, not judged
        for rule in SHARE_RULES:
            found.append(_by_share(rule, calendar, week, memory))
        found += _by_range(calendar, week)
    if overruled:
        return [_overruled(one) for one in found]
    return found


def _overruled(finding: Finding) -> Finding:
    if finding.status != "broken":
        return finding
    return Finding(finding.week, finding.code, finding.value, finding.limit, "overruled")


def _by_share(
    rule: ShareRule,
    calendar: Calendar,
    week: date,
    memory: dict[tuple[str, date], Share | None],
) -> Finding:
    def measured(when: date) -> Share | None:
        if (rule.code, when) not in memory:
            memory[rule.code, when] = rule.measure(calendar, when)
        return memory[rule.code, when]

    found, limit = measured(week), rule.limit
    if found is None:
        return Finding(week, rule.code, None, None, "not_evaluated")
    if rule.times_usual and found.value > limit:  # only now is it worth knowing what is usual
        past = [measured(week - timedelta(weeks=n)) for n in range(1, USUAL_WEEKS + 1)]
        usual = [share.value for share in past if share is not None and share.whole]
        if len(usual) < FEWEST_USUAL:
            return Finding(week, rule.code, found.value, None, "not_evaluated")
        limit = max(limit, rule.times_usual * float(np.median(usual)))
    if found.value <= limit or found.part < FEWEST_ODD:
        return Finding(week, rule.code, found.value, limit, "ok")
    sentence = (
        f"In the week of {week}, {found.part:,} of {found.whole:,} {rule.words} "
        f"({found.value:.1%}, at most {limit:.1%})."
    )
    return Finding(week, rule.code, found.value, limit, "broken", found.rows[LINE], sentence)


@dataclass(frozen=True, slots=True)
class RangeRule:
    """A figure of a week that must stay near its usual value.

    Parameters
    ----------
    distance : callable
        From the figure and the usual one: how far apart they are.
    """

    code: WeekCode
    figure: str
    distance: Callable[[float, float], float]
    limit: float
    words: str
    needs_complete: bool = False


def _fold(value: float, usual: float) -> float:
    return max(value / usual, usual / value) if value > 0 and usual > 0 else FARTHEST


def _fold_of_lines(value: float, usual: float) -> float:
    """Three times as many weigh as much as a fifth."""
    ratio = value / usual
    return ratio / 3.0 if ratio > 1 else 0.2 / max(ratio, 1e-9)


RANGE_RULES: Final = (
    RangeRule(
        WeekCode.LINES_OUT_OF_RANGE,
        "lines",
        _fold_of_lines,
        1.0,
        "lines: beyond a fifth and three times the usual",
        needs_complete=True,
    ),
    RangeRule(
        WeekCode.ITEMS_OUT_OF_RANGE,
        "median",
        _fold,
        3.0,
        "items in the median line: beyond a third and three times the usual",
    ),
    RangeRule(
        WeekCode.ITEMS_OUT_OF_RANGE,
        "mean",
        _fold,
        2.0,
        "items in the mean line: beyond half and twice the usual",
    ),
    RangeRule(
        WeekCode.FRACTIONS_OUT_OF_RANGE,
        "fractions",
        lambda value, usual: abs(value - usual),
        0.15,
        "of the lines have no whole number of items: more than .15 from the usual",
    ),
)


def _by_range(calendar: Calendar, week: date) -> list[Finding]:
    past = calendar.last_weeks(week)
    usual = None if past is None else past.median()
    codes = dict.fromkeys(rule.code for rule in RANGE_RULES)
    lines = calendar.lines(week)
    is_complete = week in calendar.complete
    if past is None or usual is None or usual["lines"] < FEWEST_LINES:
        every = [*codes, WeekCode.MISSING_WEEKDAY]
        return [Finding(week, code, None, None, "not_evaluated") for code in every]
    worst: dict[str, Finding] = {}
    for rule in RANGE_RULES:
        if rule.needs_complete and not is_complete:
            continue
        if rule.figure != "lines" and len(lines) < FEWEST_LINES:
            continue
        value = _figure(lines, rule.figure)
        distance = rule.distance(value, usual[rule.figure])
        status: Status = "broken" if distance > rule.limit else "ok"
        here, there = _in_words(value), _in_words(usual[rule.figure])
        sentence = f"The week of {week} has {here} {rule.words}, {there}."
        finding = Finding(week, rule.code, float(distance), rule.limit, status, None, sentence)
        if status == "broken" or rule.code not in worst:
            worst[rule.code] = finding
    return [*worst.values(), *([_weekdays(calendar, week, past)] if is_complete else [])]


def _in_words(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def _figure(lines: pd.DataFrame, name: str) -> float:
    items = lines["items"].to_numpy()
    if name == "lines":
        return float(len(lines))
    if name == "fractions":
        return float((items != np.trunc(items)).mean())
    bought = items[items > 0]
    if not len(bought):
        return 0.0
    return float(np.median(bought) if name == "median" else bought.mean())


def _weekdays(calendar: Calendar, week: date, past: pd.DataFrame) -> Finding:
    volume = min(1.0, len(calendar.lines(week)) / past["lines"].median())
    expected = [
        day for day in range(DAYS_PER_WEEK) if volume * past[day].median() >= EXPECTED_LINES
    ]
    there = set(calendar.lines(week)["purchase_date"].dt.day_of_week)
    missing = [week + timedelta(days=day) for day in expected if day not in there]
    if not missing:
        return Finding(week, WeekCode.MISSING_WEEKDAY, 0.0, 0.0, "ok")
    told = ", ".join(f"{day:%A} {day}" for day in missing)
    sentence = f"The week of {week} has no line of {told}."
    return Finding(
        week, WeekCode.MISSING_WEEKDAY, float(len(missing)), 0.0, "broken", None, sentence
    )


def broken(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that refuse their week."""
    return [finding for finding in findings if finding.status == "broken"]
