"""Days that a question names: months, weeks, dates, "last month", from one to another.

Relative words count from the first day of the forecast, never from the wall clock: "last week" is
the whole week before it, "the last 4 weeks" the four whole weeks before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

NUMBERS: Final = {
    word: number
    for words in (
        "uno dos tres cuatro cinco seis siete ocho nueve diez",
        "one two three four five six seven eight nine ten",
    )
    for number, word in enumerate(words.split(), 1)
}
MONTHS: Final = {
    name: number
    for names in (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "january february march april may june july august september october november december",
    )
    for number, name in enumerate(names.split(), 1)
} | {"setiembre": 9}
NEXT_WEEK: Final = (
    "proxima semana",
    "semana que viene",
    "semana proxima",
    "next week",
    "coming week",
)
THIS_WEEK: Final = ("esta semana", "this week")
LAST: Final = {
    "mes pasado": "month",
    "mes anterior": "month",
    "ultimo mes": "month",
    "last month": "month",
    "previous month": "month",
    "semana pasada": "week",
    "semana anterior": "week",
    "ultima semana": "week",
    "last week": "week",
    "previous week": "week",
    "ano pasado": "year",
    "ano anterior": "year",
    "last year": "year",
    "previous year": "year",
    "ayer": "day",
    "yesterday": "day",
}
THIS: Final = {
    "este mes": "month",
    "this month": "month",
    "este ano": "year",
    "this year": "year",
}
UNITS: Final = {
    "semanas": "week",
    "semana": "week",
    "weeks": "week",
    "week": "week",
    "meses": "month",
    "months": "month",
    "dias": "day",
    "days": "day",
}
JOINTS: Final = ("de", "del", "of", "in", "el", "la", "the")
RANGES: Final = {
    "entre": ("y",),
    "between": ("and",),
    "desde": ("hasta", "a"),
    "from": ("to", "until", "through"),
    "de": ("a", "hasta"),
}
SINCE: Final = ("desde", "since")
MOST_SPAN: Final = 520  # weeks, months or days back


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Span:
    """The days the tables know, and the first day of the forecast."""

    first: date
    newest: date
    today: date


@dataclass(frozen=True, slots=True)
class ForecastWeek:
    """The week of the forecast; ``is_certain`` where the words cannot mean another."""

    is_certain: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What some words mean, and how many words they are."""

    meaning: Period | ForecastWeek
    words: int


def take_period(words: Sequence[str], span: Span) -> Taken | None:
    """Return the days that the first words name, or None if they name none."""
    return _forecast_week(words) or _range(words, span) or _since(words, span) or _one(words, span)


def number_of(word: str) -> int | None:
    """Return a number written in digits or, up to ten, in letters."""
    if word.isascii() and word.isdigit():
        return int(word) if len(word) <= 19 else 10**19
    return NUMBERS.get(word)


def _forecast_week(words: Sequence[str]) -> Taken | None:
    for phrases, is_certain in ((NEXT_WEEK, True), (THIS_WEEK, False)):
        if length := _starts(words, phrases):
            return Taken(ForecastWeek(is_certain), length)
    return None


def _range(words: Sequence[str], span: Span) -> Taken | None:
    if not words or words[0] not in RANGES:
        return None
    begin = 1 + (1 if len(words) > 1 and words[1] in JOINTS else 0)
    one = _one(words[begin:], span)
    if one is None:
        return None
    middle = begin + one.words
    if middle >= len(words) or words[middle] not in RANGES[words[0]]:
        return None
    after = middle + 1 + (1 if len(words) > middle + 1 and words[middle + 1] in JOINTS else 0)
    two = _one(words[after:], span)
    if two is None:
        return None
    first, last = _days(one).first, _days(two).last
    if first > last:
        return None
    return Taken(Period(first, last), after + two.words)


def _since(words: Sequence[str], span: Span) -> Taken | None:
    if not words or words[0] not in SINCE:
        return None
    begin = 1 + (1 if len(words) > 1 and words[1] in JOINTS else 0)
    one = _one(words[begin:], span)
    if one is None or _days(one).first > span.newest:
        return None
    return Taken(Period(_days(one).first, span.newest), begin + one.words)


def _one(words: Sequence[str], span: Span) -> Taken | None:
    for take in (_relative, _last_some, _week_of, _iso_date, _written_date, _month, _year):
        if taken := take(words, span):
            return taken
    return None


def _relative(words: Sequence[str], span: Span) -> Taken | None:
    for phrase, unit in LAST.items():
        if length := _starts(words, (phrase,)):
            return Taken(_whole(unit, 1, span.today), length)
    for phrase, unit in THIS.items():
        if length := _starts(words, (phrase,)):
            first = span.today.replace(day=1)
            return Taken(
                Period(first if unit == "month" else first.replace(month=1), span.newest), length
            )
    return None


