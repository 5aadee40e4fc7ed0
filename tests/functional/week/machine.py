"""Walks the real state machine definition over the real handlers, in this process.

Only what the definition uses is known here; anything else fails loudly. A path that does not
resolve fails, too, as on AWS.
"""

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
VERBS = {
    "Plan": "plan", "Validate": "validate", "Observe": "observe", "Features": "features",
    "Drift": "drift", "Train": "train", "LoadModel": "load_model", "Evaluate": "evaluate",
    "Explain": "explain", "Predict": "predict", "Publish": "publish", "Record": "record",
}  # fmt: skip


class Failed(Exception):
    """The execution ended in its Fail state."""


@dataclass
class Machine:
    """One state machine; ``read`` fetches the objects that Maps go through."""

    read: Callable[[str], bytes]
    before: Callable[[str, str | None], None] = lambda verb, part: None
    visited: list[str] = field(default_factory=list)

    def run(self, asked: dict[str, Any], execution: str) -> Any:
        """Run an execution; return its output or raise `Failed`."""
        definition = json.loads((ROOT / "statemachine" / "weekly.asl.json").read_text())
        return self._walk(definition, asked, {"Execution": {"Id": execution, "Input": asked}})

    def _walk(self, definition: dict[str, Any], data: Any, context: dict[str, Any]) -> Any:
        name = definition["StartAt"]
        while True:
            state = definition["States"][name]
            self.visited.append(name)
            if state["Type"] == "Fail":
                raise Failed(_get(data, state["ErrorPath"]), _get(data, state["CausePath"]))
            if state["Type"] == "Choice":
                name = next(
                    (c["Next"] for c in state["Choices"] if _holds(c, data)), state.get("Default")
                )
                continue
            if state["Type"] == "Wait":
                name = state["Next"]
                continue
            try:
                result = self._do(state, data, context)
            except Exception as error:
                caught = next((c for c in state.get("Catch", []) if _matches(c, error)), None)
                if caught is None:
                    raise
                cause = {"errorType": type(error).__name__, "errorMessage": str(error)}
                told = {"Error": type(error).__name__, "Cause": json.dumps(cause)}
                data, name = _put(data, caught["ResultPath"], told), caught["Next"]
                continue
            if "ResultSelector" in state:
                result = _fill(state["ResultSelector"], result, context)
            data = _put(data, state.get("ResultPath", "$"), result)
            if state.get("End"):
                return data
            name = state["Next"]

    def _do(self, state: dict[str, Any], data: Any, context: dict[str, Any]) -> Any:
        if state["Type"] == "Map":
            items = json.loads(self.read(_get(data, state["ItemReader"]["Parameters"]["Key.$"])))
            return [
                self._walk(
                    state["ItemProcessor"],
                    _fill(state["ItemSelector"], data, {**context, "Map": {"Item": {"Value": i}}}),
                    context,
                )
                for i in items
            ]
        payload = _fill(state["Parameters"], data, context) if "Parameters" in state else data
        if state["Type"] == "Pass":
            return payload
        verb = VERBS[state["Resource"].removeprefix("${").removesuffix("FunctionArn}")]
        self.before(verb, payload.get("part"))
        handler = importlib.import_module(f"functions.{verb}.app").handler
        payload = json.loads(json.dumps(payload))
        result = json.loads(json.dumps(handler(payload, lambda_context(verb))))
        assert len(json.dumps(result)) < 32_000, f"{verb} returns more than small facts"
        return result


def lambda_context(verb: str) -> Any:
    """Return what the platform hands a handler."""
    return SimpleNamespace(
        function_name=verb,
        memory_limit_in_mb=1024,
        invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{verb}",
        aws_request_id=f"request-{verb}",
        log_group_name=f"/aws/lambda/sodai-{verb}",
        log_stream_name="stream",
        get_remaining_time_in_millis=lambda: 900_000,
    )


def _get(data: Any, path: str) -> Any:
    for key in path.removeprefix("$").split("."):
        if key:
            data = data[key]
    return data


def _put(data: Any, path: str | None, value: Any) -> Any:
    if path is None:
        return data
    if path == "$":
        return value
    return {**data, path.removeprefix("$."): value}


def _fill(template: Any, data: Any, context: dict[str, Any]) -> Any:
    if not isinstance(template, dict):
        return template
    filled = {}
    for key, value in template.items():
        if key.endswith(".$"):
            source = context if value.startswith("$$") else data
            filled[key[:-2]] = _get(source, value.replace("$$", "$"))
        else:
            filled[key] = _fill(value, data, context)
    return filled


def _holds(choice: dict[str, Any], data: Any) -> bool:
    if "IsPresent" in choice:
        return choice["Variable"].removeprefix("$.") in data
    kind = next(key for key in choice if key.endswith("Equals"))
    return bool(_get(data, choice["Variable"]) == choice[kind])


def _matches(catch: dict[str, Any], error: Exception) -> bool:
    return bool({type(error).__name__, "States.ALL"} & set(catch["ErrorEquals"]))
