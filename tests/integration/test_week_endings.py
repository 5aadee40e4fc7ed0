"""Ways a week can end on the deployed stack, beside those of ``test_week``: what is served then."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sodai.store import keys

from data.generate import following
from tests.functional.week.damage import (
    champion,
    damage,
    put_champion,
    put_champion_that_knows_the_answers,
)
from tests.stack import RECIPE, Stack


@pytest.fixture(scope="module")
def mailed(published_stack: Stack) -> Iterator[Any]:
    """What the stack's topic has sent since the last look."""
    topics, queues = (published_stack.cloud.client(name) for name in ("sns", "sqs"))
    [topic] = [
        one["TopicArn"]
        for one in topics.list_topics()["Topics"]
        if one["TopicArn"].endswith(f"{published_stack.cloud.stack}-alerts")
    ]
    queue = queues.create_queue(QueueName="mail")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])

    def received() -> dict[str, str]:
        found = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        bodies = [json.loads(one["Body"]) for one in found.get("Messages", [])]
        return {one["Subject"]: one["Message"] for one in bodies}

    yield received
    queues.delete_queue(QueueUrl=queue)


def served(stack: Stack) -> dict[str, Any]:
    health: dict[str, Any] = httpx.get(f"{stack.api_url}/health", trust_env=False).json()
    return {key: health[key] for key in ("target_week", "model_version", "published_at")}


def next_week(stack: Stack, folder: Path) -> str:
    """Write the week that was forecast, as it came true, into a file."""
    newest = date.fromisoformat(stack.json("status")["target_week"]) - timedelta(days=1)
    path = folder / "week.parquet"
    following(RECIPE, newest, newest + timedelta(weeks=1)).to_parquet(path, index=False)
    return str(path)


def test_monitor_that_fails_stops_the_week_and_the_next_run_goes_on(
    published_stack: Stack, tmp_path: Path
) -> None:
    stack, before = published_stack, served(published_stack)
    bins, _ = stack.store.read_with_etag(keys.BINS)
    damage(stack.store, keys.BINS)
    done = stack.sodai("ingest", next_week(stack, tmp_path), "--run")
    assert done.returncode == 1
    assert "The monitor drift could not be computed" in done.stdout
    assert served(stack) == before
    stack.store.delete(keys.BINS)
    stack.store.write_once(keys.BINS, bins)
    assert stack.sodai("run").returncode == 0
    assert served(stack)["target_week"] > before["target_week"]


def test_challenger_that_does_worse_is_refused_and_the_champion_forecasts(
    published_stack: Stack,
) -> None:
    stack = published_stack
    put_champion_that_knows_the_answers(stack.store, "knows-the-answers")
    done = stack.sodai("run", "--force-retrain")
    assert done.returncode == 0, done.stdout + done.stderr
    decision = stack.json("show", "last")["decision"]
    assert (decision["winner"], decision["promoted"]) == ("champion", False)
    assert served(stack)["model_version"] == "knows-the-answers"


def test_forecast_that_is_not_sane_is_not_served_and_people_are_told(
    published_stack: Stack, tmp_path: Path, mailed: Any
) -> None:
    stack, before = published_stack, served(published_stack)
    sound = champion(stack.store)["version"]
    put_champion(stack.store, "insane", insane=True)
    done = stack.sodai("ingest", next_week(stack, tmp_path), "--run")
    assert done.returncode == 1
    assert served(stack) == before
    [notice] = stack.json("show", "last")["notices"]
    assert notice["en"] in done.stdout
    assert notice["en"] in mailed()["SodAI: sanity stop"]

    assert stack.json("rollback", sound)["previous"] == "insane"
    assert stack.sodai("run").returncode == 0
    assert served(stack)["model_version"] == sound
