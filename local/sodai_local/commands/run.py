"""`sodai run`: start the week and follow it to its end."""

from datetime import date
from typing import Annotated

import typer

from sodai_local.console import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    as_of: Annotated[
        str | None, typer.Option(help="Last day to see (YYYY-MM-DD): an experiment.")
    ] = None,
    force_retrain: Annotated[
        bool, typer.Option("--force-retrain", help="Train whatever the reasons say.")
    ] = False,
    trials: Annotated[
        int | None, typer.Option(min=0, max=1000, help="Optuna trials of this run.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the run.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Start the state machine and follow it."""
    from sodai_local.cloud import connect
    from sodai_local.following import start_week
    from sodai_local.reporting import report_end

    if as_of is not None:
        as_of = str(parse_day(as_of))
    cloud = connect()
    asked = {"as_of": as_of, "force_retrain": force_retrain, "trials": trials}
    report_end(cloud, start_week(cloud, asked, wait=wait, quiet=as_json), as_json=as_json)


def parse_day(text: str) -> date:
    """Return a day; a wrong one is refused in words."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day like 2024-11-03") from error
