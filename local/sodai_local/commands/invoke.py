"""`sodai invoke`: one function, without Docker, with the event files of `sam local invoke`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sodai_local.console import JsonOption, print_json, say, warn
from sodai_local.errors import LocalError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("invoke")(invoke)


def invoke(
    function: Annotated[str, typer.Argument(help="A verb such as plan, or the template's name.")],
    event: Annotated[Path, typer.Option("-e", "--event", help="JSON file with the event.")],
    as_json: JsonOption = False,
) -> None:
    """Run one function's handler and print what it returned and logged."""
    from sodai_local.cloud import connect

    payload = read_event(event)
    cloud = connect()
    answer = cloud.invoke(find_verb(function, cloud.function_verbs()), payload)
    if as_json:
        print_json({"payload": answer.payload, "error": answer.function_error, "log": answer.log})
    else:
        for line in answer.log:
            warn(line)
        print_json(answer.payload)
    if answer.function_error:
        if not as_json:
            say(f"The function failed: {name_of_error(answer.payload)}")
        raise typer.Exit(1)


def read_event(path: Path) -> Any:
    """Return the event in a file; a missing or broken one is told in words."""
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise LocalError(
            str(error), f"The event file {path} cannot be read ({error.strerror})."
        ) from error
    except ValueError as error:
        raise LocalError(str(error), f"{path} is not JSON: {error}") from error


def find_verb(name: str, verbs: list[str]) -> str:
    """Return the verb of a function, by verb or by its logical id in the template."""
    known = {verb: verb for verb in verbs}
    known |= {
        f"{''.join(part.title() for part in verb.split('_'))}Function": verb for verb in verbs
    }
    if name not in known:
        raise LocalError(
            f"no function {name}", f"There is no function {name!r}. There are: {', '.join(verbs)}."
        )
    return known[name]


def name_of_error(payload: Any) -> str:
    """Return the error of a failed call in one line."""
    if not isinstance(payload, dict):
        return str(payload)
    return f"{payload.get('errorType', 'Error')}: {payload.get('errorMessage', '')}"
