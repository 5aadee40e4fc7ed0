"""What the commands need of a cloud: the same for the embedded one, LocalStack and AWS."""

import base64
import functools
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sodai_local.environment import REGION
from sodai_local.errors import NotDeployed, NotRunning
from sodai_local.part import find
from sodai_local.sam import configured_stack
from sodai_local.state import State, stack_name
from sodai_local.targets import (
    Target,
    aws_region,
    chosen_target,
    client_of,
    localstack_endpoint,
)

if TYPE_CHECKING:
    from sodai.store.artifacts import Artifacts


@dataclass(frozen=True)
class Execution:
    """One execution of the state machine."""

    arn: str
    status: str
    started: datetime | None = None
    stopped: datetime | None = None
    error: str | None = None
    cause: str | None = None
    output: Any = None

    @property
    def name(self) -> str:
        """The last part of the ARN."""
        return self.arn.rsplit(":", 1)[-1]


@dataclass(frozen=True)
class Invocation:
    """The answer of one function."""

    payload: Any
    function_error: str | None
    log: list[str]


@dataclass(frozen=True)
class LogLine:
    """One line of a log."""

    timestamp: int  # milliseconds since 1970
    message: str


def connect(*, require_stack: bool = True, state: State | None = None) -> "Cloud":
    """Return the chosen cloud.

    Parameters
    ----------
    require_stack : bool
        Whether the stack has to be deployed already.
    state : State, optional
        The state folder of the embedded cloud.

    Raises
    ------
    LocalError
        If the embedded cloud is down, or the stack is missing.
    """
    target = chosen_target()
    if target == "embedded":
        cloud = embedded_cloud(state or State.find())
    elif target == "localstack":
        cloud = Cloud(target, configured_stack(target), REGION, localstack_endpoint())
    else:
        cloud = Cloud(target, configured_stack(target), aws_region(), None)
    if require_stack and not cloud.outputs:
        raise NotDeployed(cloud.stack)
    return cloud


def embedded_cloud(state: State, stack: str | None = None) -> "Cloud":
    """Return the embedded cloud of a state folder; raise `NotRunning` if it is down."""
    record = find(state, "cloud")
    if record is None or not record.ready:
        raise NotRunning
    door = find(state, "door")
    return Cloud("embedded", stack or stack_name(), REGION, record.url, door.url if door else None)


