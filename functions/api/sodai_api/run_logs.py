"""Logs of a run's states, from CloudWatch."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sodai.domain.errors import UnknownId

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

MOST_LINES: Final = 2_000  # of one state
PAGE: Final = 1_000
MARGIN: Final = timedelta(seconds=2)  # the record's clock and the log's may differ

Line = dict[str, Any]
State = Mapping[str, Any]


class RunLogs:
    """Reads the lines that one invocation wrote, as its state in the run record names it."""

    @cached_property
    def _client(self) -> "CloudWatchLogsClient":
        import boto3  # noqa: PLC0415 - it takes 0.3 s to load

        return boto3.client("logs")

    def of_run(self, record: Mapping[str, Any], state: str | None) -> list[Line]:
        """Return the lines of one state, or of all states, oldest first.

        Raises
        ------
        UnknownId
            If the run has no such state.
        """
        states: Mapping[str, State] = record["states"]
        if state is None:
            lines = [line for name in states for line in self._of_state(name, states[name])]
            return sorted(lines, key=lambda line: str(line["timestamp"]))
        if state not in states:
            known = ", ".join(states) or "none yet"
            raise UnknownId(
                f"unknown state {state}",
                f"Run {record['run']} has no state {state}; its states: {known}.",
            )
        return list(self._of_state(state, states[state]))

    def _of_state(self, name: str, state: State) -> Iterator[Line]:
        if state.get("log_group") and state.get("log_stream"):
            for event in within_invocation(self._events(state), state.get("request_id")):
                yield {"state": name, **as_line(event)}

    def _events(self, state: State) -> list[Mapping[str, Any]]:
        place: dict[str, Any] = {
            "logGroupName": state["log_group"],
            "logStreamName": state["log_stream"],
            "startTime": _milliseconds(state["started_at"], -MARGIN),
            "startFromHead": True,
            "limit": PAGE,
        }
        if state.get("ended_at"):
            place["endTime"] = _milliseconds(state["ended_at"], MARGIN)
        events: list[Mapping[str, Any]] = []
        while len(events) < MOST_LINES:
            try:
                page = self._client.get_log_events(**place)
            except self._client.exceptions.ResourceNotFoundException:
                return []
            events += page["events"]
            if page["nextForwardToken"] == place.get("nextToken") or not page["events"]:
                break
            place["nextToken"] = page["nextForwardToken"]
        return events[:MOST_LINES]


def within_invocation(
    events: list[Mapping[str, Any]], request_id: str | None
) -> list[Mapping[str, Any]]:
    """Return the events between the platform's START and END of a request, both included.

    Where a platform writes no such lines, all events are returned: they are already limited to
    the state's time.
    """
    marks = [
        position
        for position, event in enumerate(events)
        if request_id
        and event["message"].startswith(("START", "END", "REPORT"))
        and request_id in event["message"]
    ]
    return events[marks[0] : marks[-1] + 1] if len(marks) > 1 else events


def as_line(event: Mapping[str, Any]) -> Line:
    """Return a log event as ``timestamp``, ``level``, ``message`` and whatever else it tells."""
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    text = event["message"].rstrip()
    told: Line = {"timestamp": moment.isoformat(timespec="milliseconds")}
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        return {**told, "level": None, "message": text}
    rest = {key: value for key, value in parsed.items() if key not in {"timestamp", "level"}}
    return {**told, "level": parsed.get("level"), "message": parsed.get("message", text), **rest}


def _milliseconds(moment: str, shift: timedelta) -> int:
    return int((datetime.fromisoformat(moment) + shift).timestamp() * 1000)
