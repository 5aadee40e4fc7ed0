"""Questions in plain words."""

from fastapi import APIRouter

from sodai_api.models.asking import Question, QuestionAnswer
from sodai_api.problems import responses
from sodai_api.reading import Reads

router = APIRouter(tags=["Questions"])


@router.post("/ask", summary="Ask the data", responses=responses(413, 415, 422, 503))
def ask(asked: Question, reads: Reads) -> QuestionAnswer:
    """Answer a question on customers, products, sales and the forecast, with its query.

    What is not understood for certain gets no answer but its reason and questions that have one.
    Queries only read, and all of them the tables of one published forecast.
    """
    forecast = reads.forecast()
    told = forecast.asking.answer(asked.question, asked.language)
    return QuestionAnswer.of(asked.question, told, forecast.week)
