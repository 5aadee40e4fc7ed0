"""What one published forecast answers."""

from collections.abc import Callable

import pytest
from sodai.domain.errors import ArtifactDamaged
from sodai.domain.sharding import serving_shard
from sodai.serving import Forecast, Reason, Score, UnknownCustomer, UnknownProduct
from sodai.serving.shards import pack

from tests.unit.serving import small_forecast as small


class Bucket(dict[str, bytes]):
    """Objects by key; counts what is read."""

    def __init__(self) -> None:
        super().__init__(small.objects())
        self.reads: list[str] = []

    def fetch(self, key: str) -> bytes:
        self.reads.append(key.rsplit("/", maxsplit=1)[-1])
        return self[key]

    def put(self, name: str, body: bytes) -> None:
        self[f"{small.pointer()['prefix']}serving/{name}"] = body


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def forecast(bucket: Bucket) -> Forecast:
    return Forecast(small.pointer(), bucket.fetch)


def shard_name(customer_id: int) -> str:
    return f"{serving_shard(customer_id)}.json.gz"


def test_recommendations_come_most_probable_first_and_no_more_than_asked(
    forecast: Forecast,
) -> None:
    items = forecast.recommend(small.CORNER, 2)
    assert [(item.product.product_id, item.probability) for item in items] == [
        (small.COLA, 0.83),
        (small.WATER, 0.41),
    ]
    assert (items[0].selected, items[0].expected_items) == (True, 6.25)
    assert (items[0].weeks_bought_of_8, items[0].days_since_last) == (7, 6)


def test_a_candidate_has_its_own_probability_and_no_reason(forecast: Forecast) -> None:
    assert forecast.score(small.CORNER, small.WATER) == Score(small.CORNER, small.WATER, 0.41)


