"""Two forecasts compared on the same draws of customers."""

import numpy as np
import pytest
from sodai.domain.evaluation import Method, ScoredPairs, evaluate, paired_differences
from sodai.domain.pairs import Pairs

CUSTOMERS, PRODUCTS = 150, 8


def week(seed: int, noise: float, of: int = 100) -> tuple[Method, Pairs]:
    """Scores of all pairs: what was bought, hidden under noise."""
    rng = np.random.default_rng(seed)
    customers = np.repeat(np.arange(CUSTOMERS), PRODUCTS)
    products = np.tile(np.arange(PRODUCTS), CUSTOMERS)
    bought = rng.random(len(customers)) < 0.3
    signal = bought + np.random.default_rng(seed + of).normal(0, noise, len(customers))
    scores = 1 / (1 + np.exp(-signal))
    scored = ScoredPairs(customers, products, scores)
    return Method(scored, 0.65), Pairs.of(customers[bought], products[bought])


def compared(noise: float, other: float, of: int = 100) -> dict[str, dict[str, float]]:
    mine, bought = zip(*(week(seed, noise) for seed in (1, 2)), strict=True)
    its, _ = zip(*(week(seed, other, of) for seed in (1, 2)), strict=True)
    told = paired_differences(list(mine), list(its), list(bought))
    return {name: one.to_dict() for name, one in told.items()}


def test_forecast_does_not_differ_from_itself() -> None:
    for one in compared(0.5, 0.5).values():
        assert one == {"mean": 0, "low": 0, "high": 0}


@pytest.mark.parametrize(("noise", "other", "sign"), [(0.3, 0.9, 1), (0.9, 0.3, -1)])
def test_clearly_better_forecast_is_better_on_every_draw(
    noise: float, other: float, sign: int
) -> None:
    for one in compared(noise, other).values():
        assert min(sign * one["low"], sign * one["high"]) > 0


def test_difference_that_is_chance_has_zero_within_its_bounds() -> None:
    for one in compared(0.7, 0.7, of=205).values():
        assert one["low"] < 0 < one["high"]


def test_mean_of_the_draws_is_the_difference_in_the_usual_metrics() -> None:
    told = compared(0.4, 0.6)
    figures = []
    for noise in (0.4, 0.6):
        metrics = []
        for seed in (1, 2):
            method, bought = week(seed, noise)
            ids = np.arange(CUSTOMERS), np.arange(PRODUCTS)
            metrics.append(evaluate(method.scored, bought, *ids, method.threshold))
        figures.append({k: np.mean([m[k] for m in metrics]) for k in told})
    for name, one in told.items():
        assert one["mean"] == pytest.approx(figures[0][name] - figures[1][name], abs=0.004)
