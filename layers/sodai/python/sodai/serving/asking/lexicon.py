"""Phrases to what they mean: the words of both languages and the names in the tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from sodai.serving.asking import words
from sodai.serving.asking.words import Sign
from sodai.serving.catalogue import fold

LANGUAGES: Final = ("es", "en")
CUSTOMER_COLUMNS: Final = frozenset({"customer_type"})
PRODUCT_COLUMNS: Final = frozenset({"brand", "category", "sub_category", "segment", "package"})
LONGEST: Final = 8  # words of a phrase
NOUNS: Final = frozenset(
    {
        Sign.CUSTOMER,
        Sign.PRODUCT,
        Sign.ORDER,
        Sign.TRANSACTION,
        Sign.UNIT,
        Sign.RETURN,
        Sign.PAIR,
        Sign.ATTRIBUTE,
    }
)


class Meaning(NamedTuple):
    """What a phrase adds; ``value`` says which attribute, measure or row."""

    sign: Sign
    value: str = ""
    plural: bool = False


class Name(NamedTuple):
    """A name from the tables: a kind of shop, a brand, a package."""

    column: str
    value: str


Phrase = tuple[str, ...]


@cache
def phrases(language: str) -> Mapping[Phrase, Meaning]:
    """Return every phrase of a language.

    Raises
    ------
    ValueError
        If one phrase has two meanings.
    """
    known: dict[Phrase, Meaning] = {}
    for text, meaning in _all_phrases(language):
        phrase = tuple(text.split())
        if known.setdefault(phrase, meaning) != meaning:
            raise ValueError(f"{text!r} means both {known[phrase]} and {meaning}")
    return known


@cache
def fillers(language: str) -> frozenset[str]:
    """Return the words that add nothing."""
    return frozenset(words.FILLERS[language].split())


def known_words() -> set[str]:
    """Return every single word that a phrase may have."""
    return {
        word
        for language in LANGUAGES
        for phrase in (*phrases(language), *((filler,) for filler in fillers(language)))
        for word in phrase
    }


def names(values: Iterable[tuple[str, str]]) -> dict[Phrase, set[Name]]:
    """Return how the names of the tables may be written: plural, singular, in English."""
    known: dict[Phrase, set[Name]] = {}
    for column, value in values:
        for text in _spellings(column, fold(value)):
            known.setdefault(tuple(text.split()), set()).add(Name(column, value))
    known.pop((), None)
    return known


def _spellings(column: str, text: str) -> Iterator[str]:
    text = " ".join("".join(sign if sign.isalnum() else " " for sign in text).split())
    for one in (text, *words.TRANSLATED.get(text, ())):
        first, *rest = one.split() or [""]
        yield one
        yield " ".join([f"{first}s", *rest])
        yield f"{one}s"
        yield f"{one}es"
        if one.endswith("s"):
            yield one[:-1]
        if column == "brand" and first == "brand":
            yield " ".join(["marca", *rest])


def _all_phrases(language: str) -> Iterator[tuple[str, Meaning]]:
    for sign, listed in words.PHRASES[language].items():
        for text in listed.split(", "):
            yield text, Meaning(sign, plural=sign in NOUNS and text not in words.SINGULAR)
    for sign, forms in ((Sign.CUSTOMER, words.CUSTOMER), (Sign.PRODUCT, words.PRODUCT)):
        for number, group in enumerate(forms[language].split("|")):
            yield from ((text, Meaning(sign, plural=number == 1)) for text in group.split())
    for column, texts in words.ATTRIBUTES.items():
        for text in texts:
            yield text, Meaning(Sign.ATTRIBUTE, column, plural=text.endswith("s"))
    yield from _by_phrases(language)
    yield from _measure_phrases(language)


def _by_phrases(language: str) -> Iterator[tuple[str, Meaning]]:
    side = LANGUAGES.index(language)
    long_types = [text for text in words.ATTRIBUTES["customer_type"] if " " in text]
    for by in words.BY_WORDS[language]:
        for column, groups in words.BY.items():
            yield from ((f"{by} {one}", Meaning(Sign.BY, column)) for one in groups[side].split())
        yield from ((f"{by} {text}", Meaning(Sign.BY, "customer_type")) for text in long_types)


def _measure_phrases(language: str) -> Iterator[tuple[str, Meaning]]:
    side = LANGUAGES.index(language)
    before = (*words.MOST[language], *words.MEASURED_BY[language])
    for measure, groups in words.MEASURES.items():
        for one in groups[side].split():
            yield from ((f"{most} {one}", Meaning(Sign.MEASURE, measure)) for most in before)


def longest(tokens: Sequence[str], known: Mapping[Phrase, object], most: int = LONGEST) -> int:
    """Return how many of the first tokens make the longest known phrase; 0: none does."""
    lengths = range(min(most, len(tokens)), 0, -1)
    return next((n for n in lengths if tuple(tokens[:n]) in known), 0)
