"""A new week is seen without a restart, and no answer mixes two."""

from typing import Any

import pytest
from sodai.domain.sharding import serving_shard
from sodai_api.reading import Reading

from tests.functional.api.conftest import Api, Bucket, Clock
from tests.unit.serving import small_forecast as small

OLD, NEW = ("2025-01-06", "r1"), ("2025-01-13", "r2")


def test_a_newly_published_week_is_answered_without_a_restart(
    api: Api, published: Bucket, clock: Clock
) -> None:
    asked = {"customer_id": small.CORNER, "product_id": small.COLA}
    before = api.post("/predict", asked).body
    published.publish(*NEW, shift=0.1)
    clock.now += 1
    after = api.post("/predict", asked).body
    assert (before["week"], before["prediction_score"]) == ("2025-01-06", 0.83)
    assert (after["week"], after["prediction_score"]) == ("2025-01-13", pytest.approx(0.93))
    assert api.get("/health").body["target_week"] == "2025-01-13"


def test_a_week_published_within_an_answer_does_not_mix_into_it(
    api: Api,
    published: Bucket,
    clock: Clock,
    reading: Reading,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pointer swings between the catalogue's read and the shard's."""
    published.write(*NEW, shift=0.1)
    read, reads = reading.artifacts.read, []

    def read_and_publish(key: str) -> bytes:
        reads.append(key)
        published.point_to(*NEW)
        clock.now += 5
        return read(key)

    reading.forecast()
    monkeypatch.setattr(reading.artifacts, "read", read_and_publish)
    reading.__dict__.pop("_published")
    pairs = [{"customer_id": c, "product_id": small.COLA} for c in (small.CORNER, small.CANTEEN)]
    body = api.post("/predict/batch", {"customer_product_pairs": pairs}).body
    assert len(reads) == 3
    assert all("week=2025-01-06/r1/" in key for key in reads)
    assert {line["week"] for line in body["predictions"]} == {"2025-01-06"}
    assert body["predictions"][0]["prediction_score"] == 0.83
    assert api.get("/calls").body["week"] == "2025-01-13"


@pytest.mark.parametrize(
    ("method", "path", "body", "parts"),
    [
        ("POST", "/predict", {"customer_id": small.CORNER, "product_id": small.COLA}, 2),
        ("POST", "/recommendations", {"customer_id": small.CORNER}, 2),
        ("POST", "/recommendations/new", {"customer_type": "ABARROTES"}, 2),
        ("GET", f"/customers/{small.CORNER}/history", None, 2),
        ("GET", "/calls", None, 1),
        ("GET", "/predictions/positives", None, 1),
    ],
)
def test_no_part_of_an_answer_comes_from_the_week_published_meanwhile(
    api: Api,
    published: Bucket,
    clock: Clock,
    reading: Reading,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    body: Any,
    parts: int,
) -> None:
    published.write(*NEW, shift=0.1)
    read, reads = reading.artifacts.read, []

    def read_and_publish(key: str) -> bytes:
        reads.append(key)
        published.point_to(*NEW)
        clock.now += 5
        return read(key)

    monkeypatch.setattr(reading.artifacts, "read", read_and_publish)
    reply = api(method, path, body)
    assert reply.status == 200
    assert len(reads) == parts
    assert all("week=2025-01-06/r1/" in key for key in reads)
    if path != "/predictions/positives":
        assert reply.body["week"] == "2025-01-06"


def test_a_superseded_run_of_the_same_week_is_followed_too(
    api: Api, published: Bucket, clock: Clock
) -> None:
    tag = api.get("/calls").headers["etag"]
    published.publish("2025-01-06", "r1b", shift=0.05)
    clock.now += 1
    reply = api.get("/calls", {"If-None-Match": tag})
    assert reply.status == 200
    assert reply.headers["etag"].startswith('"r1b.')
    assert reply.body["items"][0]["top_probability"] == pytest.approx(0.77)


def publish_two(bucket: Bucket) -> None:
    """Publish a week after another; the pointer goes on naming the first."""
    bucket.publish(*OLD)
    bucket.publish(*NEW, shift=0.1)
    pointers = [small.pointer(*OLD), small.pointer(*NEW)]
    weeks = {one["week"]: {**one, "superseded": ["r0"]} for one in pointers}
    bucket.put_json("predictions/latest.json", {**pointers[1], "weeks": weeks})


def test_an_earlier_week_is_answered_where_it_is_asked_for(api: Api, bucket: Bucket) -> None:
    publish_two(bucket)
    asked = {"customer_id": small.CORNER, "product_id": small.COLA}
    for week, score in (("2025-01-06", 0.83), ("2025-01-13", 0.93), (None, 0.93)):
        body = api.post("/predict", {**asked, "week": week}).body
        assert (body["week"], body["prediction_score"]) == (week or NEW[0], pytest.approx(score))
    batch = {"customer_product_pairs": [asked], "week": OLD[0]}
    assert api.post("/predict/batch", batch).body["predictions"][0]["week"] == OLD[0]
    shop = {"customer_id": small.CORNER, "week": OLD[0]}
    assert api.post("/recommendations", shop).body["week"] == OLD[0]
    for path in ("/calls", f"/customers/{small.CORNER}/history"):
        reply = api.get(path, week=OLD[0])
        assert reply.body["week"] == OLD[0]
        assert reply.headers["etag"].startswith('"r1.')


def test_the_weeks_are_listed_newest_first(api: Api, bucket: Bucket) -> None:
    publish_two(bucket)
    items = api.get("/weeks").body["items"]
    told = [(one["week"], one["run"], one["current"], one["superseded"]) for one in items]
    assert told == [("2025-01-13", "r2", True, ["r0"]), ("2025-01-06", "r1", False, ["r0"])]


def test_a_page_begun_in_an_earlier_forecast_is_not_continued_in_a_new_one(
    api: Api, published: Bucket, clock: Clock
) -> None:
    cursor = api.get("/calls", limit="1").body["next_cursor"]
    assert api.get("/calls", limit="1", cursor=cursor).body["items"][0]["customer_id"] == 11
    published.publish(*NEW)
    clock.now += 1
    assert api.get("/calls", limit="1", cursor=cursor).status == 409


@pytest.mark.parametrize(
    "path",
    [
        "/calls",
        "/weeks",
        "/predictions/positives",
        f"/customers/{small.CORNER}/history",
        "/customers",
        "/products",
        f"/customers/{small.CORNER}/info",
        f"/products/{small.COLA}/info",
    ],
)
@pytest.mark.usefixtures("published")
def test_a_get_of_an_unchanged_week_is_304_and_caches_must_ask(api: Api, path: str) -> None:
    first = api.get(path)
    assert first.headers["cache-control"] == "max-age=0, must-revalidate"
    assert first.headers["etag"].startswith('"r1.')
    for wanted in (first.headers["etag"], f'W/{first.headers["etag"]}, "x"', "*"):
        again = api.get(path, {"If-None-Match": wanted})
        assert (again.status, again.text) == (304, "")
        assert again.headers["etag"] == first.headers["etag"]
    assert api.get(path, {"If-None-Match": '"r0.0"'}).status == 200


def test_only_what_is_asked_for_is_read(
    api: Api, published: Bucket, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = reading.artifacts.read, []

    def counted(key: str) -> bytes:
        reads.append(key)
        return read(key)

    monkeypatch.setattr(reading.artifacts, "read", counted)
    asked: dict[str, Any] = {"customer_id": small.CORNER}
    api.post("/recommendations", asked)
    api.post("/recommendations", asked)
    prefix = f"{small.pointer()['prefix']}serving/"
    shard = f"{prefix}{serving_shard(small.CORNER)}.json.gz"
    assert sorted(reads) == [shard, f"{prefix}catalogue.json.gz"]
