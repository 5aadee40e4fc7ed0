"""The commands of the operator on a bucket with three weeks in it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sodai.store import keys
from sodai.store.artifacts import Artifacts
from sodai_local import cli
from typer.testing import CliRunner

from data.generate import following
from tests.functional.week.conftest import LEARNABLE, Distributor, Season
from tests.functional.week.damage import champion, damage

MODELS = keys.Keys()


@dataclass(frozen=True)
class Bucket:
    """All that these commands need of a cloud."""

    store: Artifacts

    def artifacts(self) -> Artifacts:
        return self.store

    def parameter(self, name: str) -> str:
        return {"ModelsPath": "models/"}[name]


Command = Callable[..., Any]


@pytest.fixture
def sodai(seasoned: Distributor, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command on the bucket; return what it prints as JSON, or the error it ends with."""
    monkeypatch.setattr("sodai_local.cloud.connect", lambda: Bucket(seasoned.store))

    def run(*words: str) -> Any:
        done = CliRunner().invoke(cli.app, [*words, "--json"])
        if done.exception and not isinstance(done.exception, SystemExit):
            return cli.in_plain_words(done.exception)
        return json.loads(done.stdout)

    return run


def test_models_are_listed_with_where_they_come_from(
    sodai: Command, seasoned: Distributor, season: Season
) -> None:
    newest, oldest = sodai("models")
    assert (newest["status"], oldest["status"]) == ("champion", "former")
    assert (newest["run"], oldest["run"]) == (season.promoted, season.first)
    assert (newest["replaced"], oldest["replaced"]) == (oldest["version"], None)
    assert 0 < newest["evaluation"]["f1"] < 1
    damage(seasoned.store, MODELS.model(oldest["version"]) + "pair.txt")
    assert [one["intact"] for one in sodai("models")] == [True, False]


def test_rollback_makes_the_earlier_version_the_champion_again(
    sodai: Command, seasoned: Distributor
) -> None:
    newest, oldest = (one["version"] for one in sodai("models"))
    pointer = sodai("rollback", oldest)
    assert champion(seasoned.store) == pointer
    assert (pointer["version"], pointer["previous"]) == (oldest, newest)
    seasoned.deliver_following()
    assert seasoned.run()["outcome"] == "published"
    assert seasoned.latest["model_version"] == oldest


def test_rollback_to_an_unknown_or_damaged_version_is_refused_and_changes_nothing(
    sodai: Command, seasoned: Distributor
) -> None:
    before = champion(seasoned.store)
    oldest = before["previous"]
    assert oldest in sodai("rollback", "2020-01-06-cafe")
    assert "champion already" in sodai("rollback", before["version"])
    damage(seasoned.store, MODELS.model(oldest) + "order.txt")
    assert "is damaged" in sodai("rollback", oldest)
    assert champion(seasoned.store) == before


def test_restore_serves_a_superseded_forecast_after_its_features_have_expired(
    sodai: Command, seasoned: Distributor, season: Season
) -> None:
    before = seasoned.latest
    again = seasoned.run(trials=0, force_retrain=True)
    assert seasoned.latest["run"] == again["run"]
    for prefix in ("features/", "studies/", "experiments/"):
        for entry in list(seasoned.store.list(prefix)):
            seasoned.store.delete(entry.key)
    restored = sodai("restore", season.promoted)
    assert restored["run"] == season.promoted
    after = seasoned.latest
    same = ("run", "prefix", "week", "model_version", "clean_fingerprint", "decision")
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    assert after["weeks"][after["week"]]["superseded"] == [again["run"]]


def test_restore_of_an_earlier_week_leaves_the_newest_served(
    sodai: Command, seasoned: Distributor, season: Season
) -> None:
    assert "already" in sodai("restore", season.kept)
    pointer = seasoned.latest
    week = next(w for w, one in pointer["weeks"].items() if one["run"] == season.kept)
    pointer["weeks"][week]["run"] = "another"
    seasoned.store.update_json(keys.LATEST_FORECAST, lambda _: pointer)
    sodai("restore", season.kept)
    assert seasoned.latest["run"] == season.promoted
    assert seasoned.latest["weeks"][week]["run"] == season.kept


def test_restore_of_a_damaged_or_unknown_forecast_is_refused(
    sodai: Command, seasoned: Distributor, season: Season
) -> None:
    before = seasoned.latest
    assert "sodai runs" in sodai("restore", "nobody")
    prefix = seasoned.record(season.first)["artifacts"]["forecast"]
    damage(seasoned.store, prefix + "serving/00.json.gz")
    pointer = {**before, "weeks": {}}
    seasoned.store.update_json(keys.LATEST_FORECAST, lambda _: pointer)
    assert "is damaged" in sodai("restore", season.first)
    assert seasoned.latest == pointer


