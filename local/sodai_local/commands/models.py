"""`sodai models`, `rollback`, `restore`: which model forecasts, which forecast is served."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sodai_local.console import JsonOption, console, print_json, say

if TYPE_CHECKING:
    from sodai.store.keys import Keys

    from sodai_local.cloud import Cloud


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("models")(models)
    app.command("rollback")(rollback)
    app.command("restore")(restore)


def models(as_json: JsonOption = False) -> None:
    """List the versions of the model, newest first, and where each comes from."""
    from rich.table import Table
    from sodai.store.versions import list_versions

    from sodai_local.cloud import connect

    cloud = connect()
    versions = list_versions(cloud.artifacts(), keys_of(cloud))
    if as_json:
        print_json(versions)
        return
    if not versions:
        say("There is no model yet. Train the first with: make run")
        return
    table = Table(box=None)
    for title in ("version", "status", "kind", "trained through", "F1", "AP", "replaced", "run"):
        table.add_column(title, no_wrap=title == "version", overflow="fold")
    for one in versions:
        mean = one["evaluation"] or {}
        table.add_row(
            one["version"],
            one["status"] + ("" if one["intact"] else ", DAMAGED"),
            *(str(one[key] or "–") for key in ("kind", "trained_through")),
            *(number(mean.get(key)) for key in ("f1", "average_precision")),
            *(str(one[key] or "–") for key in ("replaced", "run")),
        )
    console().print(table)


def rollback(
    version: Annotated[str, typer.Argument(help="A version listed by: sodai models")],
    as_json: JsonOption = False,
) -> None:
    """Make an earlier version the champion again; the forecasts that follow are its own."""
    from sodai.store.versions import roll_back

    from sodai_local.cloud import connect

    cloud = connect()
    pointer = roll_back(cloud.artifacts(), keys_of(cloud), version, datetime.now(UTC))
    if as_json:
        print_json(pointer)
        return
    say(f"The champion is {version}; before it was {pointer['previous']}.")
    say("It forecasts from the next delivery on; the forecast that is served stays as it is.")
    say("To serve an earlier forecast again: sodai restore RUN")


def restore(
    run: Annotated[str, typer.Argument(help="A run listed by: sodai runs")],
    as_json: JsonOption = False,
) -> None:
    """Serve the forecast of a run again, also when what it was made from has expired."""
    from sodai.store.forecasts import restore as restore_forecast

    from sodai_local.cloud import connect

    forecast = restore_forecast(connect().artifacts(), run, datetime.now(UTC))
    if as_json:
        print_json(forecast)
    else:
        say(f"The forecast of {forecast['week']} is again the one of run {run}.")


def keys_of(cloud: "Cloud") -> "Keys":
    """Return the keys under the stack's own prefix of models."""
    from sodai.store.keys import Keys

    return Keys(models=cloud.parameter("ModelsPath"))


def number(value: Any) -> str:
    """Return three decimals; an unknown value is a dash."""
    return "–" if value is None else f"{value:.3f}"
