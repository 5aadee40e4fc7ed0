"""Lambda: what a function sees, and what becomes of its errors."""

import time

import pytest
from sodai_local.cloud import Cloud


def test_function_sees_settings_layer_and_context(toy: Cloud):
    told = toy.invoke("step", {"mode": "facts"}).payload
    assert told["greeting"] == "hello"
    assert told["memory"] == 256
    assert told["request_id"]
    assert told["log_group"] == "/aws/lambda/toy-step"
    assert 0 < told["left_ms"] <= 20_000


def test_image_function_runs_its_command_with_the_library(toy: Cloud):
    if toy.target != "embedded":
        pytest.skip("no image is built for this target")
    told = toy.invoke("heavy", {"part": 1}).payload
    assert told["event"] == {"part": 1}
    assert told["error"] == "DataContractError"


def test_warm_worker_keeps_its_state(toy: Cloud):
    first, second = (toy.invoke("step", {"mode": "facts"}).payload for _ in range(2))
    assert second["pid"] == first["pid"]
    assert second["calls"] == first["calls"] + 1


def test_worker_writes_all_its_calls_into_the_stream_that_its_context_names(toy: Cloud):
    calls = [toy.invoke("step", {"mode": "facts"}).payload for _ in range(2)]
    [stream] = {call["log_stream"] for call in calls}
    messages = [line.message for line in toy.log_lines("/aws/lambda/toy-step", stream)]
    for call in calls:
        begun = next(
            i
            for i, m in enumerate(messages)
            if m.startswith(f"START RequestId: {call['request_id']}")
        )
        assert messages[begun + 1] == "a line of the handler"


def test_error_keeps_its_name_message_and_trace(toy: Cloud):
    answer = toy.invoke("step", {"mode": "broken"})
    assert answer.function_error
    assert answer.payload["errorType"] == "DataContractError"
    assert answer.payload["errorMessage"] == "42 rows rejected"
    assert any("in broken" in line for line in answer.payload["stackTrace"])


@pytest.mark.parametrize(
    ("mode", "error"),
    [("leave", "Runtime.ExitError"), ("unserializable", "Runtime.MarshalError")],
)
def test_failure_of_the_runtime_has_its_own_name(toy: Cloud, mode: str, error: str):
    assert toy.invoke("step", {"mode": mode}).payload["errorType"] == error


def test_timeout_is_enforced_and_named(toy: Cloud):
    toy.invoke("hasty", {"mode": "silent"})
    answer = toy.invoke("hasty", {"mode": "sleep", "seconds": 5})
    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert "timed out after 1" in answer.payload["errorMessage"]


def test_noise_on_standard_output_does_no_harm(toy: Cloud):
    assert toy.invoke("step", {"mode": "noise"}).payload == {"lines": 2000}


def test_silent_function_answers_at_once(toy: Cloud):
    if toy.target != "embedded":
        pytest.skip("measures the embedded cloud")
    toy.invoke("step", {"mode": "silent"})
    began = time.perf_counter()
    for _ in range(10):
        toy.invoke("step", {"mode": "silent"})
    assert (time.perf_counter() - began) / 10 < 0.045  # its own wait for a line would be 0.05


def test_call_leaves_its_lines_in_the_log(toy: Cloud):
    call = toy.invoke("step", {"mode": "facts"}).payload["request_id"]
    messages = [line.message for line in toy.log_lines("/aws/lambda/toy-step", request_id=call)]
    assert messages[0].startswith(f"START RequestId: {call}")
    assert "a line of the handler" in messages
    assert "Max Memory Used:" in messages[-1]
    assert "Max Memory Used: 0 MB" not in messages[-1]
