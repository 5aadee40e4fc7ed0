"""`sodai predictions`: the published forecast as a file."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("predictions")(predictions)


def predictions(
    output: Annotated[Path, typer.Option("-o", "--output", help=".parquet or .csv")],
    week: Annotated[str | None, typer.Option(help="Monday of the week; the newest else.")] = None,
    positives: Annotated[
        bool, typer.Option("--positives", help="Only the predicted pairs, without a header.")
    ] = False,
) -> None:
    """Write the full ranking, or the predicted pairs, of a published week."""
    import io

    import pandas as pd
    from sodai.store import keys
    from sodai.store.artifacts import NotFound
    from sodai.store.folders import Folder

    from sodai_local.cloud import connect
    from sodai_local.console import say
    from sodai_local.errors import LocalError

    if output.suffix not in {".parquet", ".csv"}:
        raise typer.BadParameter(f"{output.name} must end in .parquet or .csv")
    store = connect().artifacts()
    try:
        latest = store.read_json(keys.LATEST_FORECAST)
    except NotFound:
        raise LocalError(
            "nothing published", "No forecast is published yet. Make one with: make run"
        ) from None
    week = week or latest["week"]
    if week not in latest["weeks"]:
        known = ", ".join(sorted(latest["weeks"]))
        raise LocalError(f"no week {week}", f"No forecast for {week}; there is one for: {known}")
    folder = Folder.open(store, latest["weeks"][week]["prefix"])
    if folder is None:
        raise LocalError(f"{week} is gone", f"The forecast of {week} is no longer kept.")
    if positives and output.suffix == ".csv":
        output.write_bytes(folder.read("positives.csv"))
    else:
        ranking = pd.read_parquet(io.BytesIO(folder.read("ranking.parquet")))
        if positives:
            ranking = ranking.loc[ranking["selected"], ["customer_id", "product_id"]]
        if output.suffix == ".parquet":
            ranking.to_parquet(output, index=False)
        else:
            ranking.to_csv(output, index=False)
    say(f"Wrote {output} (week {week}, run {latest['weeks'][week]['run']})")
