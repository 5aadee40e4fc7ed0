"""Predictions and recommendations."""

import time

from fastapi import APIRouter

from sodai_api.models.fields import timestamp
from sodai_api.models.forecasts import (
    Batch,
    BatchPrediction,
    Pair,
    Pairs,
    Prediction,
    RecommendationRequest,
    Recommendations,
    RecommendedProduct,
)
from sodai_api.problems import responses
from sodai_api.reading import Reads

router = APIRouter(tags=["Forecast"])


@router.post("/predict", summary="One shop, one product", responses=responses(404, 422, 503))
def predict(pair: Pair, reads: Reads) -> Prediction:
    """How probably this shop will order this product within the forecast's days.

    A known shop and a known product that are no candidates for each other get the rate measured
    outside the candidates, with the reason `NOT_IN_ACTIVE_RANGE`.
    """
    forecast = reads.forecast()
    score = forecast.score(pair.customer_id, pair.product_id)
    return Prediction.of(score, forecast.week, timestamp())


@router.post("/predict/batch", summary="Many pairs at once", responses=responses(422, 503))
def predict_batch(pairs: Pairs, reads: Reads) -> Batch:
    """Score up to 1,000 pairs, in their order; a pair with an unknown id says so in its line."""
    began, moment = time.perf_counter(), timestamp()
    asked, forecast = pairs.customer_product_pairs, reads.forecast()
    found = forecast.scores([(pair.customer_id, pair.product_id) for pair in asked])
    lines = [
        BatchPrediction.of(pair, one, forecast.week, moment)
        for pair, one in zip(asked, found, strict=True)
    ]
    milliseconds = round((time.perf_counter() - began) * 1000, 3)
    return Batch(predictions=lines, total_predictions=len(lines), processing_time_ms=milliseconds)


@router.post("/recommendations", summary="What to offer a shop", responses=responses(404, 422, 503))
def recommendations(asked: RecommendationRequest, reads: Reads) -> Recommendations:
    """The products that a shop will most probably order, most probable first.

    A shop without history gets the ranking of shops like it (`cold_start`).
    """
    forecast = reads.forecast()
    customer = forecast.customer(asked.customer_id)
    ranking = forecast.recommend(asked.customer_id, asked.top_k)
    return Recommendations(
        customer_id=asked.customer_id,
        recommendations=[RecommendedProduct.of(item) for item in ranking],
        total_recommendations=len(ranking),
        week=forecast.week,
        cold_start=customer.is_cold,
        timestamp=timestamp(),
    )