def _last_some(words: Sequence[str], span: Span) -> Taken | None:
    if len(words) < 3 or words[0] not in {"ultimas", "ultimos", "last", "past", "previous"}:
        return None
    count, unit = number_of(words[1]), UNITS.get(words[2])
    if unit is None or count is None or not 0 < count <= MOST_SPAN:
        return None
    return Taken(_whole(unit, count, span.today), 3)


def _whole(unit: str, count: int, today: date) -> Period:
    """Return the last whole days, weeks, months or years before today's own."""
    if unit == "day":
        return Period(today - timedelta(days=count), today - timedelta(days=1))
    if unit == "week":
        monday = today - timedelta(days=today.weekday())
        return Period(monday - timedelta(weeks=count), monday - timedelta(days=1))
    begun = today.replace(day=1) if unit == "month" else today.replace(month=1, day=1)
    months = count if unit == "month" else 12 * count
    index = begun.year * 12 + begun.month - 1 - months
    return Period(date(index // 12, index % 12 + 1, 1), begun - timedelta(days=1))


def _week_of(words: Sequence[str], span: Span) -> Taken | None:
    length = _starts(words, ("semana del", "semana de", "week of", "week of the"))
    taken = length and (_iso_date(words[length:], span) or _written_date(words[length:], span))
    if not taken:
        return None
    day = _days(taken).first
    monday = day - timedelta(days=day.weekday())
    return Taken(Period(monday, monday + timedelta(days=6)), length + taken.words)


def _iso_date(words: Sequence[str], _: Span) -> Taken | None:
    try:
        day = date.fromisoformat(words[0]) if words and len(words[0]) == 10 else None
    except ValueError:
        return None
    return Taken(Period(day, day), 1) if day else None


def _written_date(words: Sequence[str], span: Span) -> Taken | None:
    """Read "24 de diciembre de 2024", "24 December", "December 24"."""
    words, skipped = _without_joints(words, 6)
    if len(words) < 2:
        return None
    for day_word, month_word in ((words[0], words[1]), (words[1], words[0])):
        day, number = number_of(day_word), MONTHS.get(month_word)
        if day and number and day <= 31:
            year, length = _year_word(words[2:])
            chosen = year or _newest_year(number, span)
            try:
                named = date(chosen, number, day)
            except ValueError:
                return None
            return Taken(Period(named, named), skipped[1 + length])
    return None


def _month(words: Sequence[str], span: Span) -> Taken | None:
    words, skipped = _without_joints(words, 5)
    if not words or words[0] not in MONTHS:
        return None
    number = MONTHS[words[0]]
    year, length = _year_word(words[1:])
    if not length and len(words) > 2:
        for phrase in ("ano pasado", "last year"):
            if _starts(words[1:], (phrase,)):
                year, length = span.today.year - 1, 2
    first = date(year or _newest_year(number, span), number, 1)
    after = date(first.year + number // 12, number % 12 + 1, 1)
    return Taken(Period(first, after - timedelta(days=1)), skipped[length])


def _year(words: Sequence[str], _: Span) -> Taken | None:
    marked = _starts(words, ("en", "in", "ano", "year", "de", "del", "of", "del ano", "de ano"))
    year, length = _year_word(words[marked:])
    if not marked or not year:
        return None
    return Taken(Period(date(year, 1, 1), date(year, 12, 31)), marked + length)


def _year_word(words: Sequence[str]) -> tuple[int | None, int]:
    number = number_of(words[0]) if words and len(words[0]) == 4 else None
    return (number, 1) if number and 1990 <= number <= 2100 else (None, 0)


def _newest_year(month: int, span: Span) -> int:
    return span.newest.year if month <= span.newest.month else span.newest.year - 1


def _days(taken: Taken) -> Period:
    assert isinstance(taken.meaning, Period)
    return taken.meaning


def _without_joints(words: Sequence[str], most: int) -> tuple[list[str], list[int]]:
    """Return the words but for "de" and the like between them, and how far each one reaches."""
    kept = [(word, i + 1) for i, word in enumerate(words[:most]) if i == 0 or word not in JOINTS]
    if not kept or kept[0][0] in JOINTS:
        return [], []
    return [word for word, _ in kept], [reach for _, reach in kept]


def _starts(
    words: Sequence[str], phrases: Iterator[str] | Sequence[str] | Mapping[str, str]
) -> int:
    lengths = (
        len(parts)
        for parts in (phrase.split() for phrase in phrases)
        if list(words[: len(parts)]) == parts
    )
    return max(lengths, default=0)
