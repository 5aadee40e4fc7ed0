"""Find out what each word of a question adds; what is not known is noted as such."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sodai.serving.asking import lexicon, words
from sodai.serving.asking.lexicon import (
    CUSTOMER_COLUMNS,
    LANGUAGES,
    NOUNS,
    Meaning,
    Name,
    Phrase,
    longest,
)
from sodai.serving.asking.periods import (
    ForecastWeek,
    Period,
    Span,
    Taken,
    number_of,
    take_period,
)
from sodai.serving.asking.words import Sign
from sodai.serving.catalogue import fold

TOKEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[^\W_]+|[^\s\w]|_")
IGNORED: Final = frozenset("¿?¡!.,;:\"'«»“”()…#°º")
APOSTROPHES: Final = re.compile(r"(?<=\w)['’](?=\w)")
ASKING: Final = frozenset(
    {Sign.WHICH, Sign.WHO, Sign.HOW_MANY, Sign.HOW_MUCH, Sign.TOP, Sign.MEASURE}
)
TRANSPARENT: Final = frozenset({Sign.NEW, Sign.EVER, Sign.BY})
IMPLIED: Final = {
    Sign.ONE_BOUGHT: Sign.BOUGHT,
    Sign.SOLD: Sign.BOUGHT,
    Sign.WHO: Sign.WHICH,
    Sign.ONE_FORECAST: Sign.FORECAST,
}
BY_NOUNS: Final = {"customer_id": Sign.CUSTOMER, "product_id": Sign.PRODUCT}
AUXILIARIES: Final = frozenset({"do", "does", "did", "have", "has", "had"})  # "what do shops buy"
ID_WORDS: Final = frozenset({"id", "numero", "number", "nro", "codigo"})


@dataclass(slots=True)
class Marks:
    """The words of a question by what they add.

    A noun is a subject while the question is still asking ("how many customers"); after a verb
    it is one of the verb's sides ("what do restaurants order").
    """

    signs: set[Sign] = field(default_factory=set)
    subjects: list[Meaning] = field(default_factory=list)
    sides: list[Meaning] = field(default_factory=list)
    asks_for_type: bool = False
    numbers: list[int] = field(default_factory=list)
    stray_numbers: list[int] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    products: list[int] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    periods: list[Period] = field(default_factory=list)
    weeks: list[ForecastWeek] = field(default_factory=list)
    by: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    language_words: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LANGUAGES, 0))

    def has(self, *signs: Sign) -> bool:
        """Tell whether one of the signs is there."""
        return bool(self.signs.intersection(signs))

    @property
    def nouns(self) -> set[Sign]:
        """What the nouns without an id are, wherever they stand."""
        return {noun.sign for noun in (*self.subjects, *self.sides)}


def tokens_of(question: str) -> list[str]:
    """Return the words of a question, without accents, capitals and punctuation."""
    found = TOKEN.findall(APOSTROPHES.sub("", fold(question)))
    return [token for token in found if token not in IGNORED]


def mark(tokens: Sequence[str], names: Mapping[Phrase, set[Name]], span: Span) -> Marks:
    """Mark every word of a question: the longest phrase that begins with it decides."""
    marker, i = _Marker(names, span), 0
    while i < len(tokens):
        i += marker.take(tokens[i:])
    return marker.marks


class _Marker:
    def __init__(self, names: Mapping[Phrase, set[Name]], span: Span) -> None:
        self.marks = Marks()
        self._names = names
        self._span = span
        self._is_asking = True

    def take(self, rest: Sequence[str]) -> int:
        """Mark the first words; return how many."""
        period = take_period(rest, self._span)
        lengths = {one: longest(rest, lexicon.phrases(one)) for one in LANGUAGES}
        spoken, named = max(lengths.values()), longest(rest, self._names)
        if period and period.words >= max(spoken, named):
            return self._take_period(period)
        if named > spoken:
            return self._take_name(tuple(rest[:named]))
        if spoken:
            language = max(LANGUAGES, key=lambda one: lengths[one])
            if len(set(lengths.values())) > 1:
                self.marks.language_words[language] += 1
            return self._take_phrase(rest, spoken, language)
        return self._take_word(rest[0])

    def _take_period(self, taken: Taken) -> int:
        if isinstance(taken.meaning, Period):
            self.marks.periods.append(taken.meaning)
        else:
            self.marks.weeks.append(taken.meaning)
        return taken.words

    def _take_name(self, phrase: Phrase) -> int:
        found = self._names[phrase]
        if self._is_asking and {name.column for name in found} == CUSTOMER_COLUMNS:
            self.marks.asks_for_type = not self.marks.subjects
        return self._note_name(phrase, found)

    def _note_name(self, phrase: Phrase, found: set[Name]) -> int:
        self._is_asking = False
        name = min(found)
        other = self.marks.names.setdefault(name.column, name.value)
        if len(found) > 1 or other != name.value:
            self.marks.ambiguous.append(" ".join(phrase))
        return len(phrase)

    def _take_phrase(self, rest: Sequence[str], length: int, language: str) -> int:
        meaning = lexicon.phrases(language)[tuple(rest[:length])]
        after = rest[length:]
        if meaning.sign == Sign.ATTRIBUTE and (taken := self._take_named(meaning.value, after)):
            return length + taken
        noun = BY_NOUNS.get(meaning.value, meaning.sign)
        if not meaning.plural and (taken := self._take_id(noun, after)):
            return length + taken
        self._note(meaning)
        if meaning.sign in ASKING:
            self._is_asking = True
        elif meaning.sign not in TRANSPARENT and not words.ADJECTIVES.issuperset(rest[:length]):
            self._is_asking = False
        return length

    def _note(self, meaning: Meaning) -> None:
        marks = self.marks
        if meaning.sign == Sign.BY:
            marks.by.append(meaning.value)
        elif meaning.sign == Sign.MEASURE:
            marks.measures.append(meaning.value)
        elif meaning.sign in NOUNS:
            (marks.subjects if self._is_asking else marks.sides).append(meaning)
        else:
            marks.signs |= {meaning.sign, IMPLIED.get(meaning.sign, meaning.sign)}

    def _take_named(self, column: str, after: Sequence[str]) -> int:
        """Take the name after its attribute: "marca Cumbre", "of type restaurant"."""
        skipped = 1 if after and after[0] in {"de", "of"} else 0
        length = longest(after[skipped:], self._names)
        phrase = tuple(after[skipped : skipped + length])
        own = {name for name in self._names.get(phrase, ()) if name.column == column}
        return skipped + self._note_name(phrase, own) if len(own) == 1 else 0

    def _take_id(self, noun: Sign, after: Sequence[str]) -> int:
        """Take the id after its noun: "cliente 1042"."""
        ids = {Sign.CUSTOMER: self.marks.customers, Sign.PRODUCT: self.marks.products}
        skipped = 1 if after and after[0] in ID_WORDS else 0
        digits = after[skipped] if len(after) > skipped else ""
        if noun not in ids or not (digits.isascii() and digits.isdigit()):
            return 0
        ids[noun].append(number_of(digits) or 0)
        self._is_asking = False
        return skipped + 1

    def _take_word(self, word: str) -> int:
        if (number := number_of(word)) is not None:
            (self.marks.numbers if self._is_asking else self.marks.stray_numbers).append(number)
            return 1
        self._is_asking &= word not in AUXILIARIES
        known = [one for one in LANGUAGES if word in lexicon.fillers(one)]
        if not known:
            self.marks.unknown.append(word)
        if len(known) == 1:
            self.marks.language_words[known[0]] += 1
        return 1
