from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.baselines import average_precision, best_threshold, f1, fit_logistic, plug_in_choice
from data.compare import Row, compare
from data.errors import TooShort
from data.figures import MEANING, REAL, measure, pairs_by_week
from data.generate import Tables, generate
from data.recipe import Recipe
from data.tables import read_tables


def test_f1_counts_pairs() -> None:
    chosen = np.array([[True, True, False]])
    bought = np.array([[True, False, True]])
    assert f1(chosen, bought) == 0.5


def test_average_precision_of_a_perfect_and_of_a_constant_score() -> None:
    bought = np.array([True, False, False, True])
    assert average_precision(np.array([4.0, 1.0, 2.0, 3.0]), bought) == 1.0
    assert average_precision(np.zeros(4), bought) == 0.5


def test_average_precision_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    chance = np.random.default_rng(1)
    score, bought = chance.integers(0, 9, 500).astype(float), chance.random(500) < 0.2
    assert average_precision(score, bought) == pytest.approx(
        metrics.average_precision_score(bought, score)
    )


def test_best_threshold_is_where_f1_peaks() -> None:
    score = np.array([0.9, 0.8, 0.7, 0.2, 0.1])
    assert best_threshold(score, np.array([True, True, True, False, False])) == 0.7


def test_plug_in_choice_keeps_the_likely_pairs() -> None:
    chosen = plug_in_choice(np.array([0.9, 0.8, 0.05, 0.01]))
    assert chosen.tolist() == [True, True, False, False]


def test_logistic_fit_finds_the_weights_that_made_the_labels() -> None:
    chance = np.random.default_rng(2)
    inputs = chance.standard_normal((20_000, 2))
    odds = inputs @ [1.5, -0.5] - 1
    bought = chance.random(20_000) < 1 / (1 + np.exp(-odds))
    assert fit_logistic(inputs, bought) == pytest.approx([1.5, -0.5, -1], abs=0.08)


def test_pairs_of_an_unfinished_week_are_left_out() -> None:
    customers = pd.DataFrame({"customer_id": [1, 2]})
    purchases = pd.DataFrame(
        {
            "customer_id": [1, 1, 2],
            "product_id": [7, 8, 7],
            "purchase_date": pd.to_datetime(["2025-01-06", "2025-01-12", "2025-01-14"]),
        }
    )
    bought = pairs_by_week(customers, purchases)
    assert bought.shape == (2, 2, 1)
    assert bought.sum() == 2


def test_a_history_of_a_few_weeks_cannot_be_judged() -> None:
    tables = generate(Recipe(customers=20, products=60, weeks=4))
    with pytest.raises(TooShort, match="hold 4 complete weeks; the figures need 12"):
        measure(tables.customers, tables.products, tables.transactions)


def test_every_figure_has_a_meaning_and_a_real_value(tables: Tables) -> None:
    figures = measure(tables.customers, tables.products, tables.transactions)
    assert set(figures) == set(MEANING) == set(REAL)
    assert all(np.isfinite(value) for value in figures.values())


@pytest.mark.parametrize(
    ("value", "is_close"), [(0.81, True), (1.19, True), (0.79, False), (1.21, False)]
)
def test_a_figure_may_be_a_fifth_off(value: float, is_close: bool) -> None:
    assert Row("f1", value, 1.0).is_close is is_close


def test_comparison_keeps_the_order_of_the_list() -> None:
    assert [row.figure for row in compare(REAL)] == list(MEANING)
    assert all(row.ratio == 1 for row in compare(REAL))


def test_constants_are_the_real_figures(real_tables: Path) -> None:
    real = read_tables(real_tables)
    assert measure(real.customers, real.products, real.transactions) == pytest.approx(
        REAL, rel=1e-3
    )
