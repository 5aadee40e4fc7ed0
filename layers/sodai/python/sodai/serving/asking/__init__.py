"""Questions in plain words, answered from the tables of a published forecast, or not at all."""

from sodai.serving.asking.answering import Answer, Answering
from sodai.serving.asking.books import PAIRS, SALES, Books, book
from sodai.serving.asking.queries import Query
from sodai.serving.asking.reading import Refusal

__all__ = ["PAIRS", "SALES", "Answer", "Answering", "Books", "Query", "Refusal", "book"]
