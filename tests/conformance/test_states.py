"""Step Functions: errors by name, timeouts, choices, the distributed Map."""

from collections.abc import Callable

from sodai_local.cloud import Cloud, Execution

Run = Callable[..., Execution]


def test_named_error_is_retried(run_toy: Run):
    ended = run_toy("transient")
    assert ended.status == "SUCCEEDED"
    assert ended.output == {"attempts": 3}


def test_named_error_is_caught_with_its_cause(run_toy: Run):
    ended = run_toy("broken")
    assert ended.status == "SUCCEEDED"
    assert ended.output["error"] == "DataContractError"
    assert ended.output["cause"]["errorMessage"] == "42 rows rejected"


def test_failed_execution_keeps_the_original_error(run_toy: Run):
    ended = run_toy("boom")
    assert (ended.status, ended.error) == ("FAILED", "ValueError")
    assert '"boom"' in (ended.cause or "")


def test_task_that_takes_too_long_ends_as_timeout(run_toy: Run):
    ended = run_toy("sleep", seconds=6)
    assert (ended.status, ended.error) == ("FAILED", "States.Timeout")


def test_choice_takes_the_default_when_the_fact_is_absent(run_toy: Run):
    assert run_toy("delivered").output == {"delivered": True}


def test_distributed_map_reads_its_items_from_an_object(run_toy: Run):
    ended = run_toy("wide")
    assert ended.status == "SUCCEEDED"
    assert [part["part"] for part in ended.output["parts"]] == [0, 1, 2]


def test_map_fails_when_one_part_fails(run_toy: Run):
    ended = run_toy("wide", fail=[1])
    assert ended.status == "FAILED"
    assert ended.error == "States.ExceedToleratedFailureThreshold"


def test_second_start_under_the_same_name_is_the_same_execution(toy: Cloud):
    event = {"mode": "delivered"}
    assert toy.start(event, "twice") == toy.start(event, "twice")
    assert [e.name for e in toy.executions()].count("twice") == 1


def test_unknown_execution_is_unknown(toy: Cloud):
    arn = toy.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    assert toy.execution(f"{arn}:never").status == "UNKNOWN"


def test_history_names_the_states_in_order(toy: Cloud, run_toy: Run):
    events = toy.history(run_toy("delivered").arn)
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in events
        if "stateEnteredEventDetails" in event
    ]
    assert entered == ["Step", "IsWide", "Narrow"]