def test_restore_of_a_forecast_that_was_never_published_is_refused(
    sodai: Command, seasoned: Distributor, season: Season
) -> None:
    record, before = seasoned.record(season.kept), seasoned.latest
    broken = {**record, "outcome": "failed"}
    seasoned.store.update_json(keys.run_record(season.kept), lambda _: broken)
    assert "did not publish" in sodai("restore", season.kept)
    assert seasoned.latest == before


def test_poisoned_file_among_good_ones_loses_no_good_row(
    sodai: Command, seasoned: Distributor
) -> None:
    before, end = seasoned.latest, date.fromisoformat(seasoned.latest["to"])
    week = following(LEARNABLE, end - timedelta(weeks=1), end)
    half = len(week) // 2
    seasoned.deliver("good", week.iloc[:half])
    poisoned = week.iloc[half:].assign(customer_id=lambda rows: rows["customer_id"] + 10**9)
    seasoned.deliver("poisoned", poisoned)
    ended = seasoned.run(trials=0)
    assert ended["error"] == "DataContractError"
    assert seasoned.latest == before
    told = sodai("quarantine", ended["run"])
    [file] = told["files"]
    assert file["name"] == "poisoned.parquet"
    rows = told["rows"]["transactions"]
    assert {row["reason"] for row in rows if row["file"] == "poisoned.parquet"} == {
        "UNKNOWN_CUSTOMER"
    }
    assert sum(row["count"] for row in rows) == len(poisoned)

    seasoned.deliver("corrected", week.iloc[half:])
    ended = seasoned.run(trials=0)
    assert ended["outcome"] == "published"
    manifest = seasoned.store.read_json(keys.CLEAN_MANIFEST)
    monday = str(end - timedelta(days=6))
    kept = sum(part["rows"] for part in manifest["parts"] if part["week"] == monday)
    aside = sodai("quarantine", ended["run"])["rows"].get("transactions", [])
    assert kept + sum(row["count"] for row in aside) == len(week)


def test_replaced_week_is_recorded(seasoned: Distributor, season: Season) -> None:
    end = date.fromisoformat(seasoned.latest["from"]) - timedelta(days=1)
    week = following(LEARNABLE, end - timedelta(weeks=1), end)
    seasoned.deliver("correction", week.iloc[3:])
    ended = seasoned.run(replace_weeks=True)
    assert ended["outcome"] == "published"
    record = seasoned.record(ended["run"])
    assert record["parameters"]["replace_weeks"] is True
    assert list(record["data_stats"]["stats"]["replaced_weeks"]) == [str(end - timedelta(days=6))]
    assert seasoned.latest["weeks"][seasoned.latest["week"]]["superseded"] == [season.promoted]


def test_ledger_tells_what_each_decision_was_worth_once_its_week_is_known(
    sodai: Command, seasoned: Distributor, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sodai import step

    monkeypatch.setenv("UNIT_MARGIN", "0.5")
    step.settings.cache_clear()
    seasoned.deliver_following()
    ended = seasoned.run()
    told = sodai("ledger")
    assert told == seasoned.store.read_json(keys.LEDGER)
    first, kept, promoted = told["entries"]
    assert [one["run"] for one in told["entries"]] == [season.first, season.kept, season.promoted]
    assert first["alternative"] == {"reason": "NO_FORMER_CHAMPION"}
    assert kept["alternative"] == {"reason": "NO_CHALLENGER"}
    other = promoted["alternative"]
    assert (other["role"], promoted["reasons"]) == ("former_champion", ["FORCED"])
    assert 0 < other["earned"]["f1"] < 1
    gain = promoted["difference"]
    assert gain["f1"] == promoted["chosen"]["f1"] - other["earned"]["f1"]
    assert gain["money"] == pytest.approx(0.5 * gain["units"])
    assert told["totals"]["by_reason"]["FORCED"]["f1"] == gain["f1"]
    point = seasoned.store.read_json(keys.PERFORMANCE)["points"][-1]
    assert promoted["chosen"]["f1"] == point["metrics"]["f1"]
    section = seasoned.record(ended["run"])["ledger"]
    assert section["entries"] == [promoted]
    assert section["totals"] == told["totals"]
