"""Whatever is sent, the answer is right or a problem in words; nothing of the inside leaves."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.functional.api.conftest import Api, Bucket, Reply
from tests.functional.api.test_problems import assert_problem
from tests.unit.serving import small_forecast as small

POSTS = ("/predict", "/predict/batch", "/recommendations", "/recommendations/new")
PATHS = ("/customers/{}/info", "/customers/{}/history", "/products/{}/info", "/runs/{}")
LISTS = ("/calls", "/customers", "/products")
KINDS = {404: "unknown-id", 409: "out-of-date", 413: "too-large", 422: "invalid-request"}
WEEK, NEXT = ("2025-01-06", "r1"), ("2025-01-13", "r2")
SCRIPT = "<script>alert(1)</script>"

odd_numbers = st.sampled_from([-1, 0, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**40])
scalars = st.none() | st.booleans() | odd_numbers | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
)
ids = st.sampled_from([small.CORNER, small.COLA, small.CANTEEN]) | scalars
FIELDS = """
customer_id product_id top_k week customer_type location_x location_y deliveries_per_week
customer_product_pairs
"""
fields = st.sampled_from(FIELDS.split())
pairs = st.fixed_dictionaries({"customer_id": ids, "product_id": ids})
bodies = (
    values
    | pairs
    | st.dictionaries(fields, ids)
    | st.fixed_dictionaries({"customer_product_pairs": st.lists(pairs | values, max_size=4)})
)
# The function's fixtures outlive one example: every example only reads.
only_reads = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def whole(cloud: Bucket) -> Bucket:
    """A forecast with every shard, written once: any shop may be asked for."""
    for key, body in small.objects(*WEEK).items():
        cloud.put(key, body)
    return cloud


@pytest.fixture
def bucket(whole: Bucket) -> Bucket:
    whole.point_to(*WEEK)
    return whole


def assert_answered(reply: Reply) -> None:
    if reply.status != 200:
        assert reply.status in KINDS, reply.text
        assert_problem(reply, reply.status, KINDS[reply.status])
    assert len(reply.text) < 100_000


@only_reads
@given(st.sampled_from(POSTS), bodies)
@example("/predict", {"customer_id": "11", "product_id": None})
@example("/predict", {"customer_id": -11, "product_id": 2**63})
@example("/recommendations/new", {"customer_type": SCRIPT, "location_x": float("nan")})
def test_any_json_is_answered_or_refused_in_words(api: Api, path: str, body: Any) -> None:
    assert_answered(api.post(path, json.dumps(body)))


@only_reads
@given(st.sampled_from(POSTS), st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_and_any_bytes_are_answered_or_refused(
    api: Api, path: str, body: str | bytes
) -> None:
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    assert_answered(api.post_bytes(path, data, {}))


@only_reads
@given(st.sampled_from(PATHS), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_id_in_an_address_is_known_or_refused(api: Api, path: str, text: str) -> None:
    reply = api.get(path.format(text.replace("/", "_")))
    assert reply.status in {200, 404, 422}
    if reply.status != 200:
        kind = reply.body["type"].removeprefix("urn:sodai:problem:")
        assert kind in {"unknown-id", "not-found", "invalid-request"}
        assert_problem(reply, reply.status, kind)


@only_reads
@given(
    st.sampled_from(LISTS),
    st.dictionaries(
        st.sampled_from(["q", "customer_type", "brand", "place", "limit", "cursor", "week"]),
        st.text(st.characters(exclude_categories=["Cs"])),
    ),
)
def test_any_query_is_answered_or_refused(api: Api, path: str, query: dict[str, str]) -> None:
    assert_answered(api.get(path, **query))


@pytest.mark.parametrize("one", [0, None, {}, {"customer_id": 11, "product_id": 501}])
def test_an_array_of_a_hundred_thousand_is_refused_and_the_answer_stays_short(
    api: Api, one: Any
) -> None:
    reply = api.post("/predict/batch", {"customer_product_pairs": [one] * 100_000})
    assert reply.status in {413, 422}
    assert_problem(reply, reply.status, KINDS[reply.status])
    assert len(reply.text) < 2_000


def test_deep_nesting_is_refused(api: Api) -> None:
    reply = api.post("/predict", "[" * 100_000)
    assert_problem(reply, 422, "invalid-request")


def test_a_script_in_a_name_is_told_as_text_and_never_as_a_page(api: Api, bucket: Bucket) -> None:
    shops = [small.shop(small.CORNER, [[small.COLA, 0.8, 1, 2.0, 3, 4]], customer_type=SCRIPT)]
    for key, body in small.objects(*NEXT, customers=shops).items():
        bucket.put(key, body)
    bucket.point_to(*NEXT)
    for reply in (
        api.get(f"/customers/{small.CORNER}/info"),
        api.get("/calls", q="script"),
        api.post("/recommendations/new", {"customer_type": SCRIPT}),
        api.post("/predict", {SCRIPT: 1}),
    ):
        assert reply.headers["content-type"] in {"application/json", "application/problem+json"}
    assert api.get("/calls", q="script").body["items"][0]["customer_type"] == SCRIPT
