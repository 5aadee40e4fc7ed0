"""Read a question: every word must be understood, and all of them together mean one thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sodai.serving.asking.lexicon import CUSTOMER_COLUMNS, PRODUCT_COLUMNS, Meaning
from sodai.serving.asking.marking import Marks
from sodai.serving.asking.periods import Period, Span
from sodai.serving.asking.words import Sign

MOST_TOP: Final = 100
DEFAULT_TOP: Final = 10


class Refusal(StrEnum):
    """Why a question has no answer."""

    UNKNOWN_WORDS = "UNKNOWN_WORDS"
    AMBIGUOUS_NAME = "AMBIGUOUS_NAME"
    NOT_ONE_MEANING = "NOT_ONE_MEANING"
    UNKNOWN_CUSTOMER = "UNKNOWN_CUSTOMER"
    UNKNOWN_PRODUCT = "UNKNOWN_PRODUCT"
    OUTSIDE_THE_DATA = "OUTSIDE_THE_DATA"
    ONLY_THE_COMING_WEEK = "ONLY_THE_COMING_WEEK"
    TOOK_TOO_LONG = "TOOK_TOO_LONG"


class NotUnderstood(Exception):
    """No answer, and why: ``words`` are what it failed on."""

    def __init__(self, refusal: Refusal, words: Sequence[str] = ()) -> None:
        super().__init__(refusal, *words)
        self.refusal = refusal
        self.words = tuple(words)


class Shape(StrEnum):
    """What kind of answer is wanted."""

    COUNT = "count"
    TOP = "top"
    LIST = "list"
    GROUPS = "groups"
    DAY = "day"
    ORDER_LINES = "order lines"
    GAP = "gap"
    WEEKDAYS = "weekdays"
    MEAN_ORDER = "mean order"
    NEWCOMERS = "newcomers"
    ABSENT = "absent"
    ATTRIBUTE = "attribute"
    CHANCE = "chance"


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a question down."""

    customer: int | None = None
    product: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    period: Period | None = None

    @property
    def of_products(self) -> bool:
        """Whether products are narrowed down."""
        return self.product is not None or bool(PRODUCT_COLUMNS & self.names.keys())

    @property
    def of_customers(self) -> bool:
        """Whether customers are narrowed down."""
        return self.customer is not None or bool(CUSTOMER_COLUMNS & self.names.keys())


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question means.

    Attributes
    ----------
    shape : Shape
        The kind of answer.
    subject : str
        What is counted or listed: a `Sign` of a noun, or a column of an attribute.
    is_forecast : bool
        Whether it asks for what will be ordered.
    is_sold : bool
        Whether only what was sold counts, not the whole table of shops or products.
    measure : Sign
        What rows are ordered by.
    by : str
        What there is a row for.
    limit : int
        How many rows of a top.
    counts : bool
        Whether a number is wanted where a list would do, too.
    is_first : bool
        The first order, not the last.
    """

    shape: Shape
    subject: str
    filters: Filters
    is_forecast: bool = False
    is_sold: bool = False
    measure: Sign = Sign.UNIT
    by: str = ""
    limit: int = 0
    counts: bool = False
    is_first: bool = False


def understand(marks: Marks, span: Span) -> Reading:
    """Return what the words mean together.

    Raises
    ------
    NotUnderstood
        If a word is unknown, or the words do not have one meaning.
    """
    if marks.unknown:
        raise NotUnderstood(Refusal.UNKNOWN_WORDS, marks.unknown)
    if marks.ambiguous:
        raise NotUnderstood(Refusal.AMBIGUOUS_NAME, marks.ambiguous)
    several = (
        marks.customers,
        marks.products,
        marks.periods,
        marks.weeks,
        marks.by,
        marks.measures,
    )
    if any(len(found) > 1 for found in several) or len(marks.numbers) > 1 or marks.stray_numbers:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    filters = Filters(
        marks.customers[0] if marks.customers else None,
        marks.products[0] if marks.products else None,
        dict(marks.names),
        marks.periods[0] if marks.periods else None,
    )
    is_certain = any(week.is_certain for week in marks.weeks)
    is_pairs = Sign.PAIR in marks.nouns
    _one_is_named(marks, filters)
    if is_certain or is_pairs or marks.has(Sign.FORECAST, Sign.CHANCE):
        return _forecast(marks, filters)
    if marks.weeks:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    _within(filters.period, span)
    return _past(marks, filters)


def _within(period: Period | None, span: Span) -> None:
    if period and (period.last < span.first or period.first > span.newest):
        raise NotUnderstood(Refusal.OUTSIDE_THE_DATA, (str(period.first), str(period.last)))


def _only(marks: Marks, *allowed: Sign, number: bool = False, rows: bool = False) -> None:
    """Refuse words that this kind of question has no use for."""
    if marks.signs - {Sign.WHICH, Sign.WHO, Sign.BOUGHT, Sign.ONE_BOUGHT, Sign.SOLD, *allowed}:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    if (marks.numbers and not number) or (marks.by and not rows):
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    if marks.measures and not number:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)


def _one_is_named(marks: Marks, filters: Filters) -> None:
    """Refuse "how much did it buy" where nobody said what it is."""
    is_named = filters.customer is not None or filters.product is not None
    is_asked = any(not subject.plural for subject in marks.subjects) or marks.has(Sign.WHO)
    if marks.has(Sign.ONE_BOUGHT, Sign.ONE_FORECAST) and not (is_named or is_asked):
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)


def _subject(marks: Marks, filters: Filters) -> Meaning:
    """Return the noun that is asked for; other nouns may only stand for a verb's sides."""
    if len(marks.subjects) > 1:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    found = marks.subjects[0] if marks.subjects else _implied_subject(marks, filters)
    sides = {Sign.CUSTOMER: filters.of_customers, Sign.PRODUCT: filters.of_products}
    for side in marks.sides:
        is_narrowed = side.sign in sides and side.sign != found.sign and sides[side.sign]
        is_side = side.sign in sides and side.plural and marks.has(Sign.BOUGHT, Sign.FORECAST)
        if not (is_narrowed or is_side) or side.sign == found.sign:
            raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    return found


