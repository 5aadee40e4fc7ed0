"""Four columns under any names: replayed, delivered, and forecast like the distributor's tables."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sodai.store import keys
from sodai.store.artifacts import Artifacts
from sodai_local import cli
from sodai_local.adapting import BOOKS
from sodai_local.delivering import deliver
from sodai_local.state import State
from typer.testing import CliRunner

from tests.functional.week.conftest import Distributor

MAP = "customer=member,product=article,date=bought_on,quantity=pieces"


@dataclass(frozen=True)
class Bucket:
    """All that a delivery needs of a cloud."""

    store: Artifacts

    def artifacts(self) -> Artifacts:
        return self.store


def lines(weeks: int, seed: int = 2) -> pd.DataFrame:
    """Make up members who buy their usual articles, and now and then another one."""
    rng = np.random.default_rng(seed)
    usual = rng.integers(0, 30, (40, 3))
    count = 60 * weeks
    member = rng.integers(0, 40, count)
    article = usual[member, rng.integers(0, 3, count)]
    stray = rng.random(count) < 0.2
    article[stray] = rng.integers(0, 30, stray.sum())
    day = pd.Timestamp("2023-01-02") + pd.to_timedelta(rng.integers(0, 7 * weeks, count), unit="D")
    return pd.DataFrame(
        {
            "member": [f"M-{i:03d}" for i in member],
            "article": [f"{i:04d}" for i in article],
            "bought_on": day.astype("str"),
            "pieces": rng.integers(1, 5, count),
        }
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one CSV; the state folder beside it."""
    monkeypatch.setenv("SODAI_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("SODAI_DATA_PATH", raising=False)
    tables = tmp_path / "tables"
    tables.mkdir()
    lines(16).to_csv(tables / "till.csv", index=False)
    return tables


def replay(*arguments: str) -> dict[str, dict[str, dict[str, float]]]:
    asked = ["replay", "--from", "2023-04-10", "--weeks", "1", "--json", *arguments]
    done = CliRunner().invoke(cli.app, asked, catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


def test_replay_needs_four_columns(folder: Path) -> None:
    told = replay("--data", str(folder), "--map", MAP)
    assert told["weeks"][0]["model"] == "lightgbm"
    mean = told["mean"]
    assert mean["model"]["average_precision"] > mean["repeat_last_week"]["average_precision"]


def test_week_runs_on_four_columns_and_ids_are_found_again(
    folder: Path, distributor: Distributor
) -> None:
    deliver(Bucket(distributor.store), [folder], MAP)
    assert distributor.run()["outcome"] == "published"
    books = State.find().read(BOOKS)
    csv = distributor.store.read(distributor.latest["prefix"] + "positives.csv").decode()
    customer, product = csv.splitlines()[0].split(",")
    assert int(customer) in books["customer"].values()
    assert int(product) in books["product"].values()
    assert books["product"].keys() == set(lines(16)["article"])


def test_next_delivery_keeps_the_codes_and_completes_the_tables(
    folder: Path, tmp_path: Path, distributor: Distributor
) -> None:
    deliver(Bucket(distributor.store), [folder], MAP)
    distributor.run()
    before = State.find().read(BOOKS)
    later = lines(1, seed=3).assign(bought_on="2023-04-25", member="A new one")
    later.to_csv(tmp_path / "later.csv", index=False)
    deliver(Bucket(distributor.store), [tmp_path / "later.csv"], MAP)
    assert distributor.run()["outcome"] == "published"
    after = State.find().read(BOOKS)
    assert before["customer"].items() < after["customer"].items()
    assert before["product"] == after["product"]


def test_same_delivery_again_is_known(folder: Path, distributor: Distributor) -> None:
    bucket = Bucket(distributor.store)
    deliver(bucket, [folder], MAP)
    distributor.run()
    assert [file.known for file in deliver(bucket, [folder], MAP)] == [True] * 3
    assert not list(distributor.store.list(keys.INCOMING))


def test_mapping_is_remembered_with_its_folder(folder: Path, distributor: Distributor) -> None:
    deliver(Bucket(distributor.store), [folder], MAP)
    assert State.find().read("dataset") == {"path": str(folder), "columns": MAP}
    assert replay()["weeks"][0]["positives"] > 0
