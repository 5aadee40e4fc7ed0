"""The deployed template, driven as a newcomer drives it: from tables to an answer of the API."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from data.generate import following
from tests.stack import RECIPE, ROOT, Stack


@pytest.fixture(scope="module")
def api(published_stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=published_stack.api_url, trust_env=False, timeout=30) as client:
        yield client


def test_status_names_what_is_published(published_stack: Stack) -> None:
    status = published_stack.json("status")
    assert status["running"] is True
    assert (status["url"], status["api_url"]) == (published_stack.url, published_stack.api_url)
    assert status["target_week"] == "2025-05-05"
    assert None not in status.values()


def test_api_answers_from_the_published_forecast(
    published_stack: Stack, api: httpx.Client, tmp_path: Path
) -> None:
    health = api.get("/health").json()
    assert (health["status"], health["data_available"]) == ("ok", True)
    out = tmp_path / "positives.csv"
    done = published_stack.sodai("predictions", "--positives", "-o", str(out))
    assert done.returncode == 0, done.stdout
    customer, product = map(int, out.read_text().splitlines()[0].split(","))
    body = {"customer_id": customer, "product_id": product}
    answer = api.post("/predict", json=body).json()
    assert 0 < answer["prediction_score"] < 1
    ranked = api.post("/recommendations", json={"customer_id": customer, "top_k": 5}).json()
    scores = [one["prediction_score"] for one in ranked["recommendations"]]
    assert scores == sorted(scores, reverse=True)
    assert api.post("/predict", json={**body, "customer_id": 10**12}).status_code == 404
    assert api.post("/predict", json={"customer_id": "one"}).status_code == 422


def test_run_shows_its_states_record_and_logs(published_stack: Stack, api: httpx.Client) -> None:
    [run] = published_stack.json("runs")
    assert (run["outcome"], run["reasons"]) == ("published", ["NO_CHAMPION"])
    record = published_stack.json("show", run["run"])
    assert {entry["status"] for entry in record["states"].values()} == {"succeeded"}
    assert api.get(f"/runs/{run['run']}").json()["run"] == run["run"]
    lines = published_stack.json("logs", run["run"], "validate")
    assert any("ended" in str(line["message"]) for line in lines)
    shown = api.get(f"/runs/{run['run']}/logs", params={"state": "validate"}).json()["lines"]
    told = [line["message"] for line in shown if line["level"]]
    assert (told[0], told[-1]) == ("started", "ended")


def test_second_run_with_nothing_new_says_so(published_stack: Stack) -> None:
    again = published_stack.sodai("ingest", str(published_stack.tables), "--run")
    assert again.returncode == 0
    assert "known before" in again.stdout
    assert "Nothing new" in again.stdout


def test_one_function_runs_without_docker(published_stack: Stack) -> None:
    event = ROOT / "events" / "api-health.json"
    done = published_stack.sodai("invoke", "api", "-e", str(event))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "data_available" in done.stdout


def test_broken_file_is_refused_in_words_and_the_forecast_stands(
    published_stack: Stack, api: httpx.Client, tmp_path: Path
) -> None:
    before = api.get("/health").json()["published_at"]
    broken = tmp_path / "week.parquet"
    broken.write_text("customer_id,product_id\n1,2\n")
    done = published_stack.sodai("ingest", str(broken), "--run")
    assert done.returncode == 1
    assert "failed in state validate" in done.stdout
    assert "week.parquet" in done.stdout
    assert api.get("/health").json()["published_at"] == before


def test_next_week_keeps_the_model_and_the_api_sees_it_without_a_restart(
    published_stack: Stack, api: httpx.Client, tmp_path: Path
) -> None:
    before = api.get("/health").json()
    newest = date.fromisoformat(before["target_week"]) - timedelta(days=1)
    week = tmp_path / "next.parquet"
    following(RECIPE, newest, newest + timedelta(weeks=1)).to_parquet(week, index=False)
    done = published_stack.sodai("ingest", str(week), "--run")
    assert done.returncode == 0, done.stdout
    assert "keep the model" in done.stdout
    after = api.get("/health").json()
    assert after["target_week"] > before["target_week"]
    assert after["model_version"] == before["model_version"]