def _implied_subject(marks: Marks, filters: Filters) -> Meaning:
    """Return what "how much did we sell" or "what did customer 7 buy" asks for."""
    verb = marks.has(Sign.BOUGHT, Sign.FORECAST)
    if marks.asks_for_type:
        return Meaning(Sign.CUSTOMER, plural=True)
    if marks.has(Sign.HOW_MUCH) and (marks.has(Sign.SOLD, Sign.FORECAST) or filters.of_customers):
        return Meaning(Sign.UNIT, plural=True)
    if marks.has(Sign.WHO):
        return Meaning(Sign.CUSTOMER)
    is_whose = filters.of_customers or marks.has(Sign.SOLD)
    if marks.has(Sign.WHICH) and verb and is_whose and filters.product is None:
        return Meaning(Sign.PRODUCT, plural=True)
    raise NotUnderstood(Refusal.NOT_ONE_MEANING)


def _name_of(meaning: Meaning) -> str:
    return meaning.value if meaning.sign == Sign.ATTRIBUTE else meaning.sign


def _forecast(marks: Marks, filters: Filters) -> Reading:
    allowed = (
        Sign.FORECAST,
        Sign.ONE_FORECAST,
        Sign.CHANCE,
        Sign.HOW_MANY,
        Sign.HOW_MUCH,
        Sign.TOP,
    )
    if filters.period:
        raise NotUnderstood(Refusal.ONLY_THE_COMING_WEEK)
    _only(marks, *allowed, number=True, rows=True)
    pair = filters.customer is not None and filters.product is not None
    if pair and not marks.has(Sign.HOW_MANY, Sign.HOW_MUCH, Sign.TOP):
        if marks.nouns - {Sign.ORDER} or marks.numbers or marks.by or marks.measures:
            raise NotUnderstood(Refusal.NOT_ONE_MEANING)
        return Reading(Shape.CHANCE, Sign.PAIR, filters, is_forecast=True)
    if marks.has(Sign.CHANCE):
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    subject = _subject(marks, filters)
    if subject.sign in {Sign.ORDER, Sign.TRANSACTION, Sign.RETURN}:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    reading = _tabled(marks, filters, subject, is_forecast=True)
    if reading.measure not in {Sign.UNIT, Sign.CUSTOMER} or reading.by in {"month", "week"}:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    return reading


