"""`sodai runs`, `sodai show`, `sodai logs`: what happened, and what was said meanwhile."""

from typing import Annotated, Any

import typer

from sodai_local.console import JsonOption, console, print_json, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("runs")(runs)
    app.command("show")(show)
    app.command("logs")(logs)


def runs(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the runs, newest first."""
    from rich.table import Table
    from sodai.store.runs import list_runs, read_record

    from sodai_local.cloud import connect

    store = connect().artifacts()
    records = [r for run in list_runs(store, limit) if (r := read_record(store, run))]
    if as_json:
        print_json([brief(record) for record in records])
        return
    if not records:
        say("No runs yet. Start the first with: make run")
        return
    table = Table("run", "status", "outcome", "week", "decision", "reasons", box=None)
    for record in records:
        row = brief(record)
        table.add_row(*(str(row[key] or "–") for key in list(row)[:5]), ", ".join(row["reasons"]))
    console().print(table)


def brief(record: dict[str, Any]) -> dict[str, Any]:
    """Return a run in one line."""
    decision = record.get("decision") or {}
    verb = {True: "retrain", False: "keep", None: None}[decision.get("retrain")]
    return {
        "run": record["run"],
        "status": record["status"],
        "outcome": record["outcome"],
        "week": (record.get("target") or {}).get("week"),
        "decision": verb,
        "reasons": decision.get("reasons") or [],
        "created_at": record["created_at"],
    }


def show(
    run: Annotated[str, typer.Argument(help="A run's id, or 'last'.")],
    as_json: JsonOption = False,
) -> None:
    """Show one run's record."""
    from sodai_local.cloud import connect
    from sodai_local.following import report_states
    from sodai_local.reporting import report_result

    record = record_of(connect().artifacts(), run)
    if as_json:
        print_json(record)
        return
    say(f"Run {record['run']}: {record['outcome'] or record['status']}")
    report_states(record, set(), say)
    if error := record.get("error"):
        say(f"It failed in state {error['state']}: {error['user_message']}")
    elif record["outcome"] in {"published", "experiment"}:
        report_result(record)


def logs(
    run: Annotated[str, typer.Argument(help="A run's id, or 'last'.")],
    state: Annotated[str | None, typer.Argument(help="One state; all of them by default.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the states of a run wrote."""
    from sodai_local.cloud import connect
    from sodai_local.errors import LocalError

    cloud = connect()
    states = record_of(cloud.artifacts(), run)["states"]
    if state is not None and state not in states:
        raise LocalError(
            f"run has no state {state}",
            f"This run has no state {state!r}. It has: {', '.join(states)}",
        )
    found = []
    for name, entry in states.items():
        if state in {None, name} and entry.get("log_group"):
            lines = cloud.log_lines(
                entry["log_group"], entry.get("log_stream"), entry.get("request_id")
            )
            found += [
                {"state": name, "at": line.timestamp, "message": line.message} for line in lines
            ]
    if as_json:
        print_json(found)
        return
    for line in found:
        say(f"{line['state']:<11} {str(line['message']).rstrip()}")


def record_of(store: Any, run: str) -> dict[str, Any]:
    """Return a run's record; an unknown run is refused in words."""
    from sodai.store.runs import list_runs, read_record

    from sodai_local.errors import LocalError

    names = list_runs(store, 1) if run == "last" else [run]
    record = read_record(store, names[0]) if names else None
    if record is None:
        raise LocalError(f"no run {run}", f"There is no run {run!r}; list them with: sodai runs")
    return record
