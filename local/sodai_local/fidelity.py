"""Where the embedded cloud is looser or slower than AWS in ways that cost data or time.

Written for the pinned MiniStack; the conformance suite holds each point.
"""

import json
import re
import socketserver
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ministack.core import iam_actions, lambda_runtime
from ministack.services import cloudwatch_logs, lambda_svc, s3, stepfunctions
from ministack.services.cloudformation import changesets, provisioners

from sodai_local import log_streams

BUCKET: Final = "AWS::S3::Bucket"
STREAMS_KEPT: Final = 2000
LINES_KEPT: Final = 10_000  # of a stream
SILENT_HANDLER_SECONDS: Final = 0.005
IDLE_SECONDS: Final = 120.0
LIGHT_MEGABYTES: Final = 1024  # a function with more gives its memory back when idle
_retiring: Final[list[Any]] = []  # busy workers of code that was replaced


def install() -> None:
    """Change what has to be changed before the first request."""
    # Without this each answer of a worker waits 40 ms for an acknowledgement.
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    _wait_less_for_silent_handlers()
    _let_busy_workers_finish()
    lambda_svc._probe_peak_memory_mb = peak_memory_megabytes
    _adopt_and_keep_buckets()
    _judge_log_readers_by_stream()
    log_streams.install()


def _wait_less_for_silent_handlers() -> None:
    worker = lambda_runtime.ProvidedWorker
    drain = worker._drain_stderr_bounded

    def drain_soon(self: Any, first_line_wait: float = SILENT_HANDLER_SECONDS) -> str:
        return str(drain(self, first_line_wait=first_line_wait))

    worker._drain_stderr_bounded = drain_soon


def _let_busy_workers_finish() -> None:
    """Deploy as AWS does: new calls get the new code, a running one ends with the old."""
    invalidate = lambda_svc.invalidate_worker

    def retire(name: str, *arguments: Any, **scope: Any) -> None:
        with lambda_runtime._lock:
            for key, workers in lambda_runtime._workers.items():
                if name in key.split(":"):
                    _retiring.extend(worker for worker in workers if worker.in_use)
                    lambda_runtime._workers[key] = [w for w in workers if not w.in_use]
        invalidate(name, *arguments, **scope)

    lambda_svc.invalidate_worker = retire


def _adopt_and_keep_buckets() -> None:
    """Let a new stack adopt a bucket that outlived its stack; never delete a full one.

    AWS does the first with ``ImportExistingResources`` and refuses the second by itself.
    """
    handlers = provisioners._RESOURCE_HANDLERS[BUCKET]
    create, delete = handlers["create"], handlers["delete"]
    conflict = provisioners.s3_bucket_name_conflict

    def is_left_over(name: str) -> bool:
        wanted = [{"ResourceType": BUCKET, "ResourceIdentifier": {"BucketName": name}}]
        return name in s3._buckets and changesets._import_owner(wanted) is None

    def adopt_or_create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        name = properties.get("BucketName")
        if name and is_left_over(name):
            return provisioners._s3_update(name, {}, properties, stack_name)
        return create(logical_id, properties, stack_name)

    def delete_if_empty(physical_id: str, properties: dict[str, Any]) -> Any:
        if (s3._buckets.get(physical_id) or {}).get("objects"):
            raise ValueError(f"The bucket {physical_id} you tried to delete is not empty")
        return delete(physical_id, properties)

    handlers.update(create=adopt_or_create, delete=delete_if_empty)
    provisioners.s3_bucket_name_conflict = lambda name: (
        None if is_left_over(name) else conflict(name)
    )


def _judge_log_readers_by_stream() -> None:
    """Hold a right to read logs against the stream's name, as AWS does, not against the group's."""
    resource_of = iam_actions.extract_resource_arn

    def stream_of(service: str, method: str, path: str, headers: Any, body: Any, *more: Any) -> str:
        arn = str(resource_of(service, method, path, headers, body, *more))
        if service == "logs" and headers.get("x-amz-target", "").endswith(".GetLogEvents"):
            return f"{arn}:log-stream:{json.loads(body).get('logStreamName')}"
        return arn

    iam_actions.extract_resource_arn = stream_of


def execution_states() -> frozenset[tuple[str, str]]:
    """Return each execution with its status: when this changes, the state is worth saving."""
    executions: Iterable[dict[str, Any]] = stepfunctions._executions.all_values()
    return frozenset((item["executionArn"], item["status"]) for item in list(executions))


def forget_old_logs() -> None:
    """Keep the newest of each log group, so that saving stays quick for months."""
    for group in list(cloudwatch_logs._log_groups.all_values()):
        streams = group["streams"]
        for name in list(streams)[:-STREAMS_KEPT]:
            del streams[name]
        for stream in list(streams.values()):
            with cloudwatch_logs._log_events_lock:
                del stream["events"][:-LINES_KEPT]


def release_idle_workers() -> None:
    """End workers idle for long; the first one of a light function stays warm, as the API's."""
    idle_since = time.time() - IDLE_SECONDS
    released = []
    with lambda_runtime._lock:
        for key, workers in list(lambda_runtime._workers.items()):
            kept = [
                worker
                for index, worker in enumerate(workers)
                if worker.in_use
                or worker.last_used > idle_since
                or (index == 0 and worker.config["MemorySize"] <= LIGHT_MEGABYTES)
            ]
            released += [worker for worker in workers if worker not in kept]
            lambda_runtime._workers[key] = kept
        released += [worker for worker in _retiring if not worker.in_use]
        _retiring[:] = [worker for worker in _retiring if worker.in_use and worker._proc]
    lambda_runtime.kill_workers(released)


def end_workers() -> None:
    """End every worker at once."""
    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
    for worker in [*workers, *_retiring]:
        if worker._proc:
            worker._proc.kill()


def peak_memory_megabytes(function: dict[str, Any]) -> int:
    """Return the largest resident memory of a function's workers so far, for its REPORT line."""
    name = (function.get("config") or function)["FunctionName"]
    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
    pids = [worker._proc.pid for worker in workers if worker.func_name == name and worker._proc]
    return max(map(_peak_of_process, pids), default=0)


def _peak_of_process(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0
