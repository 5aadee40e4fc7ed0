import subprocess
import sys

import pytest
from botocore.exceptions import EndpointConnectionError
from sodai_local import cli
from sodai_local.commands.invoke import find_verb
from sodai_local.errors import Interrupted, LocalError

COMMANDS = {"up", "down", "deploy", "status", "ingest", "run", "runs", "show", "logs"} | (
    {"predictions", "replay", "invoke", "quarantine", "models", "rollback", "restore", "ledger"}
)
HEAVY = {"boto3", "botocore", "pandas", "numpy", "httpx", "ministack", "yaml", "gradio"}


def run(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.delenv("SODAI_DEBUG", raising=False)
    monkeypatch.setattr(cli, "app", fail)
    return cli.run_command()


def test_every_promised_command_exists():
    assert {command.name for command in cli.app.registered_commands} == COMMANDS


def test_help_loads_nothing_heavy():
    code = f"import sys, sodai_local.cli; print({HEAVY!r} & set(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "set()"


def test_error_of_ours_is_told_in_its_own_words(monkeypatch, capsys):
    assert run(monkeypatch, LocalError("for the log", "For people.")) == 1
    assert capsys.readouterr().err == "For people.\n"


def test_unknown_error_is_one_sentence_and_what_to_do(monkeypatch, capsys):
    assert run(monkeypatch, KeyError("x")) == 1
    told = capsys.readouterr().err
    assert "KeyError" in told
    assert "--debug" in told
    assert "Traceback" not in told


def test_trace_is_shown_on_request(monkeypatch, capsys):
    monkeypatch.setattr(cli, "app", lambda **_: 1 / 0)
    monkeypatch.setenv("SODAI_DEBUG", "1")
    assert cli.run_command() == 1
    assert "Traceback" in capsys.readouterr().err


def test_cloud_that_does_not_answer_is_told_apart(monkeypatch, capsys):
    assert run(monkeypatch, EndpointConnectionError(endpoint_url="http://127.0.0.1:1")) == 1
    assert "sodai up" in capsys.readouterr().err


def test_interrupt_is_calm_and_has_its_exit_code(monkeypatch, capsys):
    assert run(monkeypatch, SystemExit(130)) == 130
    assert "Nothing is broken" in capsys.readouterr().err
    assert run(monkeypatch, Interrupted("The run goes on.")) == 130
    assert capsys.readouterr().err == "The run goes on.\n"


def test_function_is_found_by_verb_and_by_its_name_in_the_template():
    verbs = ["load_model", "plan"]
    assert find_verb("plan", verbs) == find_verb("PlanFunction", verbs) == "plan"
    assert find_verb("LoadModelFunction", verbs) == "load_model"
    with pytest.raises(LocalError) as refused:
        find_verb("train", verbs)
    assert "load_model, plan" in refused.value.user_message
