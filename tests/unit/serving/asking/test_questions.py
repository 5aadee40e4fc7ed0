"""Ninety questions in two languages against pandas over the same tables; refusals counted apart."""

from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sodai.serving.asking import Answer, Answering, Refusal
from sodai.serving.asking import Books as Tables

from tests.unit.serving.asking import questions_of_makers as makers
from tests.unit.serving.asking import questions_of_readers as readers
from tests.unit.serving.asking.questions_of_readers import Books, Meaning
from tests.unit.serving.asking.shopbooks import answering_of, books_of, filled, packed

WEEKDAYS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
# What readers asked and the service does not understand: it says so. Each one is a debt.
REFUSED: set[str] = set()


def assert_answers(answer: Answer, expected: Any) -> None:
    """Compare with what pandas says: a number, a text, a day, ids, or rows in their order."""
    assert answer.refusal is None, answer.text
    if isinstance(expected, set):
        shown = {row[0] for row in answer.rows}
        assert answer.total == len(expected)
        assert shown <= expected
        assert len(shown) == min(len(expected), 200)
    elif isinstance(expected, list):
        place = -1
        rows = [(row[0], row[place]) for row in answer.rows]
        assert rows == [(key, pytest.approx(value, abs=0.002)) for key, value in expected]
    elif isinstance(expected, date):
        assert answer.rows == [(str(expected),)]
    elif isinstance(expected, str):
        assert answer.rows[0][1] == expected
    elif "weekday" in answer.columns:
        assert answer.rows[0][0] == WEEKDAYS[expected]
    else:
        assert answer.value == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize(
    ("language", "question", "meaning"),
    [*readers.QUESTIONS, *makers.QUESTIONS],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_is_what_pandas_finds_in_the_same_tables(
    language: str, question: str, meaning: Meaning, books: Books, answering: Answering
) -> None:
    answer = answering.answer(filled(question, books))
    assert answer.language == language
    if question in REFUSED:
        assert answer.refusal is not None
        return
    assert_answers(answer, meaning(books))
    assert answer.query is not None
    assert answer.query.sql.startswith("SELECT")


def test_the_same_holds_for_the_real_year(real_tables: Path) -> None:
    books = books_of(real_tables)
    answering = answering_of(books)
    for _, question, meaning in [*readers.QUESTIONS, *makers.QUESTIONS]:
        if question not in REFUSED:
            assert_answers(answering.answer(filled(question, books), "es"), meaning(books))


@pytest.mark.parametrize(("language", "question"), [*readers.UNANSWERABLE, *makers.UNANSWERABLE])
def test_what_cannot_be_meant_for_certain_is_refused_with_questions_that_have_an_answer(
    language: str, question: str, books: Books, answering: Answering
) -> None:
    answer = answering.answer(filled(question, books), language)
    assert answer.refusal is not None, answer.text
    assert (answer.value, answer.rows, answer.query) == (None, [], None)
    assert answer.text.startswith("No sé." if language == "es" else "I don't know.")
    assert answer.suggestions
    for suggestion in answer.suggestions:
        assert answering.answer(suggestion).refusal is None, suggestion


def test_enough_questions_are_asked_in_both_languages_half_of_them_by_readers() -> None:
    asked = [*readers.QUESTIONS, *makers.QUESTIONS]
    assert len(asked) >= 60
    assert len(readers.QUESTIONS) * 2 >= len(asked)
    for language in ("es", "en"):
        assert sum(spoken == language for spoken, _, _ in asked) >= 30
    assert {question for _, question, _ in readers.QUESTIONS} >= REFUSED


def test_a_mistyped_word_is_not_guessed_but_its_mending_is_offered(answering: Answering) -> None:
    answer = answering.answer("¿Cuántos cleintes compraron ayer?")
    assert "«cleintes»" in answer.text
    assert answer.suggestions[0] == "¿Cuántos clientes compraron ayer?"
    repeated = answering.answer("¿Cuántos cleintes hay?").suggestions
    assert len(set(repeated)) == len(repeated)


def test_a_question_is_answered_in_the_language_that_is_asked_for(answering: Answering) -> None:
    assert answering.answer("how many customers are there?", "es").text == "600 clientes."
    assert answering.answer("¿cuántos clientes hay?", "en").text == "600 customers."


def test_days_are_told_in_full_and_so_is_where_the_data_end(answering: Answering) -> None:
    answer = answering.answer("ventas de diciembre")
    assert "del 1 dic 2025 al 31 dic 2025" in answer.text
    assert "Hay datos del 30 dic 2024 al 28 dic 2025." in answer.notes


def test_a_product_that_is_no_candidate_gets_the_rate_measured_outside(
    books: Books, answering: Answering
) -> None:
    unsold = (set(books.products["product_id"]) - set(books.ranking["product_id"])).pop()
    answer = answering.answer(f"¿El cliente {books.shop} va a pedir el producto {unsold}?")
    assert answer.value == 0.0009
    assert "casi seguro no" in answer.text


def test_a_shop_without_orders_has_no_last_one(books: Books, answering: Answering) -> None:
    silent = (set(books.customers["customer_id"]) - set(books.lines["customer_id"])).pop()
    answer = answering.answer(f"¿Cuándo fue la última compra del cliente {silent}?")
    assert answer.refusal is None
    assert answer.text == f"No hay pedidos suficientes del cliente {silent} para decirlo."


def test_a_question_that_takes_too_long_is_refused_and_the_next_one_answered(
    books: Books,
) -> None:
    steps = count()
    hurried = Tables(*packed(books), clock=lambda: 2.0 * next(steps))
    answer = Answering(hurried, books.today, 0.0009).answer("ventas por mes")
    assert answer.refusal == Refusal.TOOK_TOO_LONG
    assert answer.suggestions
    assert hurried.query("SELECT count(*) FROM customers", {}).rows == [(600,)]
