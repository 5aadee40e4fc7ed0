"""Tables to ask of, made once."""

import pytest
from sodai.serving.asking import Answering

from tests.unit.serving.asking.questions_of_readers import Books
from tests.unit.serving.asking.shopbooks import answering_of, books_of


@pytest.fixture(scope="session")
def books() -> Books:
    return books_of()


@pytest.fixture(scope="session")
def answering(books: Books) -> Answering:
    return answering_of(books)
