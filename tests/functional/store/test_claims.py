"""One claim: two triggers give one run, and a dead execution never blocks the next."""

from datetime import UTC, datetime, timedelta

import pytest
from sodai.domain.errors import AlreadyRunning
from sodai.store.artifacts import Artifacts
from sodai.store.claims import release_claim, take_claim

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def take(store: Artifacts, execution: str, now: datetime = NOW, running: bool = True) -> str:
    return take_claim(
        store, execution, now, lambda newest: f"after-{newest}", lambda _: running
    ).run


def test_second_trigger_is_told_who_runs(store: Artifacts) -> None:
    take(store, "one")
    with pytest.raises(AlreadyRunning, match="one holds the claim"):
        take(store, "two")


def test_dead_execution_is_taken_over_at_once(store: Artifacts) -> None:
    take(store, "one")
    assert take(store, "two", running=False) == "after-after-None"


def test_lease_that_ran_out_is_taken_over(store: Artifacts) -> None:
    take(store, "one")
    assert take(store, "two", NOW + timedelta(hours=5)) == "after-after-None"


def test_released_claim_is_free_and_remembers_the_newest_run(store: Artifacts) -> None:
    run = take(store, "one")
    release_claim(store, "one")
    assert take(store, "two") == f"after-{run}"


def test_retry_of_the_same_execution_keeps_its_run(store: Artifacts) -> None:
    assert take(store, "one") == take(store, "one")


def test_only_the_holder_releases(store: Artifacts) -> None:
    take(store, "one")
    release_claim(store, "two")
    with pytest.raises(AlreadyRunning):
        take(store, "two")
