"""`make backtest`: replay past weeks and enter in the log what was seen, and why."""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sodai_local.console import say
from sodai_local.state import ROOT

LOG: Final = ROOT / "docs" / "backtest-log.md"
MODEL: Final = "model"
SHOWN: Final = (
    "f1",
    "average_precision",
    "ndcg_at_10",
    "recall_at_5",
    "ece_05",
    "level",
    "order_auc",
)


@dataclass(frozen=True, slots=True)
class Look:
    """What is known before the weeks are looked at."""

    day: date
    commit: str
    data: str
    options: Sequence[str]
    why: str


def main() -> None:
    """Run `sodai replay` with the given options, then append a row to the log."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--why", default="")
    arguments.add_argument("--data", type=Path, required=True)
    asked, options = arguments.parse_known_args()
    if not asked.why.strip():
        raise SystemExit("Say why these weeks are looked at: make backtest WHY='…'")
    # The commit is read first: while the replay runs, work goes on.
    look = Look(date.today(), commit(ROOT), name_of(asked.data), options, asked.why)
    with tempfile.TemporaryDirectory() as folder:
        result = replayed([*options, "--data", str(asked.data)], Path(folder) / "replay.json")
    enter(LOG, row(look, result))
    say(f"Entered in {LOG.relative_to(ROOT)}; commit it.")


def commit(root: Path) -> str:
    """Return the short hash of the commit; a + follows if anything but the log is changed."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(root), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--", ".", f":!{LOG.relative_to(ROOT)}")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def name_of(data: Path) -> str:
    """Return the name of a data set's folder: no path of this machine is logged."""
    return data.resolve().name


def replayed(options: Sequence[str], output: Path) -> dict[str, Any]:
    """Run the replay and return its result.

    Raises
    ------
    SystemExit
        If it fails; nothing is entered then.
    """
    command = [str(Path(sys.executable).parent / "sodai"), "replay", *options, "-o", str(output)]
    if code := subprocess.run(command, check=False).returncode:
        raise SystemExit(code)
    result: dict[str, Any] = json.loads(output.read_text())
    return result


def row(look: Look, result: Mapping[str, Any]) -> str:
    """Return a row of the log: means over the weeks, the best baseline, the weeks won.

    The best baseline is the one of highest mean average precision. A week is won where the model
    is above every baseline.
    """
    mean, weeks = result["mean"], result["weeks"]
    best = max(baselines(mean), key=lambda name: mean[name]["average_precision"] or 0)
    rival = " / ".join(number(mean[best][key]) for key in SHOWN[:2])
    won = " / ".join(str(sum(is_won(week, key) for week in weeks)) for key in SHOWN[:2])
    cells = [
        look.day.isoformat(),
        look.commit,
        look.data,
        f"`{shlex.join(look.options)}`",
        *(number(mean[MODEL][key]) for key in SHOWN),
        f"{rival} {best}",
        f"{won} of {len(weeks)}",
        " ".join(look.why.split()),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def baselines(methods: Mapping[str, Any]) -> list[str]:
    """Return the names of all methods but the model."""
    return [name for name in methods if name != MODEL]


def is_won(week: Mapping[str, Any], key: str) -> bool:
    """Tell whether the model was above every baseline in a week."""
    methods = week["methods"]
    rivals = [methods[name][key] or 0 for name in baselines(methods)]
    return bool((methods[MODEL][key] or 0) > max(rivals))


def number(value: float | None) -> str:
    """Return three decimals; an unknown value is a dash."""
    return "–" if value is None else f"{value:.3f}"


def enter(log: Path, line: str) -> None:
    """Append a row to the log, whose table is its end."""
    with log.open("a", encoding="utf-8") as file:
        file.write(line)


if __name__ == "__main__":
    main()
