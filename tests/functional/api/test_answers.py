"""Every address, answered from a small published forecast."""

from datetime import datetime
from math import exp
from typing import Any

import pytest

from tests.functional.api.conftest import Api, Bucket
from tests.unit.serving import small_forecast as small

pytestmark = pytest.mark.usefixtures("published")


EXPLAINED = ("why", "reasons", "contributions")


def timeless(body: dict[str, Any]) -> dict[str, Any]:
    moment = datetime.fromisoformat(body["timestamp"])
    assert moment.utcoffset() is not None
    return without(body, "timestamp")


def without(body: dict[str, Any], *fields: str) -> dict[str, Any]:
    assert {*fields} <= {*body}
    return {key: value for key, value in body.items() if key not in fields}


def test_health_names_the_forecast_that_is_served(api: Api) -> None:
    reply = api.get("/health")
    assert reply.status == 200
    assert timeless(reply.body) == {
        "status": "ok",
        "model_loaded": True,
        "data_available": True,
        "model_version": "r1-lightgbm",
        "target_week": "2025-01-06",
        "published_at": "2025-01-06T05:10:00+00:00",
        "message": None,
    }
    assert reply.headers["cache-control"] == "no-store"


def test_predict_gives_the_published_probability_in_number_and_word(api: Api) -> None:
    reply = api.post("/predict", {"customer_id": small.CORNER, "product_id": small.COLA})
    assert reply.status == 200
    assert without(timeless(reply.body), *EXPLAINED) == {
        "customer_id": small.CORNER,
        "product_id": small.COLA,
        "prediction_score": 0.83,
        "recommendation_confidence": "high",
        "reason": None,
        "week": "2025-01-06",
    }


def test_predict_outside_the_active_range_gives_the_rate_there_and_says_so(api: Api) -> None:
    body = api.post("/predict", {"customer_id": small.CANTEEN, "product_id": small.TONIC}).body
    assert (body["prediction_score"], body["reason"]) == (
        small.RATE_OUTSIDE,
        "NOT_IN_ACTIVE_RANGE",
    )
    assert body["recommendation_confidence"] == "low"


def test_a_batch_answers_every_pair_in_order_and_marks_unknown_ids(api: Api) -> None:
    pairs = [(small.CANTEEN, small.NECTAR), (77, small.COLA), (small.CORNER, 78)]
    asked = [{"customer_id": one, "product_id": two} for one, two in pairs]
    body = api.post("/predict/batch", {"customer_product_pairs": asked}).body
    lines = body["predictions"]
    assert [(line["customer_id"], line["product_id"]) for line in lines] == pairs
    assert [line["error"] for line in lines] == [None, "UNKNOWN_CUSTOMER", "UNKNOWN_PRODUCT"]
    assert [line["prediction_score"] for line in lines] == [0.72, None, None]
    assert [line["recommendation_confidence"] for line in lines] == ["high", None, None]
    assert "77" in lines[1]["message"]
    assert "78" in lines[2]["message"]
    assert {line["week"] for line in lines} == {"2025-01-06"}
    assert body["total_predictions"] == 3
    assert body["processing_time_ms"] >= 0


def test_recommendations_are_ranked_and_described(api: Api) -> None:
    reply = api.post("/recommendations", {"customer_id": small.CORNER, "top_k": 2})
    body = timeless(reply.body)
    assert [without(item, *EXPLAINED) for item in body.pop("recommendations")] == [
        {
            "product_id": small.COLA,
            "prediction_score": 0.83,
            "recommendation_confidence": "high",
            "product_brand": "Cumbre",
            "product_category": "BEBIDAS",
            "product_segment": "PREMIUM",
            "product_package": "LATA",
            "product_size": 0.35,
            "expected_items": 6.25,
            "weeks_bought_of_8": 7,
            "days_since_last": 6,
            "selected": True,
        },
        {
            "product_id": small.WATER,
            "prediction_score": 0.41,
            "recommendation_confidence": "medium",
            "product_brand": "Lago",
            "product_category": "BEBIDAS",
            "product_segment": "PREMIUM",
            "product_package": "BOTELLA",
            "product_size": 1.5,
            "expected_items": 1.5,
            "weeks_bought_of_8": 3,
            "days_since_last": 20,
            "selected": False,
        },
    ]
    assert body == {
        "customer_id": small.CORNER,
        "total_recommendations": 2,
        "week": "2025-01-06",
        "cold_start": False,
        "case": "known",
    }


NEW_SHOP = {"customer_type": "CANAL FRÍO", "location_x": -100.0, "location_y": 40.0}


