"""With StartOnDelivery=ENABLED a file dropped into incoming/ starts the week by itself."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sodai.store import keys
from sodai.store.artifacts import NotFound
from sodai_local import part

from data.generate import following
from tests.functional.week.conftest import as_parquet
from tests.stack import RECIPE, Stack, deployed

SECONDS = 300


@pytest.fixture(scope="module")
def starting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("delivery")
    with deployed(folder, parameters={"StartOnDelivery": "ENABLED"}) as stack:
        yield stack


def published_week(stack: Stack) -> str | None:
    try:
        return str(stack.store.read_json(keys.LATEST_FORECAST)["week"])
    except NotFound:
        return None


def runs_under_way(stack: Stack) -> list[str]:
    return [run["run"] for run in stack.json("runs") if run["status"] == "running"]


def has_ended(stack: Stack) -> bool:
    running = [one for one in stack.cloud.executions() if one.status == "RUNNING"]
    return not running and not list(stack.store.list(keys.INCOMING))


def test_delivered_tables_start_the_week_and_are_published(starting: Stack) -> None:
    assert starting.cloud.executions() == []
    done = starting.sodai("ingest", str(starting.tables))
    assert done.returncode == 0, done.stdout + done.stderr
    assert part.wait_until(lambda: published_week(starting) is not None, SECONDS, pause=0.5)
    assert part.wait_until(lambda: has_ended(starting), SECONDS, pause=0.5)
    [run] = starting.json("runs")
    assert (run["outcome"], run["reasons"]) == ("published", ["NO_CHAMPION"])
    assert {one.status for one in starting.cloud.executions()} == {"SUCCEEDED"}


def test_files_put_by_s3_itself_start_their_weeks_also_one_that_comes_during_a_run(
    starting: Stack,
) -> None:
    before = published_week(starting)
    assert before is not None
    newest = date.fromisoformat(before) - timedelta(days=1)
    ends = [newest + timedelta(weeks=i) for i in range(3)]
    for start, end in pairwise(ends):
        starting.cloud.client("s3").put_object(
            Bucket=starting.cloud.bucket(),
            Key=keys.incoming(f"until-{end}.parquet"),
            Body=as_parquet(following(RECIPE, start, end)),
        )
        assert part.wait_until(lambda: bool(runs_under_way(starting)), SECONDS, pause=0.1)
    last = str(ends[-1] + timedelta(days=1))
    assert part.wait_until(lambda: published_week(starting) == last, SECONDS, pause=0.5)
    assert part.wait_until(lambda: has_ended(starting), SECONDS, pause=0.5)
    assert {run["outcome"] for run in starting.json("runs")} == {"published"}
    assert {one.status for one in starting.cloud.executions()} == {"SUCCEEDED"}


def test_object_elsewhere_in_the_bucket_starts_nothing(starting: Stack) -> None:
    before = {one.arn for one in starting.cloud.executions()}

    def started() -> set[str]:
        return {one.arn for one in starting.cloud.executions()} - before

    starting.store.write_once("elsewhere/week.parquet", b"nothing")
    starting.store.write_once(keys.incoming("not-a-table.parquet"), b"nothing")  # shows it awake
    assert part.wait_until(lambda: bool(started()), SECONDS, pause=0.2)
    assert part.wait_until(lambda: has_ended(starting), SECONDS, pause=0.5)
    assert len(started()) == 1
