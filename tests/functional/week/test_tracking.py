"""Runs are written to a real MLflow server; one that is down stops nothing."""

import json
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from sodai import step
from sodai.store.artifacts import Artifacts
from sodai.tracking import track

from tests.functional.week.conftest import Distributor, Season
from tests.stack import ROOT, free_port

MLFLOW = ROOT / "build" / "mlflow" / "bin" / "python"


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """An MLflow server of its own, empty."""
    if not MLFLOW.exists():
        pytest.skip("no MLflow server on this machine; try it with: make test-tracking")
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = [str(MLFLOW), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/runs.db", "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            require_up(client, server, folder / "log")
            yield client
    finally:
        server.terminate()
        server.wait(30)


def require_up(client: httpx.Client, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(240):
        try:
            if client.get("/health").is_success:
                return
        except httpx.TransportError:
            assert server.poll() is None, log.read_text()
        time.sleep(0.5)
    raise AssertionError(log.read_text())


def use(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.setenv("TRACKING_URI", uri)
    step.settings.cache_clear()


def runs(mlflow: httpx.Client) -> list[dict[str, Any]]:
    found = mlflow.get(
        "/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": "sodai"}
    )
    ids = [found.json()["experiment"]["experiment_id"]]
    answer = mlflow.post("/api/2.0/mlflow/runs/search", json={"experiment_ids": ids})
    told: list[dict[str, Any]] = answer.json()["runs"]
    return told


def test_published_and_failed_runs_are_in_mlflow_with_figures_and_artifacts(
    seasoned: Distributor,
    season: Season,
    mlflow: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, str(mlflow.base_url).replace("//", "//operator:secret@"))
    record = seasoned.record(season.promoted)
    made = record["artifacts"]["evaluation"] + "windows.json"
    track(step.settings().tracking_uri, record, {"evaluation.json": seasoned.store.read(made)})
    seasoned.deliver("broken", seasoned.next_week().drop(columns="items"))
    failed = seasoned.run()["run"]

    by_name = {one["info"]["run_name"]: one for one in runs(mlflow)}
    assert by_name[failed]["info"]["status"] == "FAILED"
    assert "secret" not in json.dumps(seasoned.record(failed))
    assert seasoned.record(failed)["tracking"] == {"run_id": by_name[failed]["info"]["run_id"]}

    published = by_name[season.promoted]
    assert published["info"]["status"] == "FINISHED"
    figures = {one["key"]: one["value"] for one in published["data"]["metrics"]}
    mean = record["evaluation"]["mean"]
    assert figures["challenger.f1"] == mean["challenger"]["f1"]
    assert figures["predicted_pairs"] == record["predictions"]["predicted_pairs"]
    named = {one["key"]: one["value"] for one in published["data"]["params"]}
    assert named["recipe.rounds"] == str(record["training"]["recipe"]["rounds"])
    told = {one["key"]: one["value"] for one in published["data"]["tags"]}
    assert (told["outcome"], told["reasons"]) == ("published", "FORCED")
    run_id = published["info"]["run_id"]
    listed = mlflow.get("/api/2.0/mlflow/artifacts/list", params={"run_id": run_id}).json()
    assert {one["path"] for one in listed["files"]} == {"record.json", "evaluation.json"}
    kept = mlflow.get("/get-artifact", params={"run_id": run_id, "path": "record.json"})
    assert kept.json() == record


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        (f"http://127.0.0.1:{free_port()}", "cannot be reached"),
        ("mlflow.example", "is not http"),
    ],
    ids=["down", "no address"],
)
def test_server_that_is_down_is_noted_and_stops_nothing(
    distributor: Distributor,
    store: Artifacts,
    monkeypatch: pytest.MonkeyPatch,
    uri: str,
    words: str,
) -> None:
    use(monkeypatch, uri)
    distributor.deliver("week", distributor.next_week())
    record = distributor.record(distributor.run()["run"])
    assert record["error"]["name"] == "DataContractError"
    assert words in record["tracking"]["error"]
    assert distributor.claim["released"]


class Anything(BaseHTTPRequestHandler):
    """Answers everything with an empty object."""

    def answer(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_server_that_is_something_else_is_noted_and_stops_nothing(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HTTPServer(("127.0.0.1", 0), Anything) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        use(monkeypatch, f"http://127.0.0.1:{server.server_port}")
        distributor.deliver("week", distributor.next_week())
        record = distributor.record(distributor.run()["run"])
        server.shutdown()
    assert "no MLflow server" in record["tracking"]["error"]
    assert distributor.claim["released"]


def test_file_that_is_gone_is_noted_and_stops_nothing(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.record import app

    distributor.deliver("week", distributor.next_week())
    run = distributor.run()["run"]
    use(monkeypatch, f"http://127.0.0.1:{free_port()}")
    record = distributor.record(run)
    app.track_run({**record, "artifacts": {**record["artifacts"], "drift": "drift/gone.json"}})
    assert "gone.json" in distributor.record(run)["tracking"]["error"]
