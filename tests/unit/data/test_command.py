from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from data.__main__ import SAMPLE, app, main
from data.faults import FAULTS
from data.tables import TRANSACTIONS_FILE, newest_day, read_recipe

SMALL = ["generate", "--customers", "40", "--products", "100"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    result = CliRunner().invoke(app, [*SMALL, "--weeks", "4", "--out", str(tmp_path / "made")])
    assert result.exit_code == 0
    return tmp_path / "made"


def next_week(folder: Path, out: Path, *options: str) -> pd.DataFrame:
    arguments = ["next-week", "--from", str(folder), "--out", str(out), *options]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    return pd.read_parquet(out)


def test_weeks_written_into_the_folder_follow_each_other(folder: Path, tmp_path: Path) -> None:
    at_once = next_week(folder, tmp_path / "two.parquet", "--weeks", "2")
    first = next_week(folder, folder / "transacciones-1.parquet")
    second = next_week(folder, folder / "transacciones-2.parquet")
    assert_frame_equal(pd.concat([first, second], ignore_index=True), at_once)


def test_part_of_a_week_ends_on_the_day_asked_for(folder: Path, tmp_path: Path) -> None:
    rows = next_week(folder, tmp_path / "part.parquet", "--until", "2025-01-28")
    assert rows["purchase_date"].min().date() == date(2025, 1, 27)
    assert rows["purchase_date"].max().date() == date(2025, 1, 28)


def test_every_fault_gets_its_folder(folder: Path, tmp_path: Path) -> None:
    arguments = ["faults", "--from", str(folder), "--out", str(tmp_path / "broken")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    made = {path.name for path in (tmp_path / "broken").iterdir()}
    assert made == {*FAULTS, "text-file"}


def test_comparison_fails_for_a_distributor_of_another_kind(tmp_path: Path) -> None:
    CliRunner().invoke(app, [*SMALL, "--weeks", "14", "--out", str(tmp_path)])
    result = CliRunner().invoke(app, ["compare", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "More than 20% off" in result.output


def test_an_error_is_one_sentence_and_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["data", "next-week", "--from", str(tmp_path), "--out", str(tmp_path / "x")]
    )
    with pytest.raises(SystemExit, match="1"):
        main()
    assert capsys.readouterr().out.startswith("There is no")


def test_the_committed_sample_is_what_the_defaults_make(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["generate", "--out", str(tmp_path)]).exit_code == 0
    assert read_recipe(tmp_path) == read_recipe(SAMPLE)
    assert newest_day(SAMPLE) == date(2025, 12, 28)
    for path in sorted(SAMPLE.glob("*.parquet")):
        assert_frame_equal(pd.read_parquet(tmp_path / path.name), pd.read_parquet(path))
    assert (SAMPLE / TRANSACTIONS_FILE).is_file()