@pytest.mark.parametrize("product_id", [small.COLA, small.TONIC], ids=["sold", "never sold"])
def test_a_known_pair_outside_the_candidates_has_the_measured_rate_and_says_so(
    forecast: Forecast, product_id: int
) -> None:
    score = forecast.score(small.CANTEEN, product_id)
    assert (score.probability, score.reason) == (small.RATE_OUTSIDE, Reason.NOT_IN_ACTIVE_RANGE)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda f: f.score(77, small.COLA), UnknownCustomer),
        (lambda f: f.score(small.CORNER, 77), UnknownProduct),
        (lambda f: f.recommend(77, 5), UnknownCustomer),
        (lambda f: f.customer(77), UnknownCustomer),
        (lambda f: f.product(77), UnknownProduct),
    ],
)
def test_an_unknown_id_is_named(
    forecast: Forecast, ask: Callable[[Forecast], object], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        ask(forecast)
    assert "77" in caught.value.user_message  # type: ignore[attr-defined]


def test_a_shop_tells_its_attributes_and_its_weeks_oldest_first(forecast: Forecast) -> None:
    customer = forecast.customer(small.CORNER)
    assert (customer.customer_type, customer.zone_id, customer.is_cold) == (
        "ABARROTES",
        5148,
        False,
    )
    assert [week.monday for week in customer.history] == ["2024-12-16", "2024-12-30"]


def test_a_shop_without_position_or_history_is_told_as_such(forecast: Forecast) -> None:
    assert forecast.customer(small.CANTEEN).location_x is None
    newcomer = forecast.customer(small.NEWCOMER)
    assert (newcomer.is_cold, newcomer.order_probability, newcomer.history) == (True, None, ())


def test_a_batch_answers_in_order_and_says_of_each_pair_what_is_unknown(
    forecast: Forecast,
) -> None:
    pairs = [(small.CANTEEN, small.NECTAR), (77, small.COLA), (small.CORNER, 78)]
    found = forecast.scores([*pairs, pairs[0]])
    assert found[0] == found[3] == Score(small.CANTEEN, small.NECTAR, 0.72)
    assert isinstance(found[1], UnknownCustomer)
    assert isinstance(found[2], UnknownProduct)


def test_a_batch_reads_each_shard_once(forecast: Forecast, bucket: Bucket) -> None:
    forecast.scores([(small.CORNER, small.COLA), (small.CANTEEN, small.COLA)] * 50)
    wanted = {shard_name(small.CORNER), shard_name(small.CANTEEN), "catalogue.json.gz"}
    assert sorted(bucket.reads) == sorted(wanted)


def test_a_second_question_reads_nothing(forecast: Forecast, bucket: Bucket) -> None:
    forecast.recommend(small.CORNER, 5)
    bucket.reads.clear()
    forecast.recommend(small.CORNER, 5)
    forecast.score(small.CORNER, small.COLA)
    assert bucket.reads == []


def damage_shard(bucket: Bucket) -> None:
    bucket.put(shard_name(small.CORNER), b"\x1f\x8b broken")


def empty_shard(bucket: Bucket) -> None:
    bucket.put(shard_name(small.CORNER), pack({"shops": {}}))


def lose_shard(bucket: Bucket) -> None:
    del bucket[f"{small.pointer()['prefix']}serving/{shard_name(small.CORNER)}"]


def lose_a_field(bucket: Bucket) -> None:
    bucket.put(shard_name(small.CORNER), pack({"customers": {str(small.CORNER): {}}}))


def swap_catalogue(bucket: Bucket) -> None:
    other = small.objects("2025-01-13", "r2")
    name = "catalogue.json.gz"
    bucket.put(name, other[f"{small.pointer('2025-01-13', 'r2')['prefix']}serving/{name}"])


def halve_catalogue(bucket: Bucket) -> None:
    bucket.put("catalogue.json.gz", pack({"week": "2025-01-06"}))


@pytest.mark.parametrize(
    "harm",
    [damage_shard, empty_shard, lose_shard, lose_a_field, swap_catalogue, halve_catalogue],
)
@pytest.mark.parametrize(
    "ask",
    [lambda f: f.recommend(small.CORNER, 5), lambda f: f.scores([(small.CORNER, small.COLA)])],
    ids=["recommend", "scores"],
)
def test_a_damaged_forecast_is_an_error_in_words_and_never_an_answer(
    bucket: Bucket, harm: Callable[[Bucket], None], ask: Callable[[Forecast], object]
) -> None:
    harm(bucket)
    with pytest.raises(ArtifactDamaged, match="serving/"):
        ask(Forecast(small.pointer(), bucket.fetch))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [small.COLA, small.WATER, small.NECTAR, small.TONIC]),
        ("cumbre", [small.COLA, small.TONIC]),
        ("nectar caja", [small.NECTAR]),
        ("50", [small.COLA, small.WATER, small.NECTAR, small.TONIC]),
        ("cumbre 1.5", []),
    ],
)
def test_products_are_found_by_words_without_accents(
    forecast: Forecast, query: str, found: list[int]
) -> None:
    assert [p.product_id for p in forecast.catalogue.find_products(query)] == found


@pytest.mark.parametrize(
    ("query", "found"),
    [("", [11, 12, 900]), ("1", [11, 12]), ("frio", [12]), ("abarrotes 9", [900]), ("x", [])],
)
def test_shops_are_found_by_part_of_id_and_type(
    forecast: Forecast, query: str, found: list[int]
) -> None:
    assert [shop.customer_id for shop in forecast.catalogue.find_customers(query)] == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [12, 11, 900]),
        ({"query": "lata cumbre"}, [11, 900]),
        ({"customer_type": "canal frio"}, [12]),
        ({"zone_id": 1}, []),
    ],
)
def test_the_work_list_starts_with_the_largest_order_and_can_be_narrowed(
    forecast: Forecast, asked: dict[str, object], found: list[int]
) -> None:
    calls = forecast.catalogue.find_calls(**asked)  # type: ignore[arg-type]
    assert [call.customer_id for call in calls] == found
