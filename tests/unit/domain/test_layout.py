"""A forecast laid out for serving: what is shown of every shop."""

from typing import Any

import numpy as np
import pytest
from sodai.domain.cold_start.learning import learn_rates
from sodai.domain.cold_start.likeness import rank_alike
from sodai.domain.layout import catalogue_of, customers_of
from sodai.domain.ranking import rank
from sodai.serving.shards import serving_files

from tests.unit.domain import learned, shops

TABLES = shops.tables(shops=150, weeks=20)
TABLE = learned.labelled(0).table
RATES = learn_rates(TABLES.history(), TABLE.window)
FORECAST = {
    "week": str(TABLE.window.week),
    "from": str(TABLE.window.cutoff),
    "to": str(TABLE.window.end),
    "horizon_days": 7,
    "run": "r1",
    "model_version": "v1",
    "threshold": 0.4,
    "rate_outside": 0.001,
}


@pytest.fixture(scope="module")
def laid_out() -> dict[int, dict[str, Any]]:
    ranking = rank(TABLE, learned.model().predict(TABLE), threshold=0.4)
    before = TABLES.transactions["purchase_date"] < np.datetime64(TABLE.window.cutoff)
    seen = TABLES.transactions[before]
    told = customers_of(ranking, TABLES.customers, seen, TABLE.window, TABLES.history(), RATES)
    return {one["customer_id"]: one for one in told}


def test_every_known_shop_is_there_with_its_place(laid_out: dict[int, dict[str, Any]]) -> None:
    history = TABLES.history()
    places = dict(
        zip(history.customers.ids.tolist(), history.customers.cells.tolist(), strict=True)
    )
    assert {shop: one["place"] for shop, one in laid_out.items()} == places


def test_what_a_shop_bought_adds_up_to_its_weeks(laid_out: dict[int, dict[str, Any]]) -> None:
    for one in laid_out.values():
        items = sum(week[1] for week in one["history"])
        assert sum(row[2] for row in one["bought"]) == pytest.approx(items, abs=0.1)
        weeks = {week[0] for week in one["history"]}
        assert all(row[3] in weeks and 1 <= row[1] <= len(weeks) for row in one["bought"])


def test_it_can_be_written_for_serving(laid_out: dict[int, dict[str, Any]]) -> None:
    catalogue = catalogue_of(TABLES.products, TABLES.history(), FORECAST)
    assert len(dict(serving_files(laid_out.values(), catalogue, RATES))) == 258


def test_a_shop_without_history_has_the_products_of_shops_like_it(
    laid_out: dict[int, dict[str, Any]],
) -> None:
    cold = [one for one in laid_out.values() if one["cold"]]
    assert len(cold) >= shops.NEVER_BOUGHT
    for one in cold:
        alike = {a.product_id: a for a in rank_alike(RATES, one["customer_type"], None, None)}
        assert len(one["ranking"]) >= 5
        for product, chance, _, _, weeks, days in one["ranking"]:
            assert 0 < chance <= 0.95
            assert (weeks, days) == (0, None)
            assert one["reasons"][str(product)]
            assert product in alike
        assert one["contributions"] == {}
