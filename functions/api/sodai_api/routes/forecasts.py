"""Predictions and recommendations."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from sodai_api.csv_pairs import read_pairs
from sodai_api.models.fields import timestamp
from sodai_api.models.forecasts import (
    Batch,
    BatchPrediction,
    NewShopRecommendations,
    NewShopRequest,
    Pair,
    Pairs,
    Prediction,
    PredictionRequest,
    RecommendationRequest,
    Recommendations,
    RecommendedProduct,
)
from sodai_api.problems import responses
from sodai_api.reading import Reads
from sodai_api.routes import searching

router = APIRouter(tags=["Forecast"])

PROBLEMS = responses(404, 413, 415, 422, 503)
CSV_SENT = "customer_id,product_id\n1042,4017\n"
CSV_ANSWERED = (
    "line,customer_id,product_id,prediction_score,recommendation_confidence,reason,week,error,"
    "message\r\n2,1042,4017,0.8312,high,,2025-01-06,,\r\n"
)


@router.post(
    "/predict", summary="One shop, one product", responses=responses(404, 413, 415, 422, 503)
)
def predict(pair: PredictionRequest, reads: Reads) -> Prediction:
    """How probably this shop will order this product within the forecast's days.

    A known shop and a known product that are no candidates for each other get the rate measured
    outside the candidates, with the reason `NOT_IN_ACTIVE_RANGE`.
    """
    forecast = reads.forecast(pair.week)
    found = forecast.explain(pair.customer_id, pair.product_id)
    return Prediction.of(found, forecast.week, timestamp())


@router.post(
    "/predict/batch", summary="Many pairs at once", responses=responses(404, 413, 415, 422, 503)
)
def predict_batch(pairs: Pairs, reads: Reads) -> Batch:
    """Score up to 1,000 pairs, in their order; a pair with an unknown id says so in its line."""
    began, moment = time.perf_counter(), timestamp()
    asked, forecast = pairs.customer_product_pairs, reads.forecast(pairs.week)
    found = forecast.scores([(pair.customer_id, pair.product_id) for pair in asked])
    lines = [
        BatchPrediction.of(pair, one, forecast.week, moment)
        for pair, one in zip(asked, found, strict=True)
    ]
    milliseconds = round((time.perf_counter() - began) * 1000, 3)
    return Batch(predictions=lines, total_predictions=len(lines), processing_time_ms=milliseconds)


async def csv_body(request: Request) -> bytes:
    """Return the bytes of a CSV that was sent."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise HTTPException(415, "Send CSV, with content-type text/csv.")
    return await request.body()


@router.post(
    "/predict/csv",
    summary="A CSV of pairs",
    response_class=Response,
    responses={
        200: {
            "description": "CSV: one line for each line sent, in the same order",
            "content": {"text/csv": {"schema": {"type": "string"}, "example": CSV_ANSWERED}},
        },
        **PROBLEMS,
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string"}, "example": CSV_SENT}},
        }
    },
)
def predict_csv(
    body: Annotated[bytes, Depends(csv_body)], reads: Reads, week: searching.Week = None
) -> Response:
    """Score up to 20,000 lines; a line that cannot be scored says why, and none is lost.

    UTF-8, UTF-16 or Windows-1252; commas, semicolons or tabs; a header with `customer_id` and
    `product_id`, or these two first. Further columns come back behind the scores. A text that a
    spreadsheet would take for a formula gets an apostrophe before it.
    """
    forecast, sent, moment = reads.forecast(week), read_pairs(body), timestamp()
    lines = [
        BatchPrediction.of(
            Pair(customer_id=pair[0], product_id=pair[1]), one, forecast.week, moment
        )
        for pair, one in zip(sent.pairs, forecast.scores(sent.pairs), strict=True)
    ]
    name = f"sodai-{forecast.week}-scores.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(sent.answered(lines), media_type="text/csv", headers=headers)


@router.post("/recommendations", summary="What to offer a shop", responses=PROBLEMS)
def recommendations(asked: RecommendationRequest, reads: Reads) -> Recommendations:
    """The products that a shop will most probably order, most probable first.

    A shop without history gets the ranking of shops like it (`cold_start`).
    """
    forecast = reads.forecast(asked.week)
    customer = forecast.customer(asked.customer_id)
    ranking = forecast.recommend(asked.customer_id, asked.top_k)
    return Recommendations(
        customer_id=asked.customer_id,
        recommendations=[RecommendedProduct.of(item) for item in ranking],
        total_recommendations=len(ranking),
        week=forecast.week,
        cold_start=customer.is_cold,
        case="without_history" if customer.is_cold else "known",
        timestamp=timestamp(),
    )


@router.post("/recommendations/new", summary="What to offer a shop in no table", responses=PROBLEMS)
def recommendations_new(shop: NewShopRequest, reads: Reads) -> NewShopRecommendations:
    """The products that shops like a described one order most: nearby, of its type.

    The score is the chance of a shop that orders as often as those like it.
    """
    forecast = reads.forecast(shop.week)
    found = forecast.describe(shop.customer_type, shop.place, shop.deliveries_per_week, shop.top_k)
    return NewShopRecommendations.of(found, forecast.week, timestamp())
