"""Roles are as small as they may be: the week and the API run where roles are enforced.

The embedded cloud enforces the roles of functions. Those of state machine, schedule and rule it
only simulates, so each target is asked about, and one beside it.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sodai.store import keys
from sodai.store.keys import Keys

from data.generate import following
from tests.stack import RECIPE, Stack, deployed

# Answers "allowed", or the code of the refusal.
PROBE = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        getattr(boto3.client(event["service"]), event["call"])(**event["arguments"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""
RUN, CUSTOMER, PRODUCT = "{run}", "{customer_id}", "{product_id}"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("strict")
    with deployed(folder, settings={"SODAI_CLOUD_AUTH": "true"}) as stack:
        yield stack


@pytest.fixture(scope="module")
def published(strict: Stack) -> Stack:
    done = strict.sodai("ingest", str(strict.tables), "--run")
    assert done.returncode == 0, done.stdout + done.stderr
    return strict


@pytest.fixture(scope="module")
def probe(strict: Stack) -> Callable[..., str]:
    """A function that does what it is told, under the role of one of ours."""
    functions, packed = strict.cloud.client("lambda"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("probe.py", PROBE)

    def ask(verb: str, service: str, call: str, **arguments: Any) -> str:
        name = f"probe-{verb}"
        try:
            functions.get_function(FunctionName=name)
        except functions.exceptions.ResourceNotFoundException:
            own = functions.get_function_configuration(
                FunctionName=strict.cloud.function_name(verb)
            )
            functions.create_function(
                FunctionName=name,
                Role=own["Role"],
                Runtime="python3.11",
                Handler="probe.handler",
                Timeout=30,
                Code={"ZipFile": packed.getvalue()},
            )
        event = {"service": service, "call": call, "arguments": arguments}
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
        told = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, told
        return str(told)

    return ask


def test_week_is_published_under_enforced_roles(published: Stack) -> None:
    [run] = published.json("runs")
    assert run["outcome"] == "published"
    states = published.json("show", run["run"])["states"]
    assert {entry["status"] for entry in states.values()} == {"succeeded"}
    assert "train" in states


def test_following_week_keeps_the_model_under_enforced_roles(
    published: Stack, tmp_path: Path
) -> None:
    newest = date.fromisoformat(published.json("status")["target_week"]) - timedelta(days=1)
    week = tmp_path / "week.parquet"
    following(RECIPE, newest, newest + timedelta(weeks=1)).to_parquet(week, index=False)
    done = published.sodai("ingest", str(week), "--run")
    assert done.returncode == 0, done.stdout + done.stderr
    record = published.json("show", "last")
    assert record["decision"]["retrain"] is False
    assert "load_model" in record["states"]
    assert record["states"]["observe"]["facts"]["observed"] == 1


def test_refused_file_is_put_aside_under_enforced_roles(published: Stack, tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_text("customer_id,product_id\n1,2\n")
    done = published.sodai("ingest", str(broken), "--run")
    assert "failed in state validate" in done.stdout
    assert "AccessDenied" not in json.dumps(published.json("show", "last"))
    aside = [entry.key for entry in published.store.list("quarantine/")]
    assert [key for key in aside if key.endswith("broken.parquet")]


def test_experiment_of_the_past_runs_under_enforced_roles(published: Stack) -> None:
    day = date.fromisoformat(published.json("status")["target_week"]) - timedelta(weeks=2, days=1)
    done = published.sodai("run", "--as-of", str(day))
    assert done.returncode == 0, done.stdout + done.stderr
    assert published.json("show", "last")["outcome"] == "experiment"


def test_forced_retraining_runs_under_enforced_roles(published: Stack) -> None:
    done = published.sodai("run", "--force-retrain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert published.json("show", "last")["evaluation"]["champion"] is not None


def test_every_endpoint_answers_under_enforced_roles(published: Stack) -> None:
    with httpx.Client(base_url=published.api_url, trust_env=False, timeout=30) as client:
        shop = client.get("/customers").json()["items"][0]["customer_id"]
        product = client.get("/products").json()["items"][0]["product_id"]
        run = client.get("/runs").json()["items"][0]["run"]
        pair = {"customer_id": shop, "product_id": product}
        bodies: dict[str, dict[str, Any]] = {
            "/predict": {"json": pair},
            "/predict/batch": {"json": {"customer_product_pairs": [pair]}},
            "/predict/csv": {
                "content": f"{shop},{product}\n",
                "headers": {"content-type": "text/csv"},
            },
            "/recommendations": {"json": {"customer_id": shop}},
            "/recommendations/new": {"json": {"customer_type": "ABARROTES"}},
            "/ask": {"json": {"question": "¿Cuántos clientes hay?"}},
        }
        told, failed = [], {}
        for path, methods in client.get("/openapi.json").json()["paths"].items():
            address = path.replace(RUN, run).replace(CUSTOMER, str(shop))
            address = address.replace(PRODUCT, str(product))
            for method in methods:
                answer = client.request(method, address, **bodies.get(path, {}))
                told.append(path)
                if answer.status_code != 200:
                    failed[f"{method} {path}"] = answer.text
        assert failed == {}
        assert len(told) >= 13


@pytest.mark.parametrize(
    ("verb", "call", "key"),
    [
        ("api", "put_object", "predictions/latest.json"),
        ("api", "delete_object", "predictions/latest.json"),
        ("api", "get_object", "clean/manifest.json"),
        ("plan", "put_object", "predictions/latest.json"),
        ("validate", "put_object", "models/champion.json"),
        ("train", "put_object", "predictions/latest.json"),
        ("predict", "put_object", "predictions/latest.json"),
        ("publish", "put_object", "clean/manifest.json"),
        ("record", "put_object", "predictions/latest.json"),
        ("watch", "get_object", "models/champion.json"),
    ],
)
def test_role_is_refused_beside_what_its_function_does(
    published: Stack, probe: Callable[..., str], verb: str, call: str, key: str
) -> None:
    """So enforcement is on, and the tests above prove something."""
    body = {"Body": "{}"} if call == "put_object" else {}
    before = published.store.read(key)
    assert probe(verb, "s3", call, Bucket=published.cloud.bucket(), Key=key, **body) == (
        "AccessDenied"
    )
    assert published.store.read(key) == before


@pytest.mark.parametrize(
    ("verb", "answer"),
    [("validate", "ResourceNotFoundException"), ("api", "AccessDeniedException")],
)
def test_api_reads_logs_of_the_week_and_not_its_own(
    published: Stack, probe: Callable[..., str], verb: str, answer: str
) -> None:
    group = f"/aws/lambda/{published.cloud.function_name(verb)}"
    asked = {"logGroupName": group, "logStreamName": "none"}
    assert probe("api", "logs", "get_log_events", **asked) == answer


def test_role_is_allowed_what_its_function_does(
    published: Stack, probe: Callable[..., str]
) -> None:
    bucket, key = published.cloud.bucket(), "predictions/latest.json"
    assert probe("api", "s3", "get_object", Bucket=bucket, Key=key) == "allowed"


@pytest.fixture(scope="module")
def may(strict: Stack) -> Callable[[str, str, str], bool]:
    """Ask IAM whether a role may do something with one resource."""
    iam = strict.cloud.client("iam")

    def ask(role: str, action: str, resource: str) -> bool:
        [result] = iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
        )["EvaluationResults"]
        return bool(result["EvalDecision"] == "allowed")

    return ask


def test_state_machine_may_invoke_the_functions_of_its_definition_and_none_beside(
    strict: Stack, may: Callable[[str, str, str], bool]
) -> None:
    machine = strict.cloud.client("stepfunctions").describe_state_machine(
        stateMachineArn=strict.cloud.outputs["StateMachineArn"]
    )
    functions = sorted(set(re.findall(r"arn:aws:lambda:[\w:-]+", machine["definition"])))
    assert len(functions) == 12
    role = machine["roleArn"]
    assert [f for f in functions if not may(role, "lambda:InvokeFunction", f)] == []
    assert [f for f in functions if may(role, "lambda:InvokeFunction", f"{f}x")] == []
    assert not may(role, "lambda:DeleteFunction", functions[0])


def test_state_machine_may_start_the_children_of_its_own_maps_and_no_others(
    strict: Stack, may: Callable[[str, str, str], bool]
) -> None:
    arn = strict.cloud.outputs["StateMachineArn"]
    states = strict.cloud.client("stepfunctions")
    role = states.describe_state_machine(stateMachineArn=arn)["roleArn"]
    assert may(role, "states:StartExecution", arn)
    assert not may(role, "states:StartExecution", f"{arn}x")


def test_state_machine_may_read_what_its_maps_go_through_and_nothing_else(
    strict: Stack, may: Callable[[str, str, str], bool]
) -> None:
    machine = strict.cloud.client("stepfunctions").describe_state_machine(
        stateMachineArn=strict.cloud.outputs["StateMachineArn"]
    )
    bucket = f"arn:aws:s3:::{strict.cloud.bucket()}"
    role = machine["roleArn"]
    items = Keys().items("features", "0a"), Keys(root="experiments/1/").items("shards", "0a")
    assert all(may(role, "s3:GetObject", f"{bucket}/{key}") for key in items)
    assert not may(role, "s3:GetObject", f"{bucket}/{keys.LATEST_FORECAST}")
    assert not may(role, "s3:GetObject", f"{bucket}x/{items[0]}")
    assert not may(role, "s3:PutObject", f"{bucket}/{items[0]}")


def role_of_schedule(stack: Stack, target: str | None = None) -> str:
    """Return the role of the one schedule that starts the week, or something else."""
    scheduler, wanted = stack.cloud.client("scheduler"), target or machine_of(stack)
    names = [one["Name"] for one in scheduler.list_schedules()["Schedules"]]
    targets = [scheduler.get_schedule(Name=name)["Target"] for name in names]
    [role] = [one["RoleArn"] for one in targets if one["Arn"] == wanted]
    return str(role)


def machine_of(stack: Stack) -> str:
    return stack.cloud.outputs["StateMachineArn"]


def role_of_rule(stack: Stack) -> str:
    events = stack.cloud.client("events")
    [rule] = events.list_rules()["Rules"]
    [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"] == stack.cloud.outputs["StateMachineArn"]
    return str(target["RoleArn"])


def test_schedule_may_look_at_the_last_publication_and_start_nothing(
    strict: Stack, may: Callable[[str, str, str], bool]
) -> None:
    functions = strict.cloud.client("lambda")
    name = strict.cloud.function_name("watch")
    watch = functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    role = role_of_schedule(strict, watch)
    assert may(role, "lambda:InvokeFunction", watch)
    assert not may(role, "lambda:InvokeFunction", f"{watch}x")
    assert not may(role, "states:StartExecution", machine_of(strict))


@pytest.mark.parametrize("verb", ["record", "watch"])
def test_function_may_tell_people_and_nobody_else(
    published: Stack, probe: Callable[..., str], verb: str
) -> None:
    topics = published.cloud.client("sns")
    other = topics.create_topic(Name="others")["TopicArn"]
    [own] = [t["TopicArn"] for t in topics.list_topics()["Topics"] if t["TopicArn"] != other]
    message = {"Subject": "SodAI", "Message": "a test"}
    assert probe(verb, "sns", "publish", TopicArn=own, **message) == "allowed"
    assert probe(verb, "sns", "publish", TopicArn=other, **message).startswith("Auth")


def test_watch_reads_the_last_publication_under_enforced_roles(
    published: Stack, tmp_path: Path
) -> None:
    event = tmp_path / "event.json"
    event.write_text("{}")
    told = published.json("invoke", "watch", "-e", str(event))
    assert told["payload"]["days"] == 0


@pytest.mark.parametrize("role_of", [role_of_schedule, role_of_rule])
def test_trigger_may_start_the_week_and_no_other_state_machine(
    strict: Stack, may: Callable[[str, str, str], bool], role_of: Callable[[Stack], str]
) -> None:
    role, machine = role_of(strict), strict.cloud.outputs["StateMachineArn"]
    assert may(role, "states:StartExecution", machine)
    assert not may(role, "states:StartExecution", f"{machine}x")
    assert not may(role, "states:DeleteStateMachine", machine)
