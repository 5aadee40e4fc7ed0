"""From a question to its answer, or to "I do not know" and what could be asked instead."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import chain, islice
from typing import Any, Final

from sodai.serving.asking import lexicon, wording
from sodai.serving.asking.books import Books, Found, TooLong
from sodai.serving.asking.lexicon import (
    CUSTOMER_COLUMNS,
    LANGUAGES,
    PRODUCT_COLUMNS,
    Name,
    Phrase,
)
from sodai.serving.asking.marking import Marks, mark, tokens_of
from sodai.serving.asking.periods import Span
from sodai.serving.asking.queries import Query, query_of
from sodai.serving.asking.reading import (
    NotUnderstood,
    Reading,
    Refusal,
    Shape,
    understand,
)
from sodai.serving.asking.words import Sign
from sodai.serving.catalogue import fold

MOST_SUGGESTIONS: Final = 4
ALIKE: Final = 0.75  # how alike a mistyped word and a known one must be to be suggested
WORD: Final = re.compile(r"[^\W_]+")
LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or why there is none.

    Attributes
    ----------
    language : str
        ``es`` or ``en``.
    text : str
        The answer in a sentence.
    refusal : Refusal, optional
        Why there is no answer; None where there is one.
    value : float, optional
        The number, where the answer is one.
    unit : str
        What the number counts.
    columns, labels : tuple of str
        Names of the table's columns, as in the query and for people.
    rows : list of tuple
        The table.
    total : int
        How many rows there are, shown or not.
    query : Query, optional
        What was asked of the tables.
    notes : list of str
        What else has to be known.
    suggestions : list of str
        Questions that have an answer.
    """

    language: str
    text: str
    refusal: Refusal | None = None
    value: float | None = None
    unit: str = ""
    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    total: int = 0
    query: Query | None = None
    notes: list[str] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)


