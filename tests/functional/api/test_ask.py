"""Questions to the API: an answer with its query, or why there is none; never half of two weeks."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sodai.serving.asking import PAIRS, SALES, book

from tests.functional.api.conftest import BUCKET, Api, Bucket, Clock
from tests.functional.api.test_problems import assert_problem
from tests.unit.serving import small_forecast as small

WEEK = "2025-01-06"
CATALOGUE = ("brand", "category", "sub_category", "segment", "package", "size")


def sales(orders: int) -> dict[str, list[tuple[Any, ...]]]:
    """As many orders of cola at the corner shop."""
    return {
        "customers": [(shop["customer_id"], shop["customer_type"]) for shop in small.shops()],
        "products": [
            (int(key), *(product[name] for name in CATALOGUE))
            for key, product in small.PRODUCTS.items()
        ],
        "sales": [("2025-01-02", small.CORNER, small.COLA, n, 1, 2.5, 0) for n in range(orders)],
        "span": [("2024-01-01", "2025-01-05")],
    }


def publish(bucket: Bucket, week: str = WEEK, run: str = "r1", orders: int = 3) -> None:
    """Publish a forecast with what it is asked of."""
    bucket.write(week, run)
    pointer = {**small.pointer(week, run), "aggregates": f"aggregates/{run}/"}
    pairs = [
        (shop["customer_id"], product, chance, items, selected)
        for shop in small.shops()
        for product, chance, selected, items, *_ in shop["ranking"]
    ]
    bucket.put(f"aggregates/{run}/{SALES}", book(SALES, sales(orders)))
    bucket.put(f"{pointer['prefix']}serving/{PAIRS}", book(PAIRS, {"pairs": pairs}))
    bucket.put_json("predictions/latest.json", pointer)


@pytest.fixture
def asked(bucket: Bucket) -> Iterator[Bucket]:
    publish(bucket)
    yield bucket
    assert not [key for key in keys(bucket) if not key.startswith(("aggregates/", "predictions/"))]


def keys(bucket: Bucket) -> list[str]:
    listed = bucket.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [item["Key"] for item in listed]


def ask(api: Api, question: str, **more: Any) -> Any:
    reply = api.post("/ask", {"question": question, **more})
    assert reply.status == 200, reply.text
    return reply.body


@pytest.mark.usefixtures("asked")
def test_a_question_is_answered_with_its_number_and_its_query(api: Api) -> None:
    assert ask(api, f"  ¿Cuántos pedidos hizo el cliente {small.CORNER}?  ") == {
        "question": f"¿Cuántos pedidos hizo el cliente {small.CORNER}?",
        "understood": True,
        "answer": f"3 pedidos del cliente {small.CORNER}.",
        "language": "es",
        "reason": None,
        "value": 3.0,
        "unit": "pedidos",
        "columns": [{"name": "orders", "label": "pedidos"}],
        "rows": [[3]],
        "total": 1,
        "query": {
            "sql": "SELECT coalesce(count(DISTINCT order_no), 0) AS orders\nFROM sales\n"
            "WHERE purchases > 0 AND customer_id = :customer_id",
            "parameters": {"customer_id": small.CORNER},
        },
        "notes": [],
        "suggestions": [],
        "week": WEEK,
    }


@pytest.mark.usefixtures("asked")
def test_the_forecast_is_asked_like_the_past(api: Api) -> None:
    body = ask(api, f"what will customer {small.CORNER} order?")
    assert body["value"] is None
    assert [row[0] for row in body["rows"]] == [small.COLA]
    assert [column["name"] for column in body["columns"]][-2:] == ["probability", "units"]
    assert ask(api, "how many pairs are predicted?")["value"] == 2
    outside = ask(api, f"will customer {small.CANTEEN} order product {small.TONIC}?")
    assert outside["value"] == small.RATE_OUTSIDE


@pytest.mark.usefixtures("asked")
def test_what_is_not_understood_says_so_and_what_can_be_asked(api: Api) -> None:
    body = ask(api, "¿Cuánto dinero ganamos?")
    assert (body["understood"], body["reason"]) == (False, "UNKNOWN_WORDS")
    assert body["answer"].startswith("No sé.")
    assert (body["value"], body["rows"], body["query"]) == (None, [], None)
    assert body["suggestions"]


@pytest.mark.usefixtures("asked")
def test_the_language_can_be_chosen(api: Api) -> None:
    assert ask(api, "¿Cuántos clientes hay?", language="en")["answer"] == "3 customers."


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": "   "}, "question"),
        ({"question": "a" * 301}, "300"),
        ({"question": None}, "question"),
        ({"question": ["how many customers"]}, "question"),
        ({"question": "hola", "language": "fr"}, "language"),
        ({"question": "hola", "sql": "SELECT 1"}, "sql"),
    ],
)
def test_what_is_no_question_is_refused(api: Api, body: Any, word: str) -> None:
    assert_problem(api.post("/ask", body), 422, "invalid-request", word)


@pytest.mark.usefixtures("bucket")
def test_before_the_first_publication_it_says_so(api: Api) -> None:
    assert_problem(api.post("/ask", {"question": "hola"}), 503, "nothing-published", "No forecast")


def test_a_forecast_made_before_questions_were_possible_says_what_to_do(
    api: Api, published: Bucket
) -> None:
    reply = api.post("/ask", {"question": "hola"})
    assert_problem(reply, 503, "artifact-damaged", "before questions", "--force-retrain")


@pytest.mark.parametrize("key", [f"aggregates/r1/{SALES}", f"week={WEEK}/r1/serving/{PAIRS}"])
def test_a_damaged_or_missing_file_is_no_answer(api: Api, asked: Bucket, key: str) -> None:
    whole = key if key in keys(asked) else f"predictions/{key}"
    asked.put(whole, b"nothing")
    assert_problem(api.post("/ask", {"question": "hola"}), 503, "artifact-damaged")
    asked.s3.delete_object(Bucket=BUCKET, Key=whole)
    assert_problem(api.post("/ask", {"question": "hola"}), 503, "artifact-damaged")


def test_a_new_week_is_answered_from_as_a_whole(api: Api, asked: Bucket, clock: Clock) -> None:
    question = f"how many orders did shop {small.CORNER} place?"
    assert ask(api, question)["value"] == 3
    publish(asked, "2025-01-13", "r2", orders=5)
    clock.now += 5
    body = ask(api, question)
    assert (body["value"], body["week"]) == (5, "2025-01-13")
    assert "13 ene 2025" in ask(api, "¿cuántos clientes van a pedir?")["answer"]


@given(question=st.text(max_size=320))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_text_gets_an_answer_or_says_why_not(api: Api, asked: Bucket, question: str) -> None:
    reply = api.post("/ask", {"question": question})
    assert reply.status in {200, 422}
    if reply.status == 200:
        assert reply.body["understood"] == (reply.body["query"] is not None)
        assert reply.body["answer"]
    assert ask(api, "how many orders in total?")["value"] == 3
