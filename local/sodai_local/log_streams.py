"""One log stream for each worker of a function, under the name its context tells: as on AWS.

MiniStack opens a stream for each call, under a name that the function never learns; what a run
record says of a state's log would lead nowhere.
"""

import threading
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from ministack.core import lambda_runtime
from ministack.services import cloudwatch_logs, lambda_svc

STREAM_VARIABLE: Final = "AWS_LAMBDA_LOG_STREAM_NAME"
_present: Final = threading.local()  # the stream of the worker that this thread has called


def install() -> None:
    """Change MiniStack before the first request."""
    _name_streams_by_worker()
    _write_into_the_workers_stream()


def _name_streams_by_worker() -> None:
    worker = lambda_runtime.ProvidedWorker
    spawn, invoke, environment = worker._spawn, worker.invoke, lambda_svc._provided_worker_env

    def spawn_with_stream(self: Any, *arguments: Any, **named: Any) -> None:
        self.log_stream = _present.stream = _new_name(self.config)
        spawn(self, *arguments, **named)

    def environment_with_stream(*arguments: Any) -> dict[str, str]:
        return {**environment(*arguments), STREAM_VARIABLE: _present.stream}

    def invoke_and_tell(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return invoke(self, *arguments, **named)
        finally:
            _present.stream = self.log_stream

    worker._spawn, worker.invoke = spawn_with_stream, invoke_and_tell
    lambda_svc._provided_worker_env = environment_with_stream


def _new_name(config: dict[str, Any]) -> str:
    return f"{datetime.now(UTC):%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{uuid4().hex}"


def _write_into_the_workers_stream() -> None:
    emit = lambda_svc._emit_lambda_logs

    def emit_and_move(function: Any, request_id: str, *arguments: Any, **named: Any) -> None:
        emit(function, request_id, *arguments, **named)
        if stream := getattr(_present, "stream", None):
            _present.stream = None
            name = (function.get("config") or function)["FunctionName"]
            group = cloudwatch_logs._log_groups.get(f"/aws/lambda/{name}")
            if group:
                _move(group["streams"], request_id, stream)

    lambda_svc._emit_lambda_logs = emit_and_move


def _move(streams: dict[str, Any], request_id: str, stream: str) -> None:
    """Put what was just written about a call into its worker's stream."""
    start = f"START RequestId: {request_id} "
    for name in reversed(list(streams)):
        events = streams[name]["events"]
        if events and events[0]["message"].startswith(start):
            written = streams.pop(name)
            if stream in streams:
                cloudwatch_logs._append_log_events(streams[stream], written["events"])
            else:
                streams[stream] = written
            return
