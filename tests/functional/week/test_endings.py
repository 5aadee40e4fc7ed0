"""Every way a week can end, and what is served then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sodai.domain.errors import PromotionLost
from sodai.domain.training import Recipe
from sodai.step import Week
from sodai.store import keys
from sodai.store.artifacts import Artifacts
from sodai.store.versions import list_versions, roll_back

from tests.functional.week.conftest import Distributor, Season
from tests.functional.week.damage import KEYS, champion, damage, put_champion

FEW_ROUNDS = (0.07, 20)  # learning rate and rounds, the first two fields of a recipe


@pytest.fixture
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A default recipe that is quick to fit, and another one than the champion's."""
    rest = Recipe.__init__.__defaults__[2:]  # type: ignore[misc,index]
    monkeypatch.setattr(Recipe.__init__, "__defaults__", (*FEW_ROUNDS, *rest))


def test_forecast_that_is_not_sane_is_not_served_and_after_a_rollback_the_week_is_forecast(
    seasoned: Distributor,
) -> None:
    before, sound = seasoned.latest, champion(seasoned.store)["version"]
    put_champion(seasoned.store, "insane", insane=True, trained_through="2025-01-01")
    seasoned.deliver_following()
    stopped = seasoned.run()
    assert stopped["error"] == "ForecastRefused"
    assert seasoned.latest == before
    record = seasoned.record(stopped["run"])
    assert record["error"]["state"] == "publish"
    [notice] = record["notices"]
    assert notice["code"] == "SANITY_STOP"
    assert "the earlier one stands" in notice["en"]

    roll_back(seasoned.store, KEYS, sound, datetime.now(UTC))
    ended = seasoned.run()
    assert ended["outcome"] == "published"
    assert ended["run"] != stopped["run"]
    assert seasoned.latest["model_version"] == sound


@pytest.mark.usefixtures("few_rounds")
def test_challenger_that_does_worse_is_refused_and_the_champion_forecasts(
    seasoned: Distributor,
) -> None:
    put_champion(seasoned.store, "knows-the-answers", trained_through="2025-01-01")
    seasoned.deliver_following()
    ended = seasoned.run(trials=0, force_retrain=True)
    assert ended["outcome"] == "published"
    record = seasoned.record(ended["run"])
    decision = record["decision"]
    assert (decision["winner"], decision["promoted"]) == ("champion", False)
    assert {"WORSE_AP", "WORSE_F1"} & set(record["evaluation"]["reasons"])
    worse = record["evaluation"]["paired"]
    assert min(one["high"] for one in worse.values()) < 0
    assert seasoned.latest["model_version"] == champion(seasoned.store)["version"]
    alternative = record["predictions"]["alternative"]
    assert alternative["role"] == "challenger"
    assert alternative["version"] == record["training"]["version"]


def test_monitor_that_fails_is_an_error_of_the_run_and_no_drift(seasoned: Distributor) -> None:
    before = seasoned.latest
    damage(seasoned.store, keys.BINS)
    seasoned.deliver_following()
    ended = seasoned.run()
    assert ended["error"] == "MonitorError"
    assert seasoned.latest == before
    record = seasoned.record(ended["run"])
    assert record["error"]["state"] == "drift"
    assert "was not taken for a change" in record["error"]["user_message"]
    assert record["decision"] == {}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ranking.parquet", "ranking.parquet does not match its manifest"),
        ("manifest.json", "manifest.json is not a manifest"),
    ],
)
def test_damaged_forecast_is_told_once_and_holds_up_no_later_week(
    seasoned: Distributor, name: str, reason: str
) -> None:
    before = seasoned.latest
    damage(seasoned.store, before["prefix"] + name)
    ended = []
    for _ in range(2):
        seasoned.deliver_following()
        ended.append(seasoned.record(seasoned.run()["run"]))
    assert [one["outcome"] for one in ended] == ["published", "published"]
    codes = [[one["code"] for one in record["notices"]] for record in ended]
    assert [told.count("FORECAST_DAMAGED") for told in codes] == [1, 0]
    observed = seasoned.store.read_json(keys.PERFORMANCE)
    [unread] = observed["damaged"]
    assert (unread["week"], unread["run"]) == (before["week"], before["run"])
    assert reason in unread["reason"]
    runs = [point["run"] for point in observed["points"]]
    assert before["run"] not in runs
    assert runs[-1] == ended[0]["run"]


def test_look_at_the_past_sees_no_week_that_came_true_later(seasoned: Distributor) -> None:
    points = seasoned.store.read_json(keys.PERFORMANCE)["points"]
    first, *later = sorted(point["week"] for point in points)
    assert later
    as_of = date.fromisoformat(first) + timedelta(days=6)  # the first has just come true
    ended = seasoned.run(trials=0, as_of=str(as_of))
    assert ended["outcome"] == "experiment"
    observed = seasoned.record(ended["run"])["states"]["observe"]["facts"]
    assert (observed["observed"], observed["newest"]["week"]) == (1, first)


def test_newest_intact_model_stands_in_for_a_damaged_champion_and_that_is_told(
    seasoned: Distributor,
) -> None:
    before = champion(seasoned.store)
    damage(seasoned.store, KEYS.model(before["version"]) + "pair.txt")
    seasoned.deliver_following()
    ended = seasoned.run()
    assert ended["outcome"] == "published"
    assert "Train" not in seasoned.visited
    told = seasoned.record(ended["run"])["states"]["load_model"]["facts"]
    assert told["version"] == before["previous"] == seasoned.latest["model_version"]
    [refused] = told["refused"]
    assert refused["version"] == before["version"]
    assert "pair.txt does not match its manifest" in refused["reason"]
    after = champion(seasoned.store)
    assert (after["version"], after["previous"]) == (before["previous"], before["version"])
    assert after["last_attempt"] == before["last_attempt"]