def _past(marks: Marks, filters: Filters) -> Reading:
    for sign, read in SPECIAL.items():
        if marks.has(sign):
            return read(marks, filters)
    subject = _subject(marks, filters)
    if described := _described(marks, filters, subject):
        return described
    _only(marks, Sign.HOW_MANY, Sign.HOW_MUCH, Sign.TOP, Sign.EVER, number=True, rows=True)
    return _tabled(marks, filters, subject, is_forecast=False)


def _tabled(marks: Marks, filters: Filters, subject: Meaning, *, is_forecast: bool) -> Reading:
    """Return a count, a top, a list or groups, of the past or of the forecast."""
    name, is_sold = _name_of(subject), _is_sold(marks, filters, subject)
    is_thing = subject.sign in {Sign.CUSTOMER, Sign.PRODUCT, Sign.ATTRIBUTE}
    is_top = marks.has(Sign.TOP) or bool(marks.measures)
    asks = marks.has(Sign.HOW_MANY, Sign.HOW_MUCH)
    if marks.has(Sign.HOW_MUCH) and subject.sign != Sign.UNIT:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    if marks.by:
        if is_top or marks.numbers or subject.sign in {Sign.ATTRIBUTE, Sign.PAIR}:
            raise NotUnderstood(Refusal.NOT_ONE_MEANING)
        if marks.by[0] in {f"{subject.sign.rstrip('s')}_id"}:
            raise NotUnderstood(Refusal.NOT_ONE_MEANING)
        return Reading(
            Shape.GROUPS, name, filters, is_forecast, is_sold, Sign(subject.sign), marks.by[0]
        )
    if is_top:
        return _top(marks, filters, subject, is_forecast=is_forecast)
    if marks.numbers:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    is_told = bool(marks.periods) or filters.of_customers or filters.of_products
    if asks or (subject.sign == Sign.UNIT and (is_told or marks.has(Sign.EVER, Sign.FORECAST))):
        return Reading(Shape.COUNT, name, filters, is_forecast, is_sold)
    if (is_thing and (marks.has(Sign.WHICH) or is_told)) or subject.sign == Sign.PAIR:
        return Reading(Shape.LIST, name, filters, is_forecast, is_sold)
    raise NotUnderstood(Refusal.NOT_ONE_MEANING)


def _top(marks: Marks, filters: Filters, subject: Meaning, *, is_forecast: bool) -> Reading:
    is_thing = subject.sign in {Sign.CUSTOMER, Sign.PRODUCT, Sign.ATTRIBUTE}
    measure = Sign(marks.measures[0]) if marks.measures else Sign.UNIT
    limit = marks.numbers[0] if marks.numbers else DEFAULT_TOP if subject.plural else 1
    if not is_thing or marks.has(Sign.HOW_MANY, Sign.HOW_MUCH) or measure == subject.sign:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    if not 0 < limit <= MOST_TOP:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
    return Reading(Shape.TOP, _name_of(subject), filters, is_forecast, True, measure, limit=limit)


def _is_sold(marks: Marks, filters: Filters, subject: Meaning) -> bool:
    """Tell whether things that were sold are meant, not all that the tables list."""
    if subject.sign == Sign.CUSTOMER:
        other = filters.of_products or filters.customer is not None
    elif subject.sign == Sign.PRODUCT:
        other = filters.of_customers or filters.product is not None
    elif subject.value in CUSTOMER_COLUMNS:
        other = filters.of_products or filters.customer is not None
    elif subject.sign == Sign.ATTRIBUTE:
        other = filters.of_customers or filters.product is not None
    else:
        other = True
    return other or marks.has(Sign.BOUGHT) or filters.period is not None


def _described(marks: Marks, filters: Filters, subject: Meaning) -> Reading | None:
    """Return the reading of "what type is customer 1042", if that is asked."""
    one = filters.customer if subject.value in CUSTOMER_COLUMNS else filters.product
    other = filters.product if subject.value in CUSTOMER_COLUMNS else filters.customer
    is_asked = subject.sign == Sign.ATTRIBUTE and one is not None and other is None
    if not is_asked or marks.signs - {Sign.WHICH} or filters.names or filters.period:
        return None
    _only(marks)
    return Reading(Shape.ATTRIBUTE, subject.value, filters)


