"""Every look at the weeks of the backtest leaves one row in the log, and says why."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sodai_local import backtest_log
from sodai_local.backtest_log import LOG, SHOWN, Look, commit, enter, name_of, row

LOOK = Look(
    date(2025, 1, 6), "abc1234+", "sodai", ["--from", "2024-10-07", "--weeks", "2"], "two | stages"
)


def metrics(f1: float, ap: float) -> dict[str, float | None]:
    return {**dict.fromkeys(SHOWN), "f1": f1, "average_precision": ap}


def result() -> dict[str, object]:
    first = {"model": metrics(0.6, 0.7), "frequency": metrics(0.5, 0.6), "habit": metrics(0.4, 0.5)}
    second = {"model": metrics(0.5, 0.6), "frequency": metrics(0.5, 0.5), "habit": metrics(0.2, 0)}
    mean = {
        "model": {**metrics(0.55, 0.65), "level": 0.9814},
        "frequency": metrics(0.5, 0.55),
        "habit": metrics(0.3, 0.25),
    }
    return {"weeks": [{"methods": first}, {"methods": second}], "mean": mean}


def test_row_tells_means_best_baseline_and_weeks_won() -> None:
    assert row(LOOK, result()) == (
        "| 2025-01-06 | abc1234+ | sodai | `--from 2024-10-07 --weeks 2` "
        "| 0.550 | 0.650 | – | – | – | 0.981 | – "
        "| 0.500 / 0.550 frequency | 1 / 2 of 2 | two \\| stages |\n"
    )


def test_log_ends_with_its_table_and_each_row_has_its_columns(tmp_path: Path) -> None:
    text = LOG.read_text(encoding="utf-8")
    copy = tmp_path / "log.md"
    copy.write_text(text, encoding="utf-8")
    enter(copy, row(LOOK, result()))
    assert copy.read_text(encoding="utf-8").startswith(text)
    table = [line for line in copy.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    assert len(table) > 5
    assert {line.replace("\\|", "").count("|") for line in table} == {15}
    assert text.endswith("|\n")


@pytest.mark.parametrize("why", [[], ["--why", " "]])
def test_a_look_without_a_reason_is_refused_before_anything_runs(why: list[str]) -> None:
    command = [sys.executable, "-m", "sodai_local.backtest_log", "--data", "nowhere", *why]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "WHY=" in done.stderr


def test_a_replay_that_fails_leaves_no_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = tmp_path / "log.md"
    log.write_text("", encoding="utf-8")
    monkeypatch.setattr(backtest_log, "commit", lambda _root: "abc1234")
    monkeypatch.setattr(backtest_log, "LOG", log)
    arguments = ["--why", "w", "--data", str(tmp_path), "--from", "2024-10-07", "--weeks", "1"]
    monkeypatch.setattr(sys, "argv", ["backtest_log", *arguments])
    with pytest.raises(SystemExit) as ended:
        backtest_log.main()
    assert ended.value.code
    assert log.read_text(encoding="utf-8") == ""


def test_commit_is_marked_where_anything_but_the_log_is_changed(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "backtest-log.md").write_text("log\n", encoding="utf-8")
    git("add", ".")
    git("commit", "-m", "first")
    clean = commit(tmp_path)
    assert clean.isalnum()
    (tmp_path / "docs" / "backtest-log.md").write_text("log\nrow\n", encoding="utf-8")
    assert commit(tmp_path) == clean
    (tmp_path / "code.py").write_text("", encoding="utf-8")
    assert commit(tmp_path) == clean + "+"


def test_no_path_of_the_machine_is_logged(tmp_path: Path) -> None:
    assert name_of(tmp_path / "tables") == "tables"
