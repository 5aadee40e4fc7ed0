"""A small distributor and its weeks, delivered to a bucket played by moto."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sodai.store import keys
from sodai.store.artifacts import Artifacts

from data.generate import Tables, following, generate
from data.recipe import Recipe
from tests.functional.week.machine import Failed, Machine

RECIPE = Recipe(customers=70, products=60, weeks=20, seed=11)


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

    def run(self, **asked: Any) -> dict[str, Any]:
        """Run an execution; return the run record's outcome, or the error it failed with."""
        self.executions += 1
        machine = Machine(self.store.read, self.before)
        try:
            output = machine.run({"trials": 2, **asked}, f"execution:{self.executions}")
        except Failed as failed:
            output = {"error": failed.args[0], "run": self.claim["run"]}
        self.visited = machine.visited
        return output

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