def _weekdays(marks: Marks, filters: Filters) -> Reading:
    _only(marks, Sign.WEEKDAY, Sign.USUALLY)
    _need(filters.customer is not None and marks.nouns <= {Sign.ORDER} and marks.has(Sign.BOUGHT))
    return Reading(Shape.WEEKDAYS, Sign.ORDER, filters, is_sold=True)


def _gap(marks: Marks, filters: Filters) -> Reading:
    _only(marks, Sign.EVERY, Sign.USUALLY)
    _need(filters.customer is not None and marks.nouns <= {Sign.ORDER} and marks.has(Sign.BOUGHT))
    return Reading(Shape.GAP, Sign.ORDER, filters, is_sold=True)


def _mean_order(marks: Marks, filters: Filters) -> Reading:
    _only(marks, Sign.MEAN_ORDER, Sign.HOW_MANY, Sign.EVER)
    sides = {Sign.UNIT} | ({Sign.CUSTOMER} if CUSTOMER_COLUMNS & filters.names.keys() else set())
    _need(marks.nouns <= sides)
    return Reading(Shape.MEAN_ORDER, Sign.ORDER, filters, is_sold=True)


def _edge(marks: Marks, filters: Filters) -> Reading:
    """Read "when was the last order" and "what was in it"."""
    _only(marks, Sign.LAST_ORDER, Sign.FIRST_ORDER, Sign.WHEN)
    is_first = marks.has(Sign.FIRST_ORDER)
    _need(not (is_first and marks.has(Sign.LAST_ORDER)) and not filters.names)
    _need(filters.period is None and marks.nouns <= {Sign.PRODUCT, Sign.ORDER})
    if marks.has(Sign.WHEN):
        _need(filters.customer is not None or filters.product is not None)
        _need(not marks.nouns)
        return Reading(Shape.DAY, Sign.ORDER, filters, is_sold=True, is_first=is_first)
    _need(filters.customer is not None and filters.product is None)
    return Reading(Shape.ORDER_LINES, Sign.PRODUCT, filters, is_sold=True, is_first=is_first)


def _newcomers(marks: Marks, filters: Filters) -> Reading:
    _only(marks, Sign.NEW, Sign.HOW_MANY)
    subject = _subject(marks, filters)
    _need(subject.sign in {Sign.CUSTOMER, Sign.PRODUCT})
    _need(filters.period is not None and filters.customer is None and filters.product is None)
    columns = CUSTOMER_COLUMNS if subject.sign == Sign.CUSTOMER else PRODUCT_COLUMNS
    _need(filters.names.keys() <= columns)
    counts = marks.has(Sign.HOW_MANY)
    return Reading(Shape.NEWCOMERS, subject.sign, filters, is_sold=True, counts=counts)


def _absent(marks: Marks, filters: Filters) -> Reading:
    _only(marks, Sign.NOT, Sign.WITHOUT, Sign.HOW_MANY, Sign.EVER)
    _need(marks.has(Sign.NOT) != marks.has(Sign.WITHOUT))
    _need(marks.has(Sign.BOUGHT) or marks.has(Sign.WITHOUT))
    subject = _subject(marks, filters)
    own, other = (
        (filters.customer, filters.of_products)
        if subject.sign == Sign.CUSTOMER
        else (filters.product, filters.of_customers)
    )
    _need(subject.sign in {Sign.CUSTOMER, Sign.PRODUCT} and own is None)
    _need(subject.sign == Sign.CUSTOMER or not other)
    return Reading(
        Shape.ABSENT, subject.sign, filters, is_sold=True, counts=marks.has(Sign.HOW_MANY)
    )


def _unclear(marks: Marks, filters: Filters) -> Reading:
    raise NotUnderstood(Refusal.NOT_ONE_MEANING)


SPECIAL: Final = {
    Sign.WEEKDAY: _weekdays,
    Sign.EVERY: _gap,
    Sign.MEAN_ORDER: _mean_order,
    Sign.LAST_ORDER: _edge,
    Sign.FIRST_ORDER: _edge,
    Sign.NEW: _newcomers,
    Sign.NOT: _absent,
    Sign.WITHOUT: _absent,
    Sign.WHEN: _unclear,
    Sign.USUALLY: _unclear,
}


def _need(is_met: bool) -> None:
    if not is_met:
        raise NotUnderstood(Refusal.NOT_ONE_MEANING)
