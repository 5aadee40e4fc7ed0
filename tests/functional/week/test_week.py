"""The week, state by state, over the real definition and the real handlers."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

import pandas as pd
import pytest
from scipy.special import expit
from sodai.domain import training
from sodai.domain.baselines import BASELINES
from sodai.domain.explanation import SHOWN_OF_EACH, shown
from sodai.domain.level import coming_offset
from sodai.serving import Forecast
from sodai.store import keys
from sodai.store.claims import take_claim
from sodai.store.runs import list_runs

from data.generate import following, generate
from data.recipe import Recipe
from tests.functional.week.conftest import RECIPE, Distributor
from tests.functional.week.machine import VERBS

LEARNED = Recipe(customers=80, products=60, weeks=18, seed=5)  # where the model beats baselines


def test_three_tables_become_a_published_forecast(distributor: Distributor) -> None:
    distributor.deliver_all()
    ended = distributor.run()
    assert ended["outcome"] == "published"
    latest, record = distributor.latest, distributor.record(ended["run"])
    assert latest["run"] == ended["run"]
    assert record["status"] == "succeeded"
    assert record["decision"]["reasons"] == ["NO_CHAMPION"]
    assert set(record["evaluation"]["mean"]) >= {baseline.name for baseline in BASELINES}
    groups = distributor.store.read_json(record["evaluation"]["folder"] + "groups.json")
    assert {row["kind"] for row in groups} == {"customer_type", "place", "history"}
    csv = distributor.store.read(latest["prefix"] + "positives.csv").decode().splitlines()
    assert len(csv) == latest["predicted_pairs"] > 0
    assert all(len(line.split(",")) == 2 for line in csv)
    assert list(distributor.store.list(keys.INCOMING)) == []


def test_second_run_with_nothing_new_does_nothing(distributor: Distributor) -> None:
    distributor.deliver_all()
    distributor.run()
    before = distributor.latest
    assert distributor.run()["outcome"] == "nothing_to_do"
    assert "Validate" not in distributor.visited
    assert distributor.latest == before


def test_same_file_again_is_recognised_and_changes_nothing(distributor: Distributor) -> None:
    distributor.deliver_all()
    distributor.run()
    before = distributor.latest
    distributor.deliver_all()
    assert distributor.run()["outcome"] == "already_published"
    assert distributor.latest == before


def test_next_week_scores_the_last_forecast_and_keeps_the_model(distributor: Distributor) -> None:
    distributor.deliver_all()
    first = distributor.run()
    distributor.deliver("week", distributor.next_week())
    second = distributor.run()
    assert second["outcome"] == "published"
    record = distributor.record(second["run"])
    assert "load_model" in record["states"]
    assert "train" not in record["states"]
    observed = distributor.store.read_json(keys.PERFORMANCE)
    points = observed["points"]
    assert [point["run"] for point in points] == [first["run"]]
    assert [report["run"] for report in observed["reports"]] == [first["run"]]
    assert sum(one["pairs"] for one in points[0]["calibration"]) > 0
    assert 0 < points[0]["metrics"]["average_precision"] < 1
    assert len(distributor.latest["weeks"]) == 2


def test_forced_retraining_supersedes_the_same_target(distributor: Distributor) -> None:
    distributor.deliver_all()
    first = distributor.run()
    second = distributor.run(force_retrain=True)
    assert second["outcome"] == "published"
    week = distributor.latest["weeks"][distributor.latest["week"]]
    assert (week["run"], week["superseded"]) == (second["run"], [first["run"]])


def test_with_too_little_history_the_best_baseline_forecasts(distributor: Distributor) -> None:
    distributor.tables = generate(replace(RECIPE, weeks=13))
    distributor.deliver_all()
    ended = distributor.run()
    assert ended["outcome"] == "published"
    assert distributor.latest["model_version"].startswith("baseline-")
    assert distributor.store.read_json("models/champion.json")["kind"] == "baseline"


@pytest.mark.parametrize("weeks", [14, 15, 16])
def test_search_runs_as_soon_as_there_are_two_windows(distributor: Distributor, weeks: int) -> None:
    distributor.tables = generate(replace(RECIPE, weeks=weeks))
    distributor.deliver_all()
    ended = distributor.run()
    assert ended["outcome"] == "published"
    assert distributor.record(ended["run"])["training"]["trials_done"] == 2


def test_every_fit_weighs_the_sampled_pairs_alike(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window thinned twice would weigh its negatives twice and ruin the probabilities."""
    weights: list[set[float]] = []
    fit = training.fit

    def watched(tables: Any, *rest: Any) -> Any:
        kept = list(tables)
        weights.append({float(w) for one in kept for w in one.table.weight})
        return fit(kept, *rest)

    monkeypatch.setattr(training, "fit", watched)
    distributor.tables = generate(Recipe(customers=80, products=60, weeks=18, seed=5))
    distributor.deliver_all()
    record = distributor.record(distributor.run(trials=0)["run"])
    assert record["decision"]["winner"] == "challenger"
    assert weights == [{1.0, 5.0}, {1.0, 5.0}]


