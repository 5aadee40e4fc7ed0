"""A small distributor and its weeks, delivered to a bucket played by moto."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from jsonschema import Draft202012Validator
from sodai.store import keys
from sodai.store.artifacts import Artifacts

from data.generate import Tables, following, generate
from data.recipe import Recipe
from tests.functional.conftest import empty_bucket
from tests.functional.week.machine import ROOT, Failed, Machine

SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "run-record.schema.json").read_text()))
RECIPE = Recipe(customers=70, products=60, weeks=20, seed=11)
LEARNABLE = Recipe(customers=80, products=60, weeks=18, seed=5)  # a model beats every baseline


def as_parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


@dataclass
class Distributor:
    """A bucket, the tables of its first weeks, and the weekly run over them."""

    store: Artifacts
    tables: Tables
    before: Callable[[str, str | None], None] = lambda verb, part: None
    executions: int = 0
    visited: list[str] = field(default_factory=list)

    @property
    def newest_day(self) -> date:
        newest: pd.Timestamp = self.tables.transactions["purchase_date"].max()
        return newest.date()

    def deliver(self, name: str, frame: pd.DataFrame) -> None:
        self.store.write_once(keys.incoming(f"{name}.parquet"), as_parquet(frame))

    def deliver_all(self) -> None:
        self.deliver("clientes", self.tables.customers)
        self.deliver("productos", self.tables.products)
        self.deliver("transacciones", self.tables.transactions)

    def next_week(self, weeks: int = 1) -> pd.DataFrame:
        return following(RECIPE, self.newest_day, self.newest_day + timedelta(weeks=weeks))

    def deliver_following(self) -> None:
        """Deliver the week that was forecast."""
        end = date.fromisoformat(self.latest["to"])
        self.deliver(f"week-{end}", following(LEARNABLE, end - timedelta(weeks=1), end))

    def run(self, **asked: Any) -> dict[str, Any]:
        """Run an execution; return the run record's outcome, or the error it failed with."""
        self.executions += 1
        machine = Machine(self.store.read, self.before)
        try:
            output = machine.run({"trials": 2, **asked}, f"execution:{self.executions}")
        except Failed as failed:
            output = {"error": failed.args[0], "run": self.claim["run"]}
        self.visited = machine.visited
        if "Record" in machine.visited:
            self.require_the_published_schema(output)
        return output

    def require_the_published_schema(self, output: dict[str, Any]) -> None:
        """Every run that ends, however it ends, leaves a record as it is described."""
        if output.get("outcome") not in {"nothing_to_do", "already_running"}:
            SCHEMA.validate(self.record(output["run"]))

    @property
    def claim(self) -> dict[str, Any]:
        claim: dict[str, Any] = self.store.read_json(keys.CLAIM)
        return claim

    @property
    def latest(self) -> dict[str, Any]:
        latest: dict[str, Any] = self.store.read_json(keys.LATEST_FORECAST)
        return latest

    def record(self, run: str) -> dict[str, Any]:
        record: dict[str, Any] = self.store.read_json(keys.run_record(run))
        return record


@pytest.fixture(scope="session")
def tables() -> Tables:
    return generate(RECIPE)


@pytest.fixture
def distributor(store: Artifacts, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Distributor:
    """Nothing delivered yet; every execution that is not the present one has ended."""
    from functions.plan import app as plan

    monkeypatch.setattr(plan, "is_running", lambda execution: False)
    return Distributor(store, tables)


@dataclass(frozen=True)
class Season:
    """What a bucket holds after three weeks, and the run of each."""

    objects: dict[str, bytes]
    first: str
    kept: str
    promoted: str


@pytest.fixture(scope="session")
def season() -> Season:
    """A first model, a week that keeps it, and a week whose challenger takes its place."""
    with pytest.MonkeyPatch.context() as patch, empty_bucket(patch) as bucket:
        patch.setattr("functions.plan.app.is_running", lambda execution: False)
        patch.setattr("sodai.domain.decision.promotion.TOLERANCE", 1.0)  # any challenger may
        one = Distributor(bucket, generate(LEARNABLE))
        one.deliver_all()
        runs = [one.run(trials=0)]
        one.deliver_following()
        runs.append(one.run(trials=0))
        one.deliver_following()
        runs.append(one.run(trials=0, force_retrain=True))
        assert [run["outcome"] for run in runs] == ["published"] * 3
        objects = {entry.key: bucket.read(entry.key) for entry in bucket.list("")}
        return Season(objects, *(run["run"] for run in runs))


@pytest.fixture
def seasoned(distributor: Distributor, season: Season) -> Distributor:
    """The distributor after these three weeks."""
    for key, body in season.objects.items():
        distributor.store.write_once(key, body)
    return replace(distributor, tables=generate(LEARNABLE), executions=10)