@pytest.mark.usefixtures("few_rounds")
def test_model_with_a_damaged_manifest_is_told_after_a_retraining_too(
    seasoned: Distributor,
) -> None:
    before = champion(seasoned.store)
    damage(seasoned.store, KEYS.model(before["version"]) + "manifest.json")
    seasoned.deliver_following()
    record = seasoned.record(seasoned.run(trials=0, force_retrain=True)["run"])
    assert record["outcome"] == "published"
    [refused] = record["evaluation"]["refused"]
    assert refused["version"] == before["version"]
    assert "manifest.json is not a manifest" in refused["reason"]
    [told] = [one for one in record["notices"] if one["code"] == "MODEL_DAMAGED"]
    assert f"{before['version']} is damaged" in told["en"]
    assert record["decision"]["version"] in told["en"]
    described = {one["version"]: one for one in list_versions(seasoned.store, KEYS)}
    assert not described[before["version"]]["intact"]


@pytest.mark.usefixtures("few_rounds")
def test_damaged_scores_of_the_other_model_cost_only_their_ledger_entry(
    seasoned: Distributor,
) -> None:
    seasoned.deliver_following()
    seasoned.run(trials=0, force_retrain=True)
    before = seasoned.latest
    damage(seasoned.store, before["prefix"] + "alternative.parquet")
    seasoned.deliver_following()
    seasoned.run()
    observed = seasoned.store.read_json(keys.PERFORMANCE)
    assert observed["damaged"] == []
    assert before["run"] in {point["run"] for point in observed["points"]}
    entries = {one["run"]: one for one in seasoned.store.read_json(keys.LEDGER)["entries"]}
    assert entries[before["run"]]["alternative"] == {"reason": "DAMAGED"}


@pytest.mark.usefixtures("few_rounds")
def test_champion_that_saw_the_weeks_that_judge_is_judged_by_its_recipe_fitted_without_them(
    seasoned: Distributor,
) -> None:
    former = champion(seasoned.store)
    seasoned.deliver_following()
    ended = seasoned.run(trials=0, force_retrain=True)
    version = seasoned.record(ended["run"])["training"]["version"]
    challenger, again = (
        seasoned.store.read_json(KEYS.model(version) + folder + "manifest.json")["facts"]
        for folder in (keys.CHALLENGER, keys.CHAMPION_AGAIN)
    )
    assert again["version"] == former["version"]
    assert again["recipe"]["rounds"] > challenger["recipe"]["rounds"]
    same = ("trained_through", "rows", "windows")
    assert [again[key] for key in same] == [challenger[key] for key in same]
    assert again["trained_through"] < former["trained_through"]


@pytest.mark.usefixtures("few_rounds")
def test_run_whose_champion_was_replaced_meanwhile_changes_nothing_and_says_so(
    seasoned: Distributor, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sodai.domain.decision.promotion.TOLERANCE", 1.0)

    def another_promotes(verb: str, part: str | None) -> None:
        if verb == "publish":
            put_champion(seasoned.store, "another-runs")

    before = seasoned.latest
    seasoned.before = another_promotes
    ended = seasoned.run(trials=0, force_retrain=True)
    assert ended["outcome"] == "superseded"
    assert champion(seasoned.store)["version"] == "another-runs"
    assert seasoned.latest == before
    told = seasoned.record(ended["run"])["states"]["publish"]["facts"]
    assert "another-runs the champion meanwhile" in told["message"]
    seasoned.before = lambda verb, part: None
    again = seasoned.run(trials=0, force_retrain=True)
    assert again["outcome"] == "published"
    assert again["run"] != ended["run"]


def test_of_two_runs_that_promote_at_once_one_wins_and_the_other_learns_of_it(
    seasoned: Distributor, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sodai import step

    from functions.publish.app import swing_champion

    store, both = seasoned.store, Barrier(2)
    present = champion(store)["version"]
    for version in ("left", "right"):
        put_champion(store, version)
    store.update_json(KEYS.champion, lambda now: {**now, "version": present})
    swing = Artifacts.swing
    waited: set[int] = set()

    def together(self: Any, key: str, value: Any, etag: str | None) -> str:
        if value["version"] not in waited:
            waited.add(value["version"])
            both.wait(timeout=20)
        return swing(self, key, value, etag)

    monkeypatch.setattr(Artifacts, "swing", together)
    step.artifacts.cache_clear()

    def promote(version: str) -> str:
        window = {key: seasoned.latest[key] for key in ("from", "horizon_days")}
        plan = {"run": version, "execution": version, "as_of": None}
        week = Week.of({"plan": plan, "validate": {"window": window}})
        verdict = {"version": version, "promoted": True, "pointer": present}
        try:
            swing_champion(week, verdict, trained=True)
        except PromotionLost as lost:
            return lost.user_message
        return "won"

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(promote, ("left", "right")))
    assert told.count("won") == 1
    winner = ("left", "right")[told.index("won")]
    assert champion(store)["version"] == winner
    assert any(f"made {winner} the champion meanwhile" in words for words in told)
