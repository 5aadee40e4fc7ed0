"""`sodai replay`: the forecast repeated at past cutoffs, in this process."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sodai_local.adapting import MapOption
from sodai_local.console import JsonOption, console, print_json, say

if TYPE_CHECKING:
    import pandas as pd

SHOWN = (
    ("f1", "F1"),
    ("average_precision", "AP"),
    ("precision", "prec."),
    ("recall", "recall"),
    ("ndcg_at_10", "nDCG@10"),
    ("recall_at_5", "rec.@5"),
    ("order_auc", "ord.AUC"),
    ("ece_05", "ECE.05"),
    ("level", "level"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay")(replay)


def replay(
    start: Annotated[str, typer.Option("--from", help="First week to forecast, a Monday.")],
    weeks: Annotated[int, typer.Option(min=1, help="How many weeks.")],
    refit_every: Annotated[int, typer.Option(min=1, help="Weeks between two fits.")] = 4,
    trials: Annotated[int, typer.Option(min=0, help="Optuna trials of every fit.")] = 0,
    horizon_days: Annotated[
        int, typer.Option(min=1, max=7, help="Forecast only the last days of each week.")
    ] = 7,
    data: Annotated[Path | None, typer.Option(help="Folder of the tables.")] = None,
    columns: MapOption = None,
    ledger: Annotated[
        bool,
        typer.Option(
            "--ledger", help="Fit every week: what was each decision to refit or keep worth?"
        ),
    ] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="JSON file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast past weeks from the days before each; model and baselines on the same pairs."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when LightGBM is loaded
    from sodai.domain.replay import replay as backtest

    from sodai_local.commands.ledger import show as show_ledger
    from sodai_local.commands.run import parse_day

    if data is None:
        data, remembered = data_folder()
        columns = columns or remembered
    customers, products, transactions = load(data, columns)
    quiet = as_json
    with console().status("reading", spinner="dots") as spinner:
        result = backtest(
            customers,
            products,
            transactions,
            parse_day(start),
            weeks,
            refit_every=refit_every,
            trials=trials,
            horizon_days=horizon_days,
            threads=os.cpu_count() or 1,
            shadow=ledger,
            on_progress=lambda stage, done, of: spinner.update(f"{stage}: {done} of {of}"),
        ).to_dict()
    if output is not None:
        output.write_text(json.dumps(result, indent=1) + "\n")
    if quiet:
        print_json(result)
        return
    say(f"Data: {data}")
    show_weeks(result)
    show_mean(result)
    show_level(result)
    show_candidates(result)
    show_cold_start(result)
    show_behind(result)
    if result["ledger"]:
        show_ledger(result["ledger"])


def data_folder() -> tuple[Path, str | None]:
    """Return the data set to work on and its mapping: the setting, the remembered, the sample."""
    from sodai_local.state import ROOT, State

    if named := os.environ.get("SODAI_DATA_PATH"):
        return Path(named), None
    remembered = State.find().read("dataset")
    return Path(remembered.get("path") or ROOT / "data" / "sample"), remembered.get("columns")


def load(
    folder: Path, columns: str | None = None
) -> tuple["pd.DataFrame", "pd.DataFrame", "pd.DataFrame"]:
    """Read a folder of tables through the contract, as a delivery would be."""
    from sodai.domain.contract import accept, read_delivery

    from sodai_local.adapting import adapt_files, as_files
    from sodai_local.delivering import find_files, read_files

    files = find_files([folder])
    contents = read_files(files, None) if columns is None else as_files(adapt_files(files, columns))
    deliveries = [read_delivery(content, name) for name, content in contents]
    got = accept(None, deliveries, replace_weeks=True)  # odd weeks of the past are what they were
    got.require_accepted()
    return got.state.customers, got.state.products, got.state.transactions


def show_weeks(result: dict[str, Any]) -> None:
    """Print F1 and average precision of every method, week by week."""
    from rich.table import Table

    methods = list(result["weeks"][0]["methods"])
    table = Table("week", "bought", *methods, title="F1 / average precision", box=None)
    for week in result["weeks"]:
        cells = (
            f"{number(m['f1'])} / {number(m['average_precision'])}"
            for m in week["methods"].values()
        )
        table.add_row(week["week"], f"{week['positives']:,}", *cells)
    console().print(table)


def show_mean(result: dict[str, Any]) -> None:
    """Print the means of the main metrics."""
    from rich.table import Table

    table = Table("mean", *(title for _, title in SHOWN), box=None)
    for method, metrics in result["mean"].items():
        table.add_row(method, *(number(metrics[key]) for key, _ in SHOWN))
    console().print(table)


def show_level(result: dict[str, Any]) -> None:
    """Say how far the sum of probabilities was from the purchases, week by week."""
    level = result["level"]
    if not level["weeks"]:
        return
    each = " ".join(number(week["methods"]["model"]["level"]) for week in result["weeks"])
    say(
        f"Level by week: {each}; {level['within']} of {level['weeks']} within .85-1.15, "
        f"mean |log| {level['mean_absolute_log']:.3f}"
    )


def show_candidates(result: dict[str, Any]) -> None:
    """Print the ranking as others count it: purchases outside the candidates left out."""
    model = result["mean"]["model"]
    ndcg, recall = model["candidate_ndcg_at_10"], model["candidate_recall_at_5"]
    say(f"Purchases within the candidates only: nDCG@10 {number(ndcg)}, recall@5 {number(recall)}")


def show_cold_start(result: dict[str, Any]) -> None:
    """Say how well shops are ranked for whose history is hidden, beside plain popularity."""
    if quality := result["cold_start"]:
        ours, plain = quality["cold_start"], quality["popularity"]
        say(
            f"Without their history ({ours['customers']:.0f} customers a week): recall@5 "
            f"{number(ours['recall_at_5'])} (popularity {number(plain['recall_at_5'])}), "
            f"precision@5 {number(ours['precision_at_5'])} ({number(plain['precision_at_5'])})"
        )


def show_behind(result: dict[str, Any]) -> None:
    """Name the groups of customers in which the model is below the naive baseline."""
    if not result["groups"]:
        return
    lost = [
        f"{row['group']} ({row['kind']}, {row['customers']} customers: "
        f"F1 {number(row['model']['f1'])} against {number(row['frequency_8w']['f1'])}, "
        f"AP {number(row['model']['average_precision'])} "
        f"against {number(row['frequency_8w']['average_precision'])})"
        for row in result["behind"]
    ]
    of = f"of {len(result['groups'])} groups of customers"
    say(f"Behind frequency_8w in {len(lost)} {of}{': ' if lost else '.'}{'; '.join(lost)}")


def number(value: float | None) -> str:
    """Return three decimals; an unknown value is a dash."""
    return "–" if value is None else f"{value:.3f}"