class Answering:
    """Answers questions from the tables of one forecast.

    Parameters
    ----------
    books : Books
        The tables.
    first_day : date
        First day of the forecast: what "last week" counts from.
    rate_outside : float
        Rate at which pairs outside the candidates are ordered.
    """

    def __init__(self, books: Books, first_day: date, rate_outside: float) -> None:
        self._books = books
        self._rate_outside = rate_outside
        first, newest = books.query("SELECT first_day, newest_day FROM span", {}).rows[0]
        self.span = Span(date.fromisoformat(first), date.fromisoformat(newest), first_day)

    def answer(self, question: str, language: str | None = None) -> Answer:
        """Answer a question in ``language``, by default its own."""
        marks = mark(tokens_of(question), self._names, self.span)
        spoken = language or _language_of(marks)
        try:
            reading = self._read(marks)
            return self._told(reading, spoken)
        except NotUnderstood as refused:
            return self._refused(refused, question, spoken)

    def _read(self, marks: Marks) -> Reading:
        reading = understand(marks, self.span)
        for table, key, wanted, refusal in (
            ("customers", "customer_id", reading.filters.customer, Refusal.UNKNOWN_CUSTOMER),
            ("products", "product_id", reading.filters.product, Refusal.UNKNOWN_PRODUCT),
        ):
            if wanted is not None and not self._has(table, key, wanted):
                raise NotUnderstood(refusal, (str(wanted),))
        return reading

    def _has(self, table: str, key: str, wanted: int) -> bool:
        sql = f"SELECT count(*) FROM {table} WHERE {key} = :wanted"
        return wanted <= LARGEST_ID and bool(self._books.query(sql, {"wanted": wanted}).rows[0][0])

    def _told(self, reading: Reading, language: str) -> Answer:
        query = query_of(reading)
        try:
            found = self._books.query(query.sql, query.parameters)
            total = self._total(query, found)
        except TooLong:
            raise NotUnderstood(Refusal.TOOK_TOO_LONG) from None
        if reading.shape == Shape.CHANCE and not found.rows:
            return self._outside(reading, query, language)
        if reading.shape == Shape.WEEKDAYS:
            names = wording.WEEKDAYS[language]
            found = replace(found, rows=[(names[int(row[0])], *row[1:]) for row in found.rows])
        text = wording.title(reading, found.columns, found.rows, total, self._week, language)
        value = _value(reading, found)
        return Answer(
            language,
            text,
            value=value,
            unit=_unit(reading, language) if value is not None else "",
            columns=found.columns,
            labels=tuple(wording.column(name, language) for name in found.columns),
            rows=found.rows,
            total=total,
            query=query,
            notes=list(self._notes(reading, found, language)),
        )

    def _total(self, query: Query, found: Found) -> int:
        if not found.is_cut:
            return len(found.rows)
        counted = f"SELECT count(*) FROM ({query.sql})"
        return int(self._books.query(counted, query.parameters).rows[0][0])

    def _outside(self, reading: Reading, query: Query, language: str) -> Answer:
        text = wording.outside(reading.filters, self._rate_outside, self._week, language)
        unit = wording.column("probability", language)
        return Answer(language, text, value=self._rate_outside, unit=unit, query=query)

    def _notes(self, reading: Reading, found: Found, language: str) -> Iterator[str]:
        texts, period = wording.TEXTS[language], reading.filters.period
        if reading.subject == Sign.TRANSACTION:
            yield texts["note_returns"]
        if reading.is_forecast and "units" in {reading.subject, *found.columns}:
            yield texts["note_expected"]
        elif Sign.UNIT in {reading.subject, *found.columns}:
            yield texts["note_purchases"]
        if reading.shape == Shape.COUNT and reading.subject == Sign.PRODUCT and not reading.is_sold:
            yield texts["note_catalogue"]
        if period and (period.first < self.span.first or period.last > self.span.newest):
            yield texts["note_until"].format(**self._known_days(language))
        if found.is_cut:
            yield texts["cut"].format(n=len(found.rows))

    def _refused(self, refused: NotUnderstood, question: str, language: str) -> Answer:
        texts = wording.TEXTS[language]
        words = ", ".join(
            f"«{word}»" if language == "es" else f"“{word}”" for word in refused.words
        )
        if refused.refusal in {Refusal.UNKNOWN_CUSTOMER, Refusal.UNKNOWN_PRODUCT}:
            words = refused.words[0]
        why = texts[refused.refusal].format(
            words=words, week=wording.day(self._week, language), **self._known_days(language)
        )
        suggestions = list(self._suggestions(refused, question, language))
        return Answer(language, texts["dont_know"] + why, refused.refusal, suggestions=suggestions)

    def _suggestions(self, refused: NotUnderstood, question: str, language: str) -> Iterator[str]:
        examples = (text.format(customer=self._a_customer) for text in wording.EXAMPLES[language])
        mended = _mended(refused, question)
        clear = filter(self._is_clear, dict.fromkeys(chain(mended, examples)))
        yield from islice(clear, MOST_SUGGESTIONS)

    def _is_clear(self, question: str) -> bool:
        try:
            self._read(mark(tokens_of(question), self._names, self.span))
        except NotUnderstood:
            return False
        return True

    def _known_days(self, language: str) -> dict[str, str]:
        return {
            "first": wording.day(self.span.first, language),
            "last": wording.day(self.span.newest, language),
        }

    @property
    def _week(self) -> date:
        today = self.span.today
        return date.fromordinal(today.toordinal() - today.weekday())

    @cached_property
    def _names(self) -> dict[Phrase, set[Name]]:
        values = []
        for table, columns in (("customers", CUSTOMER_COLUMNS), ("products", PRODUCT_COLUMNS)):
            for column in sorted(columns):
                sql = f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> ''"
                found = self._books.query(sql, {}, most_rows=5_000)
                values += [(column, row[0]) for row in found.rows]
        return lexicon.names(values)

    @cached_property
    def _a_customer(self) -> int:
        """A shop that examples may speak of: one that is predicted to order, else any."""
        sql = (
            "SELECT customer_id FROM pairs WHERE predicted = 1 LIMIT 1",
            "SELECT customer_id FROM customers LIMIT 1",
        )
        found = (self._books.query(one, {}).rows for one in sql)
        return next((rows[0][0] for rows in found if rows), 0)


def _mended(refused: NotUnderstood, question: str) -> Iterator[str]:
    """Yield the question with its unknown words mended, if they are like known ones."""
    if refused.refusal != Refusal.UNKNOWN_WORDS or len(refused.words) > 2:
        return
    known = sorted(lexicon.known_words())
    near = {word: difflib.get_close_matches(word, known, 1, ALIKE) for word in refused.words}
    if all(near.values()):
        yield WORD.sub(lambda word: near.get(fold(word[0]), [word[0]])[0], question)


def _language_of(marks: Marks) -> str:
    counts = marks.language_words
    return max(LANGUAGES, key=lambda language: counts[language])


def _value(reading: Reading, found: Found) -> float | None:
    if reading.shape in wording.NUMBERS or reading.counts:
        value: float | None = found.rows[0][0]
        return value
    if reading.shape == Shape.CHANCE:
        return float(found.rows[0][found.columns.index("probability")])
    return None


def _unit(reading: Reading, language: str) -> str:
    names = {
        Shape.GAP: "days",
        Shape.MEAN_ORDER: "units_per_order",
        Shape.CHANCE: "probability",
    }
    if name := names.get(reading.shape):
        return wording.column(name, language)
    return wording.noun(reading.subject, None, language)