@dataclass(frozen=True)
class Cloud:
    """A cloud with one stack of ours; clients and outputs are kept, also between threads."""

    target: Target
    stack: str
    region: str
    endpoint: str | None
    door: str | None = None

    def client(self, service: str) -> Any:
        """Return a client that talks to this cloud and no other.

        For a local target it is botocore's own: boto3 would take a third of a second to load.
        """
        return client_of(self.target, self.region, self.endpoint, service)

    @property
    def outputs(self) -> Mapping[str, str]:
        """The outputs of the stack; empty while it is not deployed."""
        try:
            return _outputs(self)
        except NotDeployed:
            return {}

    def parameter(self, name: str) -> str:
        """Return the value a parameter of the stack has."""
        formation = self.client("cloudformation")
        [stack] = formation.describe_stacks(StackName=self.stack)["Stacks"]
        values = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
        return str(values[name])

    def refresh(self) -> None:
        """Forget the outputs: the stack was deployed again."""
        _outputs.cache_clear()

    @property
    def site_url(self) -> str | None:
        """Address of the site."""
        return self.door or self.outputs.get("SiteUrl")

    @property
    def api_url(self) -> str | None:
        """Address of the API."""
        return f"{self.door}/api" if self.door else self.outputs.get("ApiUrl")

    def bucket(self) -> str:
        """Return the name of the bucket of artifacts."""
        return self._output("ArtifactsBucket")

    def artifacts(self) -> "Artifacts":
        """Return the bucket of artifacts."""
        from sodai.store.artifacts import Artifacts

        return Artifacts(self.bucket(), self.client("s3"))

    def function_name(self, verb: str) -> str:
        """Return the name of a verb's function."""
        return f"{self.stack}-{verb}"

    def function_verbs(self) -> list[str]:
        """Return the verbs that have a function, in order of the alphabet."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        names = [item["FunctionName"] for page in pages for item in page["Functions"]]
        prefix = self.function_name("")
        return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))

    def start(self, execution_input: Mapping[str, Any], name: str) -> str:
        """Start the week; return the execution's ARN, also if it was started before."""
        machine = self._output("StateMachineArn")
        states = self.client("stepfunctions")
        try:
            answer = states.start_execution(
                stateMachineArn=machine, name=name, input=json.dumps(execution_input, default=str)
            )
        except states.exceptions.ExecutionAlreadyExists:
            return machine.replace(":stateMachine:", ":execution:") + f":{name}"
        return str(answer["executionArn"])

    def execution(self, arn: str) -> Execution:
        """Return how an execution stands; an unknown one has the status ``UNKNOWN``."""
        states = self.client("stepfunctions")
        try:
            answer = states.describe_execution(executionArn=arn)
        except (states.exceptions.ExecutionDoesNotExist, states.exceptions.InvalidArn):
            return Execution(arn, "UNKNOWN")
        return Execution(
            arn=arn,
            status=answer["status"],
            started=answer["startDate"],
            stopped=answer.get("stopDate"),
            error=answer.get("error"),
            cause=answer.get("cause"),
            output=json.loads(answer["output"]) if answer.get("output") else None,
        )

    def wait(self, arn: str, seconds: float, pause: float = 0.1) -> Execution:
        """Wait until an execution has ended, at most so long; return how it stands."""
        deadline = time.monotonic() + seconds
        while (found := self.execution(arn)).status == "RUNNING" and time.monotonic() < deadline:
            time.sleep(pause)
        return found

    def history(self, arn: str) -> list[dict[str, Any]]:
        """Return all events of an execution, oldest first."""
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        return [event for page in pages.paginate(executionArn=arn) for event in page["events"]]

    def executions(self, limit: int = 50) -> list[Execution]:
        """Return the newest executions, newest first."""
        answer = self.client("stepfunctions").list_executions(
            stateMachineArn=self._output("StateMachineArn"), maxResults=limit
        )
        found = [
            Execution(
                arn=item["executionArn"],
                status=item["status"],
                started=item["startDate"],
                stopped=item.get("stopDate"),
            )
            for item in answer["executions"]
        ]
        return sorted(found, key=lambda item: cast(datetime, item.started), reverse=True)

    def invoke(self, verb: str, event: object) -> Invocation:
        """Call a function and wait for its answer."""
        answer = self.client("lambda").invoke(
            FunctionName=self.function_name(verb), Payload=json.dumps(event), LogType="Tail"
        )
        body = answer["Payload"].read()
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        return Invocation(
            payload=json.loads(body) if body else None,
            function_error=answer.get("FunctionError"),
            log=log.splitlines(),
        )

    def log_lines(
        self,
        log_group: str,
        log_stream: str | None = None,
        request_id: str | None = None,
        since_ms: int | None = None,
    ) -> list[LogLine]:
        """Return lines of a log, oldest first; empty if there are none yet.

        With ``request_id`` the lines of that one call are returned, whatever its stream.
        """
        logs = self.client("logs")
        if request_id:
            return self._lines_of_call(logs, log_group, request_id)
        wanted: dict[str, Any] = {"logGroupName": log_group}
        if log_stream:
            wanted["logStreamNames"] = [log_stream]
        if since_ms is not None:
            wanted["startTime"] = since_ms
        return [line for line, _ in _filtered(logs, wanted)]

    def _lines_of_call(self, logs: Any, log_group: str, request_id: str) -> list[LogLine]:
        wanted = {"logGroupName": log_group, "filterPattern": f'"{request_id}"'}
        streams = sorted({stream for _, stream in _filtered(logs, wanted)})
        if not streams:
            return []
        inside = {"logGroupName": log_group, "logStreamNames": streams}
        return cut_out(request_id, [line for line, _ in _filtered(logs, inside)])

    def _output(self, name: str) -> str:
        try:
            return self.outputs[name]
        except KeyError:
            raise NotDeployed(self.stack) from None


def _filtered(logs: Any, wanted: Mapping[str, Any]) -> Iterator[tuple[LogLine, str]]:
    try:
        for page in logs.get_paginator("filter_log_events").paginate(**wanted):
            for event in page["events"]:
                yield LogLine(event["timestamp"], event["message"].rstrip()), event["logStreamName"]
    except logs.exceptions.ResourceNotFoundException:
        return


def cut_out(request_id: str, lines: list[LogLine]) -> list[LogLine]:
    """Return a call's lines, from its START to its REPORT; all if the stream has no such lines."""
    messages = [line.message for line in lines]
    first = [i for i, m in enumerate(messages) if m.startswith(f"START RequestId: {request_id}")]
    last = [i for i, m in enumerate(messages) if m.startswith(f"REPORT RequestId: {request_id}")]
    begin = first[0] if first else 0
    end = last[-1] + 1 if last else len(lines)
    return lines[begin:end]


@functools.cache
def _outputs(cloud: Cloud) -> Mapping[str, str]:
    formation = cloud.client("cloudformation")
    try:
        stack = formation.describe_stacks(StackName=cloud.stack)["Stacks"][0]
    except formation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            raise NotDeployed(cloud.stack) from error
        raise
    if not stack["StackStatus"].endswith("_COMPLETE"):
        raise NotDeployed(cloud.stack)
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
