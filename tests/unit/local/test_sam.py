import pytest
from sodai_local.errors import LocalError
from sodai_local.sam import configured_stack, deploy_with_sam, sam_command


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SODAI_STACK", "SODAI_ENV"):
        monkeypatch.delenv(name, raising=False)


def test_parameters_are_added_to_those_of_the_environment():
    command = sam_command("localstack", {"Trials": "5"})
    assert command[:5] == ["deploy", "--config-env", "localstack", "--stack-name", "sodai"]
    assert command[5:] == ["--parameter-overrides", "Target=localstack", "Trials=5"]


def test_aws_is_the_development_stack_unless_named(monkeypatch: pytest.MonkeyPatch):
    assert configured_stack("aws") == "sodai-dev"
    assert "ScheduleState=DISABLED" in sam_command("aws", {})
    monkeypatch.setenv("SODAI_ENV", "prod")
    assert configured_stack("aws") == "sodai"
    monkeypatch.setenv("SODAI_STACK", "mine")
    assert configured_stack("aws") == "mine"


def test_unknown_environment_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SODAI_ENV", "moon")
    with pytest.raises(LocalError) as refused:
        configured_stack("aws")
    assert "'moon'" in refused.value.user_message


def test_without_sam_the_commands_to_run_are_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LocalError) as refused:
        deploy_with_sam("aws", {"Trials": "5"}, None)
    assert "sam build && sam deploy --config-env dev" in refused.value.user_message