def test_a_shop_that_is_only_described_gets_what_shops_like_it_order(api: Api) -> None:
    body = timeless(api.post("/recommendations/new", {**NEW_SHOP, "top_k": 2}).body)
    first, second = body["recommendations"]
    assert (first["product_id"], first["prediction_score"]) == (small.NECTAR, 0.4)
    assert (second["product_id"], second["prediction_score"]) == (small.WATER, 0.3)
    assert first["why"]["es"] == (
        "Cada semana lo pide el 10 % de las tiendas cercanas; "
        "las tiendas de su tipo lo piden más que las demás."
    )
    assert (body["case"], body["week"], body["total_recommendations"]) == (
        "described",
        "2025-01-06",
        2,
    )
    assert body["used"] == {"customer_type": True, "location": True, "deliveries_per_week": False}


def test_what_is_unknown_of_a_described_shop_moves_nothing_and_is_told(api: Api) -> None:
    asked = {"customer_type": "<script>", "location_x": 3.0, "deliveries_per_week": 6}
    body = api.post("/recommendations/new", asked).body
    assert not any(body["used"].values())
    assert [item["prediction_score"] for item in body["recommendations"]] == [0.3, 0.2, 0.1]
    assert "las tiendas." in body["recommendations"][0]["why"]["es"]


def test_a_recommendation_says_why_in_both_languages_and_its_parts_add_up(api: Api) -> None:
    first, second = api.post("/recommendations", {"customer_id": small.CORNER, "top_k": 2}).body[
        "recommendations"
    ]
    assert first["why"] == {
        "es": "Lo pidió en 7 de las últimas 8 semanas; suele pedir los lunes; "
        "está subiendo en su zona.",
        "en": "It was ordered in 7 of the last 8 weeks; the shop usually orders on Mondays; "
        "it is rising nearby.",
    }
    assert first["reasons"][2] == {
        "code": "RISING_CELL",
        "effect": "raises",
        "es": "está subiendo en su zona",
        "en": "it is rising nearby",
    }
    total = sum(part["contribution"] for part in first["contributions"])
    assert 1 / (1 + exp(-total)) == pytest.approx(first["prediction_score"], abs=1e-6)
    assert first["contributions"][1]["label"]["es"] == "con qué frecuencia lo pidió"
    assert second["contributions"] is None
    assert second["why"]["es"] == "Lo pidió en 3 de las últimas 8 semanas."


@pytest.mark.parametrize(
    ("shop", "product", "word"),
    [
        (small.CORNER, small.NECTAR, "No lo ha pedido en el último año."),
        (small.NEWCOMER, small.COLA, "aún no tiene pedidos"),
        (small.CANTEEN, small.TONIC, "No está entre los productos"),
    ],
    ids=["never bought", "no history", "outside"],
)
def test_a_pair_without_contributions_has_a_reason_too(
    api: Api, shop: int, product: int, word: str
) -> None:
    body = api.post("/predict", {"customer_id": shop, "product_id": product}).body
    assert word in body["why"]["es"]
    assert body["reasons"][0]["effect"] == "lowers"
    assert body["contributions"] is None


def test_recommendations_are_ten_unless_said_otherwise(api: Api) -> None:
    body = api.post("/recommendations", {"customer_id": small.CORNER}).body
    assert body["total_recommendations"] == len(body["recommendations"]) == 3


def test_a_shop_without_history_is_marked_as_cold_start(api: Api) -> None:
    body = api.post("/recommendations", {"customer_id": small.NEWCOMER}).body
    assert (body["cold_start"], body["case"]) == (True, "without_history")
    assert body["recommendations"][0]["days_since_last"] is None


def test_a_shop_tells_its_attributes_and_history(api: Api) -> None:
    assert api.get(f"/customers/{small.CORNER}/info").body == {
        "customer_id": small.CORNER,
        "region_id": 80,
        "zone_id": 5148,
        "place": 17,
        "customer_type": "ABARROTES",
        "location_x": -107.9,
        "location_y": 46.6,
        "deliveries_per_week": 3,
        "cold_start": False,
        "order_probability": 0.9,
        "expected_units": 14.5,
        "history": [["2024-12-16", 8.0, 1], ["2024-12-30", 12.0, 2]],
    }


def test_a_shop_without_position_is_no_error(api: Api) -> None:
    body = api.get(f"/customers/{small.CANTEEN}/info").body
    assert body["location_x"] is None
    assert body["location_y"] is None


