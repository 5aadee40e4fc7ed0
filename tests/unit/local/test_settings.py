from pathlib import Path

import pytest
from sodai_local.errors import LocalError
from sodai_local.settings import (
    chosen_port,
    parse_parameters,
    roles_are_enforced,
    stack_parameters,
)
from sodai_local.state import State
from sodai_local.targets import chosen_target


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    for name in ("OPTIMIZATION_TRIALS", "DRIFT_THRESHOLD", "SODAI_MODELS_PATH", "SHARDS", "PORT"):
        monkeypatch.delenv(name, raising=False)
    return State(tmp_path / "state")


def test_chosen_parameters_are_remembered(state: State):
    assert stack_parameters(state, {"Shards": "2"}) == {"Shards": "2"}
    assert stack_parameters(state, {}) == {"Shards": "2"}


def test_environment_goes_before_memory_and_the_command_line_before_both(
    state: State, monkeypatch: pytest.MonkeyPatch
):
    stack_parameters(state, {"Trials": "10"})
    monkeypatch.setenv("OPTIMIZATION_TRIALS", "20")
    monkeypatch.setenv("DRIFT_THRESHOLD", "4")
    assert stack_parameters(state, {}) == {"Trials": "20", "DriftThreshold": "4"}
    assert stack_parameters(state, {"Trials": "30"})["Trials"] == "30"


def test_parameter_without_value_is_refused():
    assert parse_parameters(["A=b=c"]) == {"A": "b=c"}
    with pytest.raises(LocalError):
        parse_parameters(["A"])


@pytest.mark.parametrize("text", ["", "9000"])
def test_port_is_8080_unless_named(state: State, monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setenv("PORT", text)
    assert chosen_port() == int(text or 8080)


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1"])
def test_wrong_port_is_refused(monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setenv("PORT", text)
    with pytest.raises(LocalError) as refused:
        chosen_port()
    assert text in refused.value.user_message


def test_unknown_target_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TARGET", raising=False)
    assert chosen_target() == "embedded"
    monkeypatch.setenv("TARGET", "azure")
    with pytest.raises(LocalError) as refused:
        chosen_target()
    assert "embedded, localstack, aws" in refused.value.user_message


@pytest.mark.parametrize(("text", "enforced"), [("", False), ("false", False), ("true", True)])
def test_roles_are_enforced_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, text: str, enforced: bool
):
    monkeypatch.setenv("SODAI_CLOUD_AUTH", text)
    assert roles_are_enforced() is enforced


def test_enforcement_asked_for_in_other_words_is_not_passed_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SODAI_CLOUD_AUTH", "yes")
    with pytest.raises(LocalError):
        roles_are_enforced()
