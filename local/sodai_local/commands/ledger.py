"""`sodai ledger`: what each decision to retrain or keep was worth."""

from typing import Any, Final

import typer

from sodai_local.console import JsonOption, console, print_json, say

WHY_NONE: Final = {
    "NO_CHALLENGER": "none was trained",
    "NO_FORMER_CHAMPION": "there was no champion before",
    "SAME_MODEL": "the same model again",
    "TOO_LITTLE_HISTORY": "too little history to train",
    "NOT_KEPT": "its scores were not kept",
    "DAMAGED": "its scores are damaged",
}
SUMS: Final = ("pairs", "units", "money")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ledger")(ledger)


def ledger(as_json: JsonOption = False) -> None:
    """Show what each week earned, and what it would have earned with the model not chosen."""
    from sodai.store import keys
    from sodai.store.artifacts import NotFound

    from sodai_local.cloud import connect

    try:
        told = connect().artifacts().read_json(keys.LEDGER)
    except NotFound:
        told = {"schema": 1, "unit_margin": None, "entries": [], "totals": None}
    if as_json:
        print_json(told)
    elif not told["entries"]:
        say("No decision has been scored yet: the first is when the week it forecast is delivered.")
    else:
        show(told)


def show(told: dict[str, Any]) -> None:
    """Print a line per decision, then what each reason to decide so was worth."""
    from rich.table import Table

    weeks = Table("week", "decision", "reasons", "F1", "not chosen", *gains(told), box=None)
    for one in told["entries"]:
        other = one["alternative"]
        name = other.get("version") or WHY_NONE.get(other["reason"], other["reason"])
        verb = {True: "retrain", False: "keep"}.get(one["retrain"], "–")
        verb += ", promoted" if one["promoted"] else ""
        why, f1 = ", ".join(one["reasons"] or ["–"]), plain(one["chosen"]["f1"])
        weeks.add_row(one["week"], verb, why, f1, name, *figures(told, one["difference"]))
    console().print(weeks)
    reasons = Table("for the reason", "decisions", "scored", *gains(told), box=None)
    rows = {**told["totals"]["by_reason"], "all": told["totals"]["all"]}
    for reason, total in rows.items():
        counts = (str(total["decisions"]), str(total["scored"]))
        reasons.add_row(reason, *counts, *figures(told, total))
    console().print(reasons)
    say("Gains are over the model that was not chosen: F1 is a mean of weeks, the others add up.")


def gains(told: dict[str, Any]) -> tuple[str, ...]:
    """Return the titles of what was gained."""
    return ("F1 gain", "pairs", "units", *(["money"] if told["unit_margin"] else []))


def figures(told: dict[str, Any], gain: dict[str, Any] | None) -> list[str]:
    """Return what was gained, as text."""
    gain = gain or {}
    cells = [plain(gain.get("f1"), "+.4f"), *(plain(gain.get(k), "+,.0f") for k in SUMS)]
    return cells if told["unit_margin"] else cells[:-1]


def plain(value: float | None, shape: str = ".3f") -> str:
    """Return a figure; an unknown one is a dash."""
    return "–" if value is None else format(value, shape)