def test_run_without_any_data_says_what_to_deliver(distributor: Distributor) -> None:
    ended = distributor.run()
    assert ended["error"] == "DataContractError"
    words = distributor.record(ended["run"])["error"]["user_message"]
    assert "deliver the customer, product and transaction tables" in words


def test_baseline_champion_is_judged_without_the_weeks_it_is_judged_on(
    distributor: Distributor,
) -> None:
    distributor.tables = generate(replace(RECIPE, weeks=13))
    distributor.deliver_all()
    distributor.run()
    distributor.deliver("week", distributor.next_week())
    ended = distributor.run(force_retrain=True)
    mean = distributor.record(ended["run"])["evaluation"]["mean"]
    champion = distributor.record(ended["run"])["evaluation"]["champion"]
    name = champion.removeprefix("baseline-").rsplit("-", 3)[0]
    assert mean["champion"] == mean[name]


def test_experiment_leaves_champion_and_forecast_alone(distributor: Distributor) -> None:
    distributor.deliver_all()
    distributor.run()
    before = {e.key: e.etag for e in distributor.store.list("") if "experiments/" not in e.key}
    ended = distributor.run(as_of=str(distributor.newest_day - timedelta(weeks=1)))
    assert ended["outcome"] == "experiment"
    after = {e.key: e.etag for e in distributor.store.list("") if "experiments/" not in e.key}
    changed = {key for key in after if after[key] != before.get(key)}
    assert changed == {keys.CLAIM, keys.run_record(ended["run"])}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda frame: frame.drop(columns="items"), "items"),
        (lambda frame: frame.iloc[:0], "no rows"),
        (lambda frame: frame.assign(customer_id=frame["customer_id"] + 10**9), "customer"),
    ],
    ids=["missing column", "empty table", "unknown shops"],
)
def test_broken_delivery_stops_the_week_and_leaves_the_forecast(
    distributor: Distributor, broken: Any, words: str
) -> None:
    distributor.deliver_all()
    distributor.run()
    before = distributor.latest
    frame: pd.DataFrame = broken(distributor.next_week())
    distributor.deliver("week", frame)
    ended = distributor.run()
    assert ended["error"] == "DataContractError"
    assert distributor.latest == before
    record = distributor.record(ended["run"])
    assert (record["status"], record["error"]["state"]) == ("failed", "validate")
    assert words in record["error"]["user_message"].lower()
    distributor.deliver("week", distributor.next_week())
    assert distributor.run()["outcome"] == "published"


@pytest.mark.parametrize("verb", sorted(set(VERBS.values()) - {"plan", "record", "load_model"}))
def test_error_in_any_state_is_recorded_and_the_next_execution_goes_on(
    distributor: Distributor, verb: str
) -> None:
    distributor.deliver_all()

    def fail(at: str, part: str | None) -> None:
        if at == verb:
            raise RuntimeError(f"no power in {at}")

    distributor.before = fail
    ended = distributor.run()
    assert ended["error"] == "RuntimeError"
    assert not distributor.store.exists(keys.LATEST_FORECAST)
    assert distributor.record(ended["run"])["status"] == "failed"
    distributor.before = lambda at, part: None
    again = distributor.run()
    assert again == {"run": ended["run"], "outcome": "published"}
    assert len(list_runs(distributor.store)) == 1
    record = distributor.record(again["run"])
    assert len(record["attempts"]) == 2
    present = record["attempts"][-1]["execution"]
    assert {entry["execution"] for entry in record["states"].values()} == {present}
    order = list(record["states"])
    in_parts = {"features", "train", "predict", "record"}
    done_before = [state for state in order[1 : order.index(verb)] if state not in in_parts]
    assert all(record["states"][state]["reused"] for state in done_before)


