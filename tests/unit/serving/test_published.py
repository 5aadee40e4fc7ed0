"""Following the pointer: a new week without a restart, never two weeks in one answer."""

import json
from typing import Any

import pytest
from sodai.domain.errors import ArtifactDamaged, NothingPublished, TransientError
from sodai.serving import Published

from tests.unit.serving import small_forecast as small

FIRST, SECOND = ("2025-01-06", "r1"), ("2025-01-13", "r2")


class Shop:
    """A bucket with a pointer, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.objects = {**small.objects(*FIRST), **small.objects(*SECOND, shift=0.1)}
        self.pointer: bytes | None = None
        self.trouble: Exception | None = None
        self.asked: list[str | None] = []
        self.now = 100.0
        self.published = Published(self._read, self.objects.__getitem__, lambda: self.now)

    def point_to(self, week: str, run: str) -> None:
        self.pointer = json.dumps(small.pointer(week, run)).encode()

    def _read(self, etag: str | None) -> tuple[bytes, str] | None:
        self.asked.append(etag)
        if self.trouble:
            raise self.trouble
        if self.pointer is None:
            raise KeyError("predictions/latest.json")
        tag = str(hash(self.pointer))
        return None if etag == tag else (self.pointer, tag)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_before_the_first_publication_it_says_what_to_do(shop: Shop) -> None:
    with pytest.raises(NothingPublished) as caught:
        shop.published.current()
    assert "sodai ingest" in caught.value.user_message


def test_the_first_publication_is_seen_at_once(shop: Shop) -> None:
    with pytest.raises(NothingPublished):
        shop.published.current()
    shop.point_to(*FIRST)
    assert shop.published.current().week == "2025-01-06"


def test_a_new_week_is_seen_after_a_second_and_the_pointer_is_not_asked_sooner(
    shop: Shop,
) -> None:
    shop.point_to(*FIRST)
    assert shop.published.current().run == "r1"
    shop.point_to(*SECOND)
    shop.now += 0.9
    assert shop.published.current().run == "r1"
    assert len(shop.asked) == 1
    shop.now += 0.1
    assert shop.published.current().run == "r2"


def test_an_unchanged_pointer_costs_one_conditional_question_and_keeps_what_is_known(
    shop: Shop,
) -> None:
    shop.point_to(*FIRST)
    known = shop.published.current()
    shop.now += 5
    assert shop.published.current() is known
    assert shop.asked == [None, str(hash(shop.pointer))]


def test_a_forecast_in_hand_keeps_answering_from_its_own_week(shop: Shop) -> None:
    shop.point_to(*FIRST)
    in_hand = shop.published.current()
    shop.point_to(*SECOND)
    shop.now += 5
    newer = shop.published.current()
    assert in_hand.score(small.CORNER, small.COLA).probability == 0.83
    assert newer.score(small.CORNER, small.COLA).probability == pytest.approx(0.93)
    assert in_hand.catalogue.week == "2025-01-06"


def test_a_moment_of_trouble_leaves_the_known_forecast(shop: Shop) -> None:
    shop.point_to(*FIRST)
    known = shop.published.current()
    shop.trouble = TransientError("S3 cannot be reached")
    shop.now += 5
    assert shop.published.current() is known
    assert shop.published.current() is known
    assert len(shop.asked) == 2


def test_trouble_before_anything_is_known_is_told(shop: Shop) -> None:
    shop.trouble = TransientError("S3 cannot be reached")
    with pytest.raises(TransientError):
        shop.published.current()


def test_a_pointer_taken_away_means_nothing_is_published(shop: Shop) -> None:
    shop.point_to(*FIRST)
    shop.published.current()
    shop.pointer = None
    shop.now += 5
    with pytest.raises(NothingPublished):
        shop.published.current()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"week": "2025-01-06"}', b"\xff"])
def test_a_damaged_pointer_is_told_in_words(shop: Shop, body: bytes) -> None:
    shop.pointer = body
    with pytest.raises(ArtifactDamaged) as caught:
        shop.published.current()
    assert "pointer" in caught.value.user_message


def test_a_repaired_pointer_is_followed_again(shop: Shop) -> None:
    shop.pointer = b"{"
    with pytest.raises(ArtifactDamaged):
        shop.published.current()
    shop.point_to(*SECOND)
    current: Any = shop.published.current()
    assert current.run == "r2"
