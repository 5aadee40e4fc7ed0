"""`sodai ingest`: deliver tables, and start the week on them."""

from pathlib import Path
from typing import Annotated

import typer

from sodai_local.adapting import MapOption
from sodai_local.console import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest")(ingest)


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of files.")],
    run: Annotated[bool, typer.Option("--run", help="Start the week and follow it.")] = False,
    replace_week: Annotated[
        bool,
        typer.Option(
            "--replace-week",
            help="Start the week; the complete weeks in these files take the place of those kept.",
        ),
    ] = False,
    columns: MapOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deliver new weekly transactions, or customer or product tables."""
    from sodai_local.cloud import connect
    from sodai_local.console import print_json, say
    from sodai_local.delivering import deliver
    from sodai_local.following import start_week
    from sodai_local.reporting import report_end

    cloud = connect()
    delivered = deliver(cloud, paths, columns, again=replace_week)
    for file in delivered if not as_json else []:
        say(f"  {'known before' if file.known else 'delivered':<13} {file.name}")
    if run or replace_week:
        asked = {"replace_weeks": replace_week}
        report_end(cloud, start_week(cloud, asked, wait=True, quiet=as_json), as_json=as_json)
    elif as_json:
        print_json({"files": [file.to_dict() for file in delivered]})
