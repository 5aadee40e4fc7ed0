"""What starts the week: the schedule, and a file in the drop zone."""

import time
from typing import Any

import pytest
from sodai_local.cloud import Cloud
from sodai_local.targets import chosen_target


def schedule_of(toy: Cloud) -> dict[str, Any]:
    scheduler = toy.client("scheduler")
    names = [
        (item["GroupName"], item["Name"])
        for item in scheduler.list_schedules()["Schedules"]
        if item["Target"]["Arn"] == toy.outputs["StateMachineArn"]
    ]
    assert len(names) == 1
    return scheduler.get_schedule(GroupName=names[0][0], Name=names[0][1])


def test_schedule_has_its_expression_and_never_catches_up(toy: Cloud):
    schedule = schedule_of(toy)
    assert schedule["ScheduleExpression"] == "cron(0 6 ? * MON *)"
    assert schedule["State"] == "ENABLED"
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


@pytest.mark.xfail(chosen_target() == "embedded", reason="MiniStack reads every zone as UTC")
def test_schedule_keeps_its_time_zone(toy: Cloud):
    assert schedule_of(toy)["ScheduleExpressionTimezone"] == "America/Santiago"


def test_delivered_object_starts_the_state_machine(toy: Cloud):
    before = {execution.arn for execution in toy.executions()}
    toy.client("s3").put_object(Bucket=toy.bucket(), Key="elsewhere/file")
    toy.client("s3").put_object(Bucket=toy.bucket(), Key="incoming/file")
    deadline = time.monotonic() + 10
    started = set()
    while not started and time.monotonic() < deadline:
        time.sleep(0.1)
        started = {execution.arn for execution in toy.executions()} - before
    assert len(started) == 1
    assert toy.wait(started.pop(), 20).output == {"delivered": True}
