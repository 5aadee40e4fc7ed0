"""How long the API itself takes, S3 aside: warm, as Lambda calls it."""

import gc
import random
import time
from collections.abc import Callable, Iterator
from statistics import quantiles
from typing import Any

import pytest
from mangum import Mangum
from sodai_api.application import TEXT, create_app
from sodai_api.reading import Reading

from tests.functional.api.conftest import SETTINGS, Api
from tests.performance.api import PRODUCTS, SHOPS, Memory

CALLS = 100
RECOMMENDATIONS_BUDGET_MS = 5
BATCH_BUDGET_MS = 100


@pytest.fixture(scope="module")
def api(lambda_loop: None) -> Iterator[Api]:
    """A distributor of 1,500 shops, every shard read once."""
    # The clock stands still and the bucket is memory: S3's time is not ours.
    reading = Reading(SETTINGS, lambda: 0.0, lambda _: Memory())
    reading.forecast().scores([(shop, 0) for shop in range(SHOPS)])
    app = create_app(SETTINGS, reading)
    gc.freeze()  # as app.py does
    yield Api(Mangum(app, lifespan="off", text_mime_types=TEXT))
    gc.unfreeze()


def p95_milliseconds(call: Callable[[], Any], times: int) -> float:
    """Processor time, so that a busy machine does not judge us."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        call()
        spent.append((time.process_time() - began) * 1000)
    return quantiles(spent, n=20)[-1]


def test_recommendations_take_five_milliseconds(api: Api) -> None:
    def call() -> None:
        assert api.post("/recommendations", {"customer_id": 700, "top_k": 10}).status == 200

    spent = p95_milliseconds(call, CALLS)
    print(f"/recommendations: p95 {spent:.2f} ms")
    assert spent < RECOMMENDATIONS_BUDGET_MS


def test_a_batch_of_a_thousand_pairs_takes_a_tenth_of_a_second(api: Api) -> None:
    chance = random.Random(8)
    pairs = [
        {"customer_id": chance.randrange(SHOPS), "product_id": chance.randrange(PRODUCTS)}
        for _ in range(1000)
    ]

    def call() -> None:
        body = api.post("/predict/batch", {"customer_product_pairs": pairs}).body
        assert body["total_predictions"] == 1000

    spent = p95_milliseconds(call, 20)
    print(f"/predict/batch of 1,000: p95 {spent:.1f} ms")
    assert spent < BATCH_BUDGET_MS
