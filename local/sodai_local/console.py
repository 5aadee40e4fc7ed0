"""What the commands print: words for people, or JSON for programs."""

import json
import sys
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@cache
def console() -> "Console":
    """Return the console on standard output; plain text where that is not a terminal."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print one plain line for people."""
    console().print(text, markup=False)


def warn(text: str) -> None:
    """Print one plain line on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_json(value: Any) -> None:
    """Print JSON on standard output; dates become ISO text."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()
