"""The sample is small, of the same kind as the real tables, and the generator is fast."""

import time

import pytest
from typer.testing import CliRunner

from data.__main__ import SAMPLE, app
from data.compare import compare
from data.figures import measure
from data.generate import generate
from data.recipe import Recipe

LARGEST_SAMPLE = 3_000_000  # bytes
REQUIRED = (
    "repeat_rate",
    "products_per_basket_week",
    "customers_ordering_a_week",
    "pairs_per_buyer",
    "positives_spread",
    "repeat_last_week_f1",
    "frequency_8w_f1",
    "frequency_8w_ap",
    "logistic_f1",
    "logistic_ap",
)


def test_sample_is_at_most_three_megabytes() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) <= LARGEST_SAMPLE


def test_sample_is_of_the_same_kind_as_the_real_tables() -> None:
    result = CliRunner().invoke(app, ["compare"])
    assert result.exit_code == 0, result.output


def test_another_seed_is_of_the_same_kind_too() -> None:
    tables = generate(Recipe(seed=12))
    rows = compare(measure(tables.customers, tables.products, tables.transactions))
    off = {row.figure: round(row.ratio, 2) for row in rows if not row.is_close}
    assert not off.keys() & set(REQUIRED), off


@pytest.mark.parametrize(("customers", "seconds"), [(600, 10), (6000, 60)])
def test_a_year_is_made_in_seconds(customers: int, seconds: float) -> None:
    start = time.perf_counter()
    generate(Recipe(customers=customers))
    assert time.perf_counter() - start < seconds
