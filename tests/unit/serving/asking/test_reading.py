"""Whatever is asked, there is an answer or "I do not know"; and the tables stay as they are."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sodai.serving.asking import Answer, Answering
from sodai.serving.asking.lexicon import LANGUAGES, known_words, phrases
from sodai.serving.asking.marking import tokens_of
from sodai.serving.asking.periods import Period, Span, take_period

MONDAY = Span(date(2024, 1, 1), date(2025, 1, 5), date(2025, 1, 6))
WORDS = [*sorted(known_words()), "1042", "5010712", "diciembre", "2025-12-24", "minimarket", "5"]


def whole(answering: Answering) -> list[tuple[int, ...]]:
    counts = ("sales", "customers", "products", "pairs")
    return [answering._books.query(f"SELECT count(*) FROM {one}", {}).rows[0] for one in counts]


def assert_sound(answer: Answer) -> None:
    assert answer.text
    assert (answer.refusal is None) == (answer.query is not None)
    assert (answer.refusal is None) or answer.suggestions
    assert all(len(row) == len(answer.columns) for row in answer.rows)
    assert len(answer.rows) <= 200


@given(question=st.text(max_size=300))
def test_any_text_gets_an_answer_or_none(answering: Answering, question: str) -> None:
    assert_sound(answering.answer(question))


@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=9))
def test_any_words_of_the_grammar_get_an_answer_or_none(
    answering: Answering, words: list[str]
) -> None:
    before = whole(answering)
    assert_sound(answering.answer(" ".join(words)))
    assert whole(answering) == before


@given(
    left=st.lists(st.sampled_from(WORDS), max_size=5),
    right=st.lists(st.sampled_from(WORDS), max_size=5),
)
def test_one_unknown_word_is_enough_to_refuse(
    answering: Answering, left: list[str], right: list[str]
) -> None:
    answer = answering.answer(" ".join([*left, "zzyzx", *right]))
    assert answer.refusal is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_has_two_meanings(language: str) -> None:
    other = phrases(LANGUAGES[1 - LANGUAGES.index(language)])
    for phrase, meaning in phrases(language).items():
        assert other.get(phrase, meaning) == meaning, phrase


def test_accents_capitals_and_punctuation_do_not_matter() -> None:
    assert tokens_of("¿CUÁNTAS devoluciones, hubo?") == ["cuantas", "devoluciones", "hubo"]
    assert tokens_of("shops that haven't ordered") == ["shops", "that", "havent", "ordered"]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("mes pasado", date(2024, 12, 1), date(2024, 12, 31)),
        ("last week", date(2024, 12, 30), date(2025, 1, 5)),
        ("ultimas 4 semanas", date(2024, 12, 9), date(2025, 1, 5)),
        ("last three months", date(2024, 10, 1), date(2024, 12, 31)),
        ("ultimos 30 dias", date(2024, 12, 7), date(2025, 1, 5)),
        ("ayer", date(2025, 1, 5), date(2025, 1, 5)),
        ("este ano", date(2025, 1, 1), date(2025, 1, 5)),
        ("ano pasado", date(2024, 1, 1), date(2024, 12, 31)),
        ("diciembre", date(2024, 12, 1), date(2024, 12, 31)),
        ("enero", date(2025, 1, 1), date(2025, 1, 31)),
        ("enero de 2024", date(2024, 1, 1), date(2024, 1, 31)),
        ("february 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("24 de diciembre", date(2024, 12, 24), date(2024, 12, 24)),
        ("december 24 2024", date(2024, 12, 24), date(2024, 12, 24)),
        ("2024-12-24", date(2024, 12, 24), date(2024, 12, 24)),
        ("semana del 2024-12-24", date(2024, 12, 23), date(2024, 12, 29)),
        ("en 2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("entre octubre y diciembre", date(2024, 10, 1), date(2024, 12, 31)),
        ("between november and january", date(2024, 11, 1), date(2025, 1, 31)),
        ("de marzo a mayo de 2024", date(2024, 3, 1), date(2024, 5, 31)),
        ("since december", date(2024, 12, 1), date(2025, 1, 5)),
    ],
)
def test_days_count_from_the_forecast(text: str, first: date, last: date) -> None:
    taken = take_period(text.split(), MONDAY)
    assert taken is not None
    assert (taken.meaning, taken.words) == (Period(first, last), len(text.split()))


@pytest.mark.parametrize(
    "text", ["31 de febrero", "2024-13-01", "ultimas 0 semanas", "entre mayo y abril de 2024", "03"]
)
def test_days_that_do_not_exist_are_none(text: str) -> None:
    taken = take_period(text.split(), MONDAY)
    assert taken is None or taken.words < len(text.split())