def test_a_product_tells_its_attributes(api: Api) -> None:
    assert api.get(f"/products/{small.NECTAR}/info").body == {
        "product_id": small.NECTAR,
        "brand": "Huerto",
        "category": "BEBIDAS",
        "sub_category": "NÉCTAR",
        "segment": "PREMIUM",
        "package": "CAJA",
        "size": 1.0,
        "sold": True,
    }


def test_the_work_list_holds_every_shop_with_its_top_product(api: Api) -> None:
    body = api.get("/calls").body
    assert (body["week"], body["from"], body["to"], body["total"]) == (
        "2025-01-06",
        "2025-01-06",
        "2025-01-12",
        3,
    )
    assert [item["customer_id"] for item in body["items"]] == [
        small.CANTEEN,
        small.CORNER,
        small.NEWCOMER,
    ]
    assert body["items"][0] == {
        "customer_id": small.CANTEEN,
        "customer_type": "CANAL FRÍO",
        "zone_id": 5148,
        "place": 3,
        "expected_units": 30.0,
        "order_probability": 0.9,
        "predicted_products": 1,
        "top_product_id": small.NECTAR,
        "top_product_name": "Huerto CAJA 1 L",
        "top_probability": 0.72,
    }


def test_the_work_list_can_be_narrowed_and_cut(api: Api) -> None:
    body = api.get("/calls", customer_type="abarrotes", limit="1").body
    assert ([item["customer_id"] for item in body["items"]], body["total"]) == ([small.CORNER], 2)


def test_shops_and_products_are_searched(api: Api) -> None:
    canteen = {
        "customer_id": small.CANTEEN,
        "customer_type": "CANAL FRÍO",
        "zone_id": 5148,
        "place": 3,
    }
    for asked in ({"q": "frio"}, {"customer_type": "canal frio"}, {"place": "3"}):
        body = api.get("/customers", **asked).body
        assert body == {"items": [canteen], "total": 1, "next_cursor": None}
    products = api.get("/products", q="cumbre", limit="1").body
    assert [item["product_id"] for item in products["items"]] == [small.COLA]
    assert products["total"] == 2
    assert api.get("/products", brand="CUMBRE", q="lata").body["total"] == 1
    assert api.get("/products", category="cerveza").body["total"] == 0


def test_pages_follow_each_other_and_lose_nothing(api: Api) -> None:
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        body = api.get("/products", limit="3", cursor=cursor).body
        seen += [item["product_id"] for item in body["items"]]
        cursor, pages = body["next_cursor"], pages + 1
    assert (seen, pages) == ([small.COLA, small.WATER, small.NECTAR, small.TONIC], 2)


def test_the_past_of_a_shop_is_told_by_week_and_by_product(api: Api) -> None:
    body = api.get(f"/customers/{small.CORNER}/history").body
    weeks = body["weeks"]
    assert (len(weeks), weeks[0]["week"], weeks[-1]["week"]) == (26, "2024-07-08", "2024-12-30")
    assert weeks[-1] == {"week": "2024-12-30", "items": 12.0, "products": 2}
    assert weeks[-2] == {"week": "2024-12-23", "items": 0.0, "products": 0}
    assert body["products"][0] == {
        "product_id": small.COLA,
        "product_name": "Cumbre LATA 0.35 L",
        "weeks_bought": 2,
        "items": 12.0,
        "last_week": "2024-12-30",
    }


def test_the_predicted_pairs_are_csv_without_a_header(api: Api) -> None:
    reply = api.get("/predictions/positives")
    assert reply.text == f"{small.CORNER},{small.COLA}\n{small.CANTEEN},{small.NECTAR}\n"
    assert reply.headers["content-type"].startswith("text/csv")
    assert "sodai-2025-01-06-positives.csv" in reply.headers["content-disposition"]
    assert reply.headers["etag"].startswith('"r1.')


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_the_api_answers_with_and_without_the_front_doors_prefix(api: Api, path: str) -> None:
    assert api.get(path).status == 200


def test_head_answers_like_get_without_a_body(api: Api) -> None:
    head, get = api("HEAD", "/calls"), api.get("/calls")
    assert (head.status, head.text) == (200, "")
    assert head.headers["etag"] == get.headers["etag"]


def test_the_deployed_handler_answers(
    published: Bucket, monkeypatch: pytest.MonkeyPatch, lambda_loop: None
) -> None:
    from importlib import import_module

    monkeypatch.setenv("ARTIFACTS_BUCKET", "artifacts")
    module = import_module("functions.api.app")
    assert Api(module.handler).get("/health").body["status"] == "ok"
