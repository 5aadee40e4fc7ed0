"""`sodai quarantine`: what was set aside of a delivery, row by row, and why."""

from typing import Annotated, Any

import typer

from sodai_local.console import JsonOption, console, print_json, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("quarantine")(quarantine)


def quarantine(
    run: Annotated[str, typer.Argument(help="A run's id, or 'last'.")],
    limit: Annotated[int, typer.Option(min=1, help="Rows to print of each table.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the rows a run set aside with their reasons, and the files it refused whole."""
    from rich.table import Table

    from sodai_local.cloud import connect
    from sodai_local.commands.history import record_of

    store = connect().artifacts()
    record = record_of(store, run)
    tables, files = read_tables(store, record["run"]), refused_files(store, record["run"])
    if as_json:
        told = {name: frame.to_json(orient="records", date_format="iso") for name, frame in tables}
        print_json({"run": record["run"], "rows": parsed(told), "files": files})
        return
    if not tables and not files:
        say(f"Run {record['run']} set nothing aside.")
        return
    for name, frame in tables:
        counts = frame.groupby("reason")["count"].sum().sort_values(ascending=False)
        say(f"{name}: {', '.join(f'{n:,} {reason}' for reason, n in counts.items())}")
        columns = [column for column in frame.columns if column != "table"]
        table = Table(*columns, box=None)
        for row in frame[columns].head(limit).astype(str).itertuples(index=False):
            table.add_row(*row)
        console().print(table)
        if len(frame) > limit:
            say(f"… and {len(frame) - limit:,} rows more; all of them with --json")
    for file in files:
        say(f"refused whole: {file['name']}  ({file['key']})")
    if error := record.get("error"):
        say(error["user_message"])
    if files:
        say("Correct the file and deliver it again: sodai ingest FILE --run")


def read_tables(store: Any, run: str) -> list[tuple[str, Any]]:
    """Return the tables of a run's quarantine by name."""
    import io

    import pandas as pd
    from sodai.store import keys
    from sodai.store.artifacts import NotFound

    found = []
    for name in ("customers", "products", "transactions"):
        try:
            body = store.read(keys.quarantine(run, name))
        except NotFound:
            continue
        found.append((name, pd.read_parquet(io.BytesIO(body))))
    return found


def refused_files(store: Any, run: str) -> list[dict[str, Any]]:
    """Return the files a run refused whole: their names and where they lie now."""
    from sodai.store import keys

    entries = store.list(keys.refused(run, ""))
    return [{"name": keys.delivered_name(e.key), "key": e.key, "size": e.size} for e in entries]


def parsed(told: dict[str, str]) -> dict[str, Any]:
    """Return rows as plain values: pandas knows how to write a day and a missing number."""
    import json

    return {name: json.loads(rows) for name, rows in told.items()}
