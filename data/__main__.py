"""Make a distributor, the weeks that follow, broken deliveries; compare it with the real one."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from data.compare import TOLERANCE, Row, compare
from data.errors import BadRecipe, GeneratorError
from data.faults import FAULTS, Fault, text_file
from data.figures import MEANING, MEASURED_ON, REAL, measure
from data.generate import Tables, end_of_week, following, generate
from data.recipe import FIRST_MONDAY, Recipe
from data.tables import (
    CUSTOMERS_FILE,
    PRODUCTS_FILE,
    TRANSACTIONS,
    TRANSACTIONS_FILE,
    newest_day,
    read_recipe,
    read_tables,
    write_file,
    write_tables,
)

SAMPLE = Path(__file__).parent / "sample"
FILES = {
    "customers": CUSTOMERS_FILE,
    "products": PRODUCTS_FILE,
    "transactions": TRANSACTIONS_FILE,
}

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
console = Console(highlight=False)

Source = Annotated[Path, typer.Option("--from", help="Folder of a generated distributor.")]


@app.command("generate")
def generate_command(
    out: Annotated[Path, typer.Option(help="Folder to write the three tables into.")],
    customers: Annotated[int, typer.Option(help="Shops.")] = Recipe().customers,
    products: Annotated[int, typer.Option(help="Items in the catalogue.")] = Recipe().products,
    weeks: Annotated[int, typer.Option(help="Weeks of sales.")] = Recipe().weeks,
    seed: Annotated[int, typer.Option(help="Another seed, another distributor.")] = Recipe().seed,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First Monday.")] = datetime(
        FIRST_MONDAY.year, FIRST_MONDAY.month, FIRST_MONDAY.day
    ),
) -> None:
    """Make a distributor: the same options give the same files, byte for byte."""
    recipe = Recipe(customers, products, weeks, seed, start.date())
    for path in write_tables(generate(recipe), recipe, out):
        console.print(f"{path}  {path.stat().st_size:,} bytes")


@app.command("next-week")
def next_week_command(
    out: Annotated[Path, typer.Option(help="File to write the new transactions into.")],
    source: Source = SAMPLE,
    weeks: Annotated[int, typer.Option(min=1, help="How many weeks at once.")] = 1,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, for part of a week.")
    ] = None,
) -> None:
    """Make the transactions that follow the newest day in a folder, up to the end of that week."""
    recipe, newest = read_recipe(source), newest_day(source)
    last = until.date() if until else end_of_week(newest, weeks)
    rows = following(recipe, newest, last)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_file(rows, TRANSACTIONS, recipe, out)
    days: list[date] = [rows["purchase_date"].min().date(), rows["purchase_date"].max().date()]
    console.print(f"{out}  {len(rows):,} rows, {days[0]} to {days[1]}")


@app.command("faults")
def faults_command(
    out: Annotated[Path, typer.Option(help="Folder to write one folder per fault into.")],
    source: Source = SAMPLE,
    only: Annotated[list[str] | None, typer.Option(help="Names of faults; all by default.")] = None,
) -> None:
    """Write broken copies of a distributor's tables, one file per fault."""
    names = only or [*FAULTS, "text-file"]
    unknown = sorted(set(names) - {*FAULTS, "text-file"})
    if unknown:
        raise BadRecipe(f"There is no fault {unknown[0]!r}; known: {', '.join(FAULTS)}, text-file.")
    tables = read_tables(source)
    for name in names:
        (out / name).mkdir(parents=True, exist_ok=True)
        if name == "text-file":
            path = text_file(out / name / TRANSACTIONS_FILE)
        else:
            path = _write_broken(FAULTS[name], tables, out / name)
        console.print(f"{name:18} {path}")


@app.command("compare")
def compare_command(
    data: Annotated[Path, typer.Option(help="Folder of the synthetic tables.")] = SAMPLE,
    real: Annotated[
        Path | None, typer.Option(help="Folder of the real tables, to measure them afresh.")
    ] = None,
) -> None:
    """Print synthetic against real figures; exit 1 if one is off by more than a fifth."""
    rows = compare(_figures(data), _figures(real) if real else REAL)
    source = "measured now" if real else f"measured on {MEASURED_ON}"
    console.print(_comparison(rows, f"Synthetic against real ({source})"))
    off = [row.figure for row in rows if not row.is_close]
    if off:
        console.print(f"More than {TOLERANCE:.0%} off: {', '.join(off)}")
        raise typer.Exit(1)


def _write_broken(fault: Fault, tables: Tables, folder: Path) -> Path:
    path = folder / FILES[fault.table]
    fault.breaks(getattr(tables, fault.table)).to_parquet(path, index=False)
    return path


def _figures(folder: Path) -> dict[str, float]:
    tables = read_tables(folder)
    return measure(tables.customers, tables.products, tables.transactions)


def _comparison(rows: list[Row], title: str) -> Table:
    table = Table(title=title)
    table.add_column("figure", no_wrap=True)
    table.add_column("meaning")
    for name in ("synthetic", "real", "ratio"):
        table.add_column(name, justify="right")
    for row in rows:
        style = None if row.is_close else "bold red"
        values = (f"{row.synthetic:.4g}", f"{row.real:.4g}", f"{row.ratio:.2f}")
        table.add_row(row.figure, MEANING[row.figure], *values, style=style)
    return table


def main() -> None:
    """Run the command line; an error of the generator is one sentence and exit 1."""
    try:
        app()
    except GeneratorError as error:
        console.print(error.user_message)
        sys.exit(1)


if __name__ == "__main__":
    main()
