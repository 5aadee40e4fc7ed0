"""The benchmark of the monitoring, at tiny size; its figures are for people, not for tests."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from data.generate import generate
from data.recipe import Recipe
from tests.performance.monitoring.faults import BY_NAME
from tests.performance.monitoring.layers import inject
from tests.performance.monitoring.policies import FOUR, POLICIES, RULE, Course, worth
from tests.performance.monitoring.year import Year, parts
from tests.stack import ROOT, write_tables

TINY = Recipe(customers=60, products=60, weeks=38, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return write_tables(generate(TINY), tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def year(folder: Path) -> Year:
    return Year.read(folder)


def test_weeks_before_are_all_that_a_fault_is_judged_beside(year: Year) -> None:
    week = year.weeks[-2]
    known = year.before(week).transactions["purchase_date"].max().date()
    assert known < week
    days = year.lines(week)["purchase_date"]
    assert days.min().date() >= week
    assert days.max().date() < week + timedelta(weeks=1)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("items x12, all lines", "PAIR_RATIO"),
        ("customers of 20 % of lines permuted", "SHARED_ORDER"),
        ("last week again, new dates and orders", "REPEATED_LINE"),
        ("X and Y swapped, 30 %", "OUTSIDE_BOX"),
        ("column renamed", "UNREADABLE"),
    ],
)
def test_a_fault_of_the_benchmark_is_caught_by_the_contract(
    year: Year, name: str, reason: str
) -> None:
    [found] = inject(year, BY_NAME[name], year.weeks[-2:-1])
    assert found.contract
    assert reason in found.reasons


def test_a_week_as_it_came_is_not_caught(year: Year) -> None:
    [found] = inject(year, BY_NAME["none"], year.weeks[-2:-1])
    assert not found.reasons


def test_weeks_are_parted_where_limits_were_chosen() -> None:
    weeks = [date(2024, 8, 5), date(2024, 8, 12)]
    assert list(parts(weeks, weeks[1]).values()) == [weeks[:1], weeks[1:]]


def test_a_policy_that_earns_less_every_week_is_worth_less() -> None:
    ap = np.linspace(0.5, 0.6, 12)
    ordinary = [[Course(3, ap, ap)]]
    courses = dict.fromkeys(POLICIES, ordinary) | {RULE: [[Course(2, ap - 0.01, ap)]]}
    found = worth(courses, RULE, np.random.default_rng(0))
    assert found.beside_ap == pytest.approx((0.01, 0.01, 0.01))
    assert found.beside_f1 == pytest.approx((0, 0, 0))
    assert worth(courses, FOUR, np.random.default_rng(0)).regret_ap == 0


def test_benchmark_of_the_monitoring_prints_its_three_tables(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.performance.monitoring", "--data", str(folder)]
    command += ["--build", str(tmp_path), "--seeds", "1", "--every", "9", "--weeks", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (*BY_NAME, *POLICIES, "features shuffled for 5% of customers"):
        assert re.search(rf"^{re.escape(name)} ", done.stdout, re.MULTILINE), name
    kept = {file.name for file in tmp_path.rglob("*-seed7.json")}
    assert kept
    again = subprocess.run(
        [*command, "--only", "policies"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "model of" not in again.stderr
    assert again.stdout in done.stdout
