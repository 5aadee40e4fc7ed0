"""The definition as AWS will read it: nothing the emulator forgives."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse
from sodai_local.answers import CONTENT_POLICY

ROOT = Path(__file__).resolve().parents[3]
DEFINITION: dict[str, Any] = json.loads((ROOT / "statemachine" / "weekly.asl.json").read_text())
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def tasks() -> dict[str, dict[str, Any]]:
    found = dict(DEFINITION["States"])
    for state in DEFINITION["States"].values():
        found.update(state.get("ItemProcessor", {}).get("States", {}))
    return {name: state for name, state in found.items() if state["Type"] == "Task"}


@pytest.mark.parametrize("name", sorted(tasks()))
def test_every_task_has_a_timeout_and_retries_with_jitter(name: str) -> None:
    state = tasks()[name]
    assert 0 < state["TimeoutSeconds"] <= 900
    [retry] = state["Retry"]
    assert retry["JitterStrategy"] == "FULL"
    assert retry["MaxDelaySeconds"] <= 60
    assert "TransientError" in retry["ErrorEquals"]


def test_every_error_after_plan_is_caught_and_recorded() -> None:
    after_plan = set(DEFINITION["States"]) - {"Plan", "Record"}
    for name in after_plan:
        state = DEFINITION["States"][name]
        if state["Type"] in {"Task", "Map"}:
            assert state["Catch"][-1] == {
                "ErrorEquals": ["States.ALL"],
                "ResultPath": "$.error",
                "Next": "Record",
            }


def test_only_a_missing_model_leads_to_training() -> None:
    caught = [
        (name, catch["ErrorEquals"], catch["Next"])
        for name, state in DEFINITION["States"].items()
        for catch in state.get("Catch", [])
        if catch["Next"] != "Record"
    ]
    assert caught == [("LoadModel", ["ModelMissing"], "Train")]


def test_failed_run_ends_with_its_own_error() -> None:
    failed = DEFINITION["States"]["Failed"]
    assert (failed["ErrorPath"], failed["CausePath"]) == ("$.error.Error", "$.error.Cause")


def test_every_substitution_is_made_and_none_is_left_over() -> None:
    used = set(re.findall(r"\$\{(\w+)\}", json.dumps(DEFINITION)))
    assert used == set(RESOURCES["Weekly"]["Properties"]["DefinitionSubstitutions"])


def test_task_timeouts_leave_the_function_its_own() -> None:
    for name, state in tasks().items():
        function = state["Resource"].removeprefix("${").removesuffix("Arn}")
        assert state["TimeoutSeconds"] <= RESOURCES[function]["Properties"]["Timeout"], name


def test_schedule_is_monday_morning_in_santiago_without_catch_up() -> None:
    monday = RESOURCES["Weekly"]["Properties"]["Events"]["Monday"]["Properties"]
    parameters = TEMPLATE["Parameters"]
    assert parameters["Schedule"]["Default"] == "cron(0 6 ? * MON *)"
    assert parameters["ScheduleTimezone"]["Default"] == "America/Santiago"
    assert monday["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert monday["RetryPolicy"]["MaximumRetryAttempts"] == 0


def functions() -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def test_every_verb_is_a_function_of_its_own_with_its_own_log() -> None:
    verbs = {p["FunctionName"]["Fn::Sub"].split("-", 1)[1] for p in functions().values()}
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert verbs == folders
    groups = {
        resource["Properties"]["LogGroupName"]["Fn::Sub"].rsplit("-", 1)[1]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Logs::LogGroup"
    }
    assert groups == folders


@pytest.mark.parametrize("name", sorted(functions()))
def test_no_role_has_a_wildcard_action_or_the_whole_account(name: str) -> None:
    for policy in functions()[name].get("Policies", []):
        for statement in policy["Statement"]:
            actions = statement["Action"]
            assert "*" not in "".join([actions] if isinstance(actions, str) else actions)
            assert statement["Resource"] != "*"


def test_who_judges_tokens_may_touch_nothing() -> None:
    assert "Policies" not in functions()["AuthorizeFunction"]


@pytest.mark.parametrize("name", sorted({*functions()} - {"AuthorizeFunction"}))
def test_roles_that_ask_for_a_key_may_list_the_bucket(name: str) -> None:
    """A missing key without s3:ListBucket is 403 on AWS, not 404."""
    statements = [s for policy in functions()[name]["Policies"] for s in policy["Statement"]]
    assert any(s["Action"] == "s3:ListBucket" for s in statements)


def test_data_survive_the_stack() -> None:
    for name in ("ArtifactsBucket", "SiteBucket"):
        assert RESOURCES[name]["DeletionPolicy"] == "Retain"


def test_only_what_can_be_made_again_expires() -> None:
    rules = RESOURCES["ArtifactsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"] for rule in rules} == {"features/", "experiments/", "studies/"}
    assert all(rule["Status"] == "Enabled" for rule in rules)


def test_people_are_told_by_alarms_of_what_no_run_can_tell() -> None:
    alarms = {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    telling = {name for name, alarm in alarms.items() if "AlarmActions" in alarm}
    assert telling == {"NoPublicationAlarm", "RunFailedAlarm"}
    counted = {
        alarm["Dimensions"][0]["Value"]
        for alarm in alarms.values()
        if alarm["MetricName"] == "Notices"
    }
    codes = {"CONTRACT_FAILURE", "SANITY_STOP", "PROMOTION", "PERFORMANCE_ALARM"}
    codes |= {"MODEL_DAMAGED", "FORECAST_DAMAGED"}
    assert counted == codes
    own = {"Name": "stack", "Value": {"Ref": "ArtifactsBucket"}}
    assert all(own in a["Dimensions"] for a in alarms.values() if a["Namespace"] == "SodAI")
    assert alarms["NoPublicationAlarm"]["TreatMissingData"] == "breaching"
    assert RESOURCES["AlertsByMail"]["Condition"] == "HasAlertEmail"


def test_api_takes_explicit_methods_on_root_and_everything_below() -> None:
    events = functions()["ApiFunction"]["Events"].values()
    told = {(e["Properties"]["Path"], e["Properties"]["Method"]) for e in events}
    methods = {"GET", "POST", "OPTIONS", "HEAD", "PUT", "PATCH", "DELETE"}
    assert told == {(path, method) for path in ("/", "/{proxy+}") for method in methods}


def test_what_the_embedded_cloud_refuses_is_only_for_aws() -> None:
    refused = ("AWS::CloudFront::", "AWS::Budgets::", "AWS::CloudTrail::", "AWS::XRay::")
    for name, resource in RESOURCES.items():
        if resource["Type"].startswith(refused):
            assert resource.get("Condition") == "OnAws", name


def test_cloudfront_sends_the_same_policy_as_the_local_front_door_with_every_page() -> None:
    headers = RESOURCES["SecurityHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    policy = headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    assert policy["Override"] is True
    text, values = policy["ContentSecurityPolicy"]["Fn::Sub"]
    assert text.replace("${Origins}", "{origins}") == CONTENT_POLICY
    assert values == {"Origins": {"Fn::Join": [" ", {"Fn::Split": [",", {"Ref": "OidcOrigins"}]}]}}
    told = RESOURCES["FrontDoor"]["Properties"]["DistributionConfig"]
    for behaviour in (told["DefaultCacheBehavior"], *told["CacheBehaviors"]):
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": "SecurityHeaders"}
