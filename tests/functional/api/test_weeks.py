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


@pytest.mark.parametrize(
    "path",
    [
        "/calls",
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
