"""Questions in plain words and their answers."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints

from sodai_api.models.fields import Answer, Request, Week, about

if TYPE_CHECKING:
    from sodai.serving.asking import Answer as Told

LONGEST_QUESTION = 300

Cell = str | int | float | None


class Question(Request):
    """A question about customers, products, sales or the forecast."""

    question: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION),
        about(
            "The question, in Spanish or English; accents and capitals do not matter",
            "¿Cuántas transacciones tiene el cliente 1042?",
            unit="1 to 300 characters",
        ),
    ]
    language: Annotated[
        Literal["es", "en"] | None,
        about("Language of the answer; without it, that of the question", "es"),
    ] = None


class Column(Answer):
    """A column of the table found."""

    name: Annotated[str, about("Its name in the query", "customer_id")]
    label: Annotated[str, about("Its name for people, in the language of the answer", "cliente")]


class Asked(Answer):
    """The query that was run."""

    sql: Annotated[
        str,
        about(
            "The SELECT, with its parameters by name",
            "SELECT coalesce(sum(purchases + returns), 0) AS transactions\nFROM sales\n"
            "WHERE customer_id = :customer_id",
        ),
    ]
    parameters: Annotated[
        dict[str, str | int], about("Values of the parameters", {"customer_id": 1042})
    ]


class QuestionAnswer(Answer):
    """An answer with the query it came from; or no answer, and why."""

    question: Annotated[str, about("The question as it was put", "¿Cuántos clientes hay?")]
    understood: Annotated[bool, about("Whether there is an answer; nothing is ever guessed", True)]
    answer: Annotated[
        str, about("The answer in a sentence, or why there is none", "1.569 clientes.")
    ]
    language: Annotated[str, about("Language of the answer: es or en", "es")]
    reason: Annotated[
        str | None,
        about(
            "Why there is no answer: UNKNOWN_WORDS, AMBIGUOUS_NAME, NOT_ONE_MEANING, "
            "UNKNOWN_CUSTOMER, UNKNOWN_PRODUCT, OUTSIDE_THE_DATA, ONLY_THE_COMING_WEEK or "
            "TOOK_TOO_LONG; null where there is one",
            "UNKNOWN_WORDS",
        ),
    ]
    value: Annotated[
        float | None,
        about("The number asked for; null where a table or nothing is", 1569, unit="see `unit`"),
    ]
    unit: Annotated[str | None, about("What the number counts", "clientes")]
    columns: Annotated[list[Column], about("Columns of the table found")]
    rows: Annotated[
        list[list[Cell]], about("Rows of the table found, 200 at most", [[1569]], unit="by column")
    ]
    total: Annotated[int, about("How many rows there are, listed or not", 1, unit="rows")]
    query: Annotated[Asked | None, about("The query that was run; null: none")]
    notes: Annotated[
        list[str],
        about("What else to know of the answer", ["Hay datos del 1 ene 2024 al 31 dic 2024."]),
    ]
    suggestions: Annotated[
        list[str], about("Questions that have an answer", ["¿Cuántos clientes hay?"])
    ]
    week: Week

    @classmethod
    def of(cls, question: str, told: "Told", week: str) -> "QuestionAnswer":
        """Return what is told to a question."""
        query = told.query
        return cls(
            question=question,
            understood=told.refusal is None,
            answer=told.text,
            language=told.language,
            reason=told.refusal,
            value=told.value,
            unit=told.unit or None,
            columns=[
                Column(name=name, label=label)
                for name, label in zip(told.columns, told.labels, strict=True)
            ],
            rows=[list(row) for row in told.rows],
            total=told.total,
            query=Asked(sql=query.sql, parameters=query.parameters) if query else None,
            notes=told.notes,
            suggestions=told.suggestions,
            week=week,
        )
