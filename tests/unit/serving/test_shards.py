"""The files of a forecast: exact content, same bytes for the same forecast."""

import gzip
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sodai.domain.errors import ArtifactDamaged
from sodai.domain.sharding import serving_shard
from sodai.serving import Forecast, serving_files
from sodai.serving.shards import pack, unpack

from tests.unit.serving import small_forecast as small


def read(body: bytes) -> Any:
    return json.loads(gzip.decompress(body))


SHARDS = [f"{n:02x}.json.gz" for n in range(256)]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(serving_files(small.shops(), small.catalogue("2025-01-06", "r1"), small.RATES))


def test_there_are_256_shards_the_rates_and_one_catalogue(files: dict[str, bytes]) -> None:
    assert [*files] == [*SHARDS, "rates.json.gz", "catalogue.json.gz"]


def test_a_shop_lies_in_the_shard_of_its_hash_with_its_products_ranked(
    files: dict[str, bytes],
) -> None:
    shard = read(files[f"{serving_shard(small.CORNER)}.json.gz"])
    assert shard["customers"][str(small.CORNER)] == {
        "region_id": 80,
        "zone_id": 5148,
        "place": 17,
        "customer_type": "ABARROTES",
        "location_x": -107.9,
        "location_y": 46.6,
        "deliveries_per_week": 3,
        "cold": False,
        "order_probability": 0.9,
        "expected_units": 14.5,
        "ranking": [
            [small.COLA, 0.83, 1, 6.25, 7, 6],
            [small.WATER, 0.41, 0, 1.5, 3, 20],
            [small.NECTAR, 0.12, 0, 0.4, 0, None],
        ],
        "history": [["2024-12-16", 8.0, 1], ["2024-12-30", 12.0, 2]],
        "contributions": {str(small.COLA): [[0, None, -3.1], [2, 0.8, 5.4], [1, None, -0.714373]]},
        "reasons": {
            str(small.COLA): [["BOUGHT_WEEKS", 1, 7], ["USUAL_WEEKDAY", 1, 0], ["RISING_CELL", 1]]
        },
        "bought": [[small.COLA, 2, 12.0, "2024-12-30"], [small.WATER, 1, 8.0, "2024-12-16"]],
    }


def test_the_catalogue_holds_the_week_the_products_and_the_work_list(
    files: dict[str, bytes],
) -> None:
    assert read(files["catalogue.json.gz"]) == {
        **small.catalogue("2025-01-06", "r1"),
        "calls": [
            [small.CANTEEN, "CANAL FRÍO", 5148, 30.0, 1, small.NECTAR, 0.72, 3, 0.9],
            [small.CORNER, "ABARROTES", 5148, 14.5, 1, small.COLA, 0.83, 17, 0.9],
            [small.NEWCOMER, "ABARROTES", 5148, 1.5, 0, small.COLA, 0.3, 17, None],
        ],
        "customers": 3,
    }


def test_a_shop_without_candidates_is_on_the_work_list_without_a_product() -> None:
    lone = [small.shop(5, [])]
    *_, (_, body) = serving_files(lone, small.catalogue("2025-01-06", "r1"), small.RATES)
    assert read(body)["calls"] == [[5, "ABARROTES", 5148, 14.5, 0, None, None, 17, 0.9]]


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_shops_and_rankings_does_not_change_a_byte(chance: random.Random) -> None:
    shuffled = small.shops()
    chance.shuffle(shuffled)
    for shop in shuffled:
        chance.shuffle(shop["ranking"])
        chance.shuffle(shop["history"])
        chance.shuffle(shop["bought"])
    week = small.catalogue("2025-01-06", "r1")
    week["products"] = dict(chance.sample(sorted(small.PRODUCTS.items()), len(small.PRODUCTS)))
    made = dict(serving_files(shuffled, week, small.RATES))
    assert made == dict(
        serving_files(small.shops(), small.catalogue("2025-01-06", "r1"), small.RATES)
    )


rows = st.lists(
    st.tuples(
        st.sampled_from([small.COLA, small.WATER, small.NECTAR]),
        st.floats(0, 1),
        st.integers(0, 1),
        st.floats(0, 1e6),
        st.integers(0, 8),
        st.none() | st.integers(0, 400),
    ).map(list),
    max_size=3,
    unique_by=lambda row: row[0],
)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.integers(-(2**63), 2**63 - 1), rows, max_size=6))
def test_what_is_written_is_what_is_read(rankings: dict[int, list[list[Any]]]) -> None:
    customers = [small.shop(customer_id, ranking) for customer_id, ranking in rankings.items()]
    pointer = small.pointer()
    week = small.catalogue(pointer["week"], pointer["run"])
    written = {
        f"{pointer['prefix']}serving/{n}": b for n, b in serving_files(customers, week, small.RATES)
    }
    forecast = Forecast(pointer, written.__getitem__)
    assert forecast.catalogue.customers == len(rankings)
    for customer_id, ranking in rankings.items():
        told = [
            [
                r.product.product_id,
                r.probability,
                r.selected,
                r.expected_items,
                r.weeks_bought_of_8,
                r.days_since_last,
            ]
            for r in forecast.recommend(customer_id, 100)
        ]
        assert sorted(told) == sorted(ranking)
        assert [row[1] for row in told] == sorted((row[1] for row in ranking), reverse=True)


@pytest.mark.parametrize(
    ("customers", "words"),
    [
        ([small.shop(5, []), small.shop(5, [])], "customer 5 comes twice"),
        ([small.shop(5, [[999, 0.5, 1, 1.0, 1, 1]])], "unknown products: \\[999\\]"),
        ([small.shop(5, [], expected_units=float("nan"))], "not JSON compliant"),
    ],
    ids=["twice", "stranger", "nan"],
)
def test_a_forecast_that_contradicts_itself_is_not_written(
    customers: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        list(serving_files(customers, small.catalogue("2025-01-06", "r1"), small.RATES))


whole = pack({"customers": {}})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not gzip", id="text"),
        pytest.param(whole[:-6], id="cut"),
        pytest.param(whole[:12] + b"\xff" + whole[13:], id="flipped"),
        pytest.param(gzip.compress(b"[1]"), id="list"),
        pytest.param(gzip.compress(b'{"a":'), id="half JSON"),
        pytest.param(gzip.compress(b"\xff\xfe"), id="not UTF-8"),
    ],
)
def test_bytes_that_are_no_part_of_a_forecast_are_named_as_damaged(body: bytes) -> None:
    with pytest.raises(ArtifactDamaged) as caught:
        unpack("predictions/x.json.gz", body)
    assert "predictions/x.json.gz" in str(caught.value)
    assert "sodai run" in caught.value.user_message
