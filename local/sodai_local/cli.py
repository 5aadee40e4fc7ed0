"""The command line ``sodai``."""

import os
import sys
import traceback
from typing import Annotated

import typer
from sodai.domain.errors import SodaiError

from sodai_local.commands import (
    cloud,
    history,
    ingest,
    invoke,
    ledger,
    models,
    predictions,
    quarantine,
    replay,
    run,
)
from sodai_local.console import warn
from sodai_local.errors import Interrupted

CONNECTION_ERRORS = ("EndpointConnectionError", "ConnectionClosedError", "ConnectTimeoutError")
INTERRUPTED_EXIT = 130
CALM = "Stopped. Nothing is broken; the same command goes on from here."

app = typer.Typer(
    name="sodai",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Forecast what each shop will order in the coming week.",
)
for group in (cloud, ingest, run, history, quarantine, models, ledger, predictions, replay, invoke):
    group.register(app)


@app.callback()
def options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error came from (also: SODAI_DEBUG=1).")
    ] = False,
) -> None:
    """Take the options that every command has."""
    if debug:
        os.environ["SODAI_DEBUG"] = "1"


def main() -> None:
    """Run a command; whatever goes wrong is told in plain words."""
    if "--debug" in sys.argv[2:]:  # also behind the command's name
        sys.argv.remove("--debug")
        os.environ["SODAI_DEBUG"] = "1"
    sys.exit(run_command())


def run_command() -> int:
    """Run the command of ``sys.argv``; return the exit code."""
    try:
        app(prog_name="sodai")
    except SystemExit as ended:  # Typer's own way out, also after wrong words and Ctrl-C
        code = ended.code if isinstance(ended.code, int) else 1
        if code == INTERRUPTED_EXIT:
            warn(CALM)
        return code
    except Interrupted as interrupted:
        warn(interrupted.message)
        return INTERRUPTED_EXIT
    except Exception as error:
        return told_in_words(error)
    return 0


def told_in_words(error: Exception) -> int:
    """Tell an error in plain words; return the exit code."""
    if os.environ.get("SODAI_DEBUG"):
        traceback.print_exc()
    warn(in_plain_words(error))
    return 1


def in_plain_words(error: Exception) -> str:
    """Return what an error means for the person at the keyboard."""
    if isinstance(error, SodaiError):
        return error.user_message
    if type(error).__name__ in CONNECTION_ERRORS:
        target = os.environ.get("TARGET") or "embedded"
        started = "Start it (again) with: sodai up" if target == "embedded" else "Is it running?"
        return f"The {target} cloud does not answer. {started}"
    if type(error).__name__ in {"NoCredentialsError", "PartialCredentialsError"}:
        return "There are no AWS credentials. Set a profile (AWS_PROFILE), or use TARGET=embedded."
    return (
        f"Something unexpected went wrong ({type(error).__name__}: {error}). "
        "Run the command again with --debug to see where."
    )


if __name__ == "__main__":
    main()
