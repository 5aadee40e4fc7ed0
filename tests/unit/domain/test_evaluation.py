"""Metrics agree with scikit-learn and count what lies outside the candidates."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle
from sodai.domain.evaluation import (
    METRIC_KEYS,
    ScoredPairs,
    calibration_bins,
    confusion_matrix,
    evaluate,
    order_chances,
    precision_recall_curve,
)
from sodai.domain.pairs import Pairs

CUSTOMERS, PRODUCTS = np.arange(100, 140), np.arange(10, 25)
NOBODY = Pairs.of(np.empty(0, np.int64), np.empty(0, np.int64))


class World:
    """Random scores and purchases over a full grid, with some pairs not scored."""

    def __init__(self, seed: int, share: float = 0.7, digits: int = 2) -> None:
        rng = np.random.default_rng(seed)
        shape = (len(CUSTOMERS), len(PRODUCTS))
        self.truth = rng.random(shape) < 0.2 * rng.random((shape[0], 1))
        noisy = 0.5 * self.truth + 0.6 * rng.random(shape)
        self.candidate = rng.random(shape) < share
        self.grid = np.where(self.candidate, np.round(np.clip(noisy, 0.01, 0.99), digits), 0)
        row, column = np.nonzero(self.candidate)
        mixed = rng.permutation(len(row))
        row, column = row[mixed], column[mixed]
        self.scored = ScoredPairs(CUSTOMERS[row], PRODUCTS[column], self.grid[row, column])
        row, column = np.nonzero(self.truth)
        self.actual = Pairs.of(CUSTOMERS[row], PRODUCTS[column])

    def evaluate(self, threshold: float = 0.4, **options: object) -> dict[str, float]:
        return evaluate(self.scored, self.actual, CUSTOMERS, PRODUCTS, threshold, **options)


@pytest.mark.parametrize("seed", range(5))
def test_decision_and_area_agree_with_sklearn_over_the_whole_grid(seed):
    world = World(seed)
    result = world.evaluate()
    truth, scores = world.truth.ravel(), world.grid.ravel()
    predicted = scores >= 0.4
    assert result["f1"] == pytest.approx(oracle.f1_score(truth, predicted))
    assert result["precision"] == pytest.approx(oracle.precision_score(truth, predicted))
    assert result["recall"] == pytest.approx(oracle.recall_score(truth, predicted))
    assert result["roc_auc"] == pytest.approx(oracle.roc_auc_score(truth, scores))
    assert result["predicted_pairs"] == predicted.sum()
    assert result["positives"] == truth.sum()


def test_average_precision_agrees_with_sklearn_when_everything_is_scored():
    world = World(1, share=1.1)
    expected = oracle.average_precision_score(world.truth.ravel(), world.grid.ravel())
    assert world.evaluate()["average_precision"] == pytest.approx(expected)


def test_purchase_outside_the_candidates_never_adds_to_average_precision():
    world = World(2)
    truth, scores = world.truth[world.candidate], world.grid[world.candidate]
    inside = oracle.average_precision_score(truth, scores)
    expected = inside * truth.sum() / world.truth.sum()
    assert world.evaluate()["average_precision"] == pytest.approx(expected)


def test_rankings_agree_with_sklearn_and_a_plain_count():
    world = World(3, digits=9)
    buyers = world.truth.any(axis=1)
    truth, scores = world.truth[buyers], world.grid[buyers]
    result = world.evaluate()
    order = np.argsort(-scores, axis=1)
    hits = np.take_along_axis(truth, order, axis=1)
    hits &= np.take_along_axis(world.candidate[buyers], order, axis=1)
    bought = truth.sum(axis=1)
    for k in (5, 10):
        found = hits[:, :k].sum(axis=1)
        assert result[f"precision_at_{k}"] == pytest.approx((found / k).mean())
        assert result[f"recall_at_{k}"] == pytest.approx((found / bought).mean())
    assert result["hit_at_10"] == pytest.approx(hits[:, :10].any(axis=1).mean())
    precision = hits.cumsum(axis=1) / (np.arange(hits.shape[1]) + 1) * hits
    assert result["map"] == pytest.approx((precision.sum(axis=1) / bought).mean())
    everything = World(3, share=1.1, digits=9)
    expected = oracle.ndcg_score(everything.truth[buyers], everything.grid[buyers], k=10)
    assert everything.evaluate()["ndcg_at_10"] == pytest.approx(expected)


def test_rankings_within_the_candidates_know_of_nothing_else():
    world = World(3, digits=9)
    inside = world.truth & world.candidate
    buyers = inside.any(axis=1)
    truth, scores = inside[buyers], world.grid[buyers]
    top5 = np.take_along_axis(truth, np.argsort(-scores, axis=1), axis=1)[:, :5].sum(axis=1)
    result = world.evaluate()
    assert result["candidate_recall_at_5"] == pytest.approx((top5 / truth.sum(axis=1)).mean())
    expected = oracle.ndcg_score(truth, scores, k=10)
    assert result["candidate_ndcg_at_10"] == pytest.approx(expected)


def test_unknown_customer_and_product_count_as_missed():
    world = World(4)
    extra = Pairs.concat([world.actual, Pairs.of(np.array([999, 100]), np.array([10, 888]))])
    before = world.evaluate()
    after = evaluate(world.scored, extra, CUSTOMERS, PRODUCTS, 0.4)
    share = world.actual.count / extra.count
    assert after["positives"] == before["positives"] + 2
    assert after["recall"] == pytest.approx(before["recall"] * share)
    assert after["average_precision"] == pytest.approx(before["average_precision"] * share)
    assert after["roc_auc"] == before["roc_auc"]
    assert after["hit_at_10"] < before["hit_at_10"]


def test_calibration_is_measured_over_the_whole_grid():
    world = World(5)
    truth, scores = world.truth.ravel(), world.grid.ravel()
    bins = np.minimum((scores * 15).astype(int), 14)
    gaps = [abs((scores - truth)[bins == b].sum()) for b in range(15)]
    result = world.evaluate()
    assert result["ece"] == pytest.approx(sum(gaps) / len(scores))
    assert result["level"] == pytest.approx(scores.sum() / truth.sum())
    serious = scores >= 0.05
    gaps = [abs((scores - truth)[serious & (bins == b)].sum()) for b in range(15)]
    assert result["ece_05"] == pytest.approx(sum(gaps) / serious.sum())


def test_coverage_counts_customers_and_products_with_a_predicted_pair():
    world = World(6)
    chosen = world.grid >= 0.9
    result = world.evaluate(0.9)
    assert 0 < result["coverage_customers"] == pytest.approx(chosen.any(axis=1).mean())
    assert result["coverage_products"] == pytest.approx(chosen.any(axis=0).mean())


def test_orders_are_judged_by_the_chance_of_any_purchase_or_what_is_given():
    world = World(7)
    ordered = world.truth.any(axis=1)
    chance = 1 - np.prod(1 - world.grid, axis=1)
    assert world.evaluate()["order_auc"] == pytest.approx(oracle.roc_auc_score(ordered, chance))
    perfect = dict(zip(CUSTOMERS.tolist(), ordered.astype(float).tolist(), strict=True))
    assert world.evaluate(order_probability=perfect)["order_auc"] == 1
    by_customer = order_chances(world.scored)
    assert by_customer[100] == pytest.approx(chance[0])


def test_scores_that_are_no_probabilities_have_no_calibration():
    result = World(8).evaluate(calibrated=False)
    assert result["ece"] is result["ece_05"] is result["level"] is None
    assert result["f1"] is not None


def test_nothing_bought_and_nothing_scored_give_unknown_and_never_nan():
    nothing = ScoredPairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    world = World(9)
    for scored, actual in (
        (nothing, world.actual),
        (world.scored, NOBODY),
        (nothing, NOBODY),
    ):
        result = evaluate(scored, actual, CUSTOMERS, PRODUCTS, 0.5)
        assert tuple(result) == METRIC_KEYS
        json.dumps(result, allow_nan=False)
        curve = precision_recall_curve(scored, actual)
        json.dumps([curve, calibration_bins(scored, actual)], allow_nan=False)
    assert evaluate(nothing, world.actual, CUSTOMERS, PRODUCTS, 0.5)["recall"] == 0
    assert evaluate(world.scored, NOBODY, CUSTOMERS, PRODUCTS, 0.5)["average_precision"] is None


def test_confusion_matrix_covers_every_pair():
    world = World(10)
    counted = confusion_matrix(world.scored, world.actual, CUSTOMERS, PRODUCTS, 0.4)
    expected = oracle.confusion_matrix(world.truth.ravel(), world.grid.ravel() >= 0.4).ravel()
    names = ("true_negatives", "false_positives", "false_negatives", "true_positives")
    assert [counted[name] for name in names] == expected.tolist()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 200))
def test_curve_lies_on_the_points_of_sklearn(seed, points):
    world = World(seed, digits=2)
    truth, scores = world.truth[world.candidate], world.grid[world.candidate]
    precision, recall, thresholds = oracle.precision_recall_curve(truth, scores)
    known = {t: (p, r) for t, p, r in zip(thresholds, precision, recall, strict=False)}
    curve = precision_recall_curve(world.scored, world.actual, points)
    assert 0 < len(curve["threshold"]) <= points
    assert curve["threshold"] == sorted(curve["threshold"], reverse=True)
    share = truth.sum() / world.truth.sum()
    for cut, p, r in zip(*curve.values(), strict=True):
        assert (p, r) == pytest.approx((known[cut][0], known[cut][1] * share))


def test_bins_compare_expected_with_observed():
    scored = ScoredPairs(np.array([1, 1, 2]), np.array([1, 2, 1]), np.array([0.02, 0.98, 1.0]))
    bins = calibration_bins(scored, Pairs.of(np.array([1, 9]), np.array([2, 9])), bins=2)
    assert bins[0] == {
        "from": 0.0,
        "to": 0.5,
        "pairs": 1,
        "mean_probability": 0.02,
        "observed_rate": 0.0,
    }
    assert bins[1]["pairs"] == 2
    assert bins[1]["observed_rate"] == 0.5