def test_crash_between_the_writes_of_publish_leaves_the_old_forecast(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributor.deliver_all()
    distributor.run()
    before = distributor.latest
    distributor.deliver("week", distributor.next_week())
    swing = type(distributor.store).swing

    def crash(self: Any, key: str, value: object, etag: str | None) -> str:
        if key == keys.LATEST_FORECAST:
            raise RuntimeError("killed")
        return swing(self, key, value, etag)

    with monkeypatch.context() as patch:
        patch.setattr(type(distributor.store), "swing", crash)
        assert distributor.run(force_retrain=True)["error"] == "RuntimeError"
    assert distributor.latest == before
    assert distributor.run(force_retrain=True)["outcome"] == "published"


def test_eight_shards_publish_the_pairs_of_one(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sodai import step

    distributor.tables = generate(LEARNED)
    distributor.deliver_all()
    record = distributor.record(distributor.run(trials=0)["run"])
    assert record["decision"]["winner"] == "challenger"
    first = distributor.latest["prefix"]
    monkeypatch.setenv("SHARDS", "8")
    step.settings.cache_clear()
    distributor.run(trials=0, force_retrain=True)
    second = distributor.latest["prefix"]
    assert first != second
    one, eight = (distributor.store.read(where + "positives.csv") for where in (first, second))
    assert one == eight
    pair = ["customer_id", "product_id"]
    one, eight = (
        read(distributor, where + "ranking.parquet").set_index(pair)["probability"].sort_index()
        for where in (first, second)
    )
    pd.testing.assert_series_equal(one, eight, rtol=0, atol=1e-6)


def test_level_of_the_last_forecast_moves_the_next_one(distributor: Distributor) -> None:
    distributor.tables = generate(LEARNED)
    distributor.deliver_all()
    first = distributor.run(trials=0)
    (before,) = distributor.latest["weeks"].values()
    assert before["level_offset"] == 0
    newest = distributor.newest_day
    distributor.deliver("week", following(LEARNED, newest, newest + timedelta(weeks=1)))
    second = distributor.run(trials=0)
    (point,) = distributor.store.read_json(keys.PERFORMANCE)["points"]
    assert point["run"] == first["run"]
    assert point["level_offset"] * (1 - point["metrics"]["level"]) > 0
    after = distributor.latest["weeks"][max(distributor.latest["weeks"])]
    assert after["run"] == second["run"]
    assert after["level_offset"] == coming_offset([point["level_offset"]]) != 0


def test_file_that_came_during_a_run_is_looked_at_after_it(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributor.deliver_all()
    take_claim(distributor.store, "execution:0", datetime.now(UTC), lambda _: "r0", lambda _: True)
    answers = iter([True, True, False])
    monkeypatch.setattr("functions.plan.app.is_running", lambda execution: next(answers))
    ended = distributor.run(wait=True)
    assert ended["outcome"] == "published"
    assert distributor.visited.count("WaitForTheRun") == 2


def test_trigger_that_need_not_wait_ends_as_already_running(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributor.deliver_all()
    take_claim(distributor.store, "execution:0", datetime.now(UTC), lambda _: "r0", lambda _: True)
    monkeypatch.setattr("functions.plan.app.is_running", lambda execution: True)
    assert distributor.run()["outcome"] == "already_running"
    assert "WaitForTheRun" not in distributor.visited


def test_reasons_of_the_pairs_people_see_add_up_to_their_probability(
    distributor: Distributor,
) -> None:
    distributor.tables = generate(LEARNED)
    distributor.deliver_all()
    record = distributor.record(distributor.run(trials=0)["run"])
    assert record["decision"]["winner"] == "challenger"
    prefix = distributor.latest["prefix"]
    ranking = read(distributor, prefix + "ranking.parquet")
    reasons = read(distributor, prefix + "explanations.parquet")
    pair = ["customer_id", "product_id"]
    sums = reasons.groupby(pair)["contribution"].sum()
    published = shown(ranking).set_index(pair)["probability"]
    assert set(sums.index) == set(published.index)
    assert (expit(sums) - published).abs().max() < 1e-9


def test_the_served_forecast_says_why_and_what_it_says_adds_up(distributor: Distributor) -> None:
    distributor.tables = generate(LEARNED)
    distributor.deliver_all()
    distributor.run(trials=0)
    forecast = Forecast(distributor.latest, distributor.store.read)
    labels, told = {*map(tuple, forecast.catalogue.labels)}, 0
    for call in forecast.catalogue.calls:
        is_cold = forecast.customer(call.customer_id).is_cold
        for item in forecast.recommend(call.customer_id, SHOWN_OF_EACH):
            assert item.why
            assert is_cold is (item.contributions is None)
            if item.contributions is None:
                continue
            assert {(part.es, part.en) for part in item.contributions} <= labels
            total = sum(part.contribution for part in item.contributions)
            assert expit(total) == pytest.approx(item.probability, abs=1e-5)
            told += 1
    assert told >= SHOWN_OF_EACH * LEARNED.customers / 2


def test_record_says_from_which_data_code_and_packages_a_model_was_made(
    distributor: Distributor,
) -> None:
    distributor.deliver_all()
    record = distributor.record(distributor.run()["run"])
    made_of = record["training"]["made_of"]
    assert made_of["clean"] == distributor.store.read_json(keys.CLEAN_MANIFEST)["fingerprint"]
    assert made_of["code"] == record["inputs"]["code"]
    assert made_of["packages"]["lightgbm"] == version("lightgbm")


@pytest.mark.parametrize("weeks", [4, 9])
def test_few_weeks_of_history_are_forecast_by_a_baseline(
    distributor: Distributor, weeks: int
) -> None:
    distributor.tables = generate(Recipe(customers=60, products=60, weeks=weeks, seed=5))
    distributor.deliver_all()
    record = distributor.record(distributor.run()["run"])
    assert record["outcome"] == "published"
    assert record["decision"]["winner"] == "frequency_8w"
    assert distributor.latest["predicted_pairs"] > 0


def test_champion_of_another_release_is_replaced(distributor: Distributor) -> None:
    distributor.tables = generate(Recipe(customers=80, products=60, weeks=18, seed=5))
    distributor.deliver_all()
    distributor.run(trials=0)
    version = distributor.store.read_json(keys.Keys().champion)["version"]
    prefix = keys.Keys().model(version)
    manifest = distributor.store.read_json(prefix + "manifest.json")
    del manifest["files"]["pair.txt"]
    for name in ("manifest.json", "pair.txt"):
        distributor.store.delete(prefix + name)
    distributor.store.write_json_once(prefix + "manifest.json", manifest)
    newest = distributor.newest_day
    recipe = Recipe(customers=80, products=60, weeks=18, seed=5)
    distributor.deliver("week", following(recipe, newest, newest + timedelta(weeks=1)))
    assert distributor.run(trials=0)["outcome"] == "published"
    assert "Train" in distributor.visited


def test_run_that_broke_off_after_it_had_promoted_trains_nothing_again(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.publish import app as publish

    distributor.tables = generate(Recipe(customers=80, products=60, weeks=18, seed=5))
    distributor.deliver_all()
    first = distributor.run(trials=0)
    before = distributor.store.read_json(keys.Keys().champion)
    newest = distributor.newest_day
    recipe = Recipe(customers=80, products=60, weeks=18, seed=5)
    distributor.deliver("week", following(recipe, newest, newest + timedelta(weeks=1)))

    def broken(*_: Any) -> None:
        raise RuntimeError("the light went out")

    monkeypatch.setattr("sodai.domain.decision.promotion.TOLERANCE", 1.0)  # any challenger may

    with monkeypatch.context() as patch:
        patch.setattr(publish, "name_forecast", broken)
        assert "error" in distributor.run(trials=3, force_retrain=True)
    swung = distributor.store.read_json(keys.Keys().champion)
    monkeypatch.setattr(training, "fit", broken)
    ended = distributor.run(trials=3, force_retrain=True)
    assert ended["outcome"] == "published"
    assert ended["run"] != first["run"]
    assert distributor.store.read_json(keys.Keys().champion) == swung
    assert swung["previous"] == before["version"]


def read(distributor: Distributor, key: str) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(distributor.store.read(key)))
