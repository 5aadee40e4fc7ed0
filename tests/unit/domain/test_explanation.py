"""Explanations add up, agree with the shap package, and are drawn without a screen."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit
from sodai.domain.explanation import (
    OTHERS,
    REMAINDER,
    explained_sample,
    importance,
    local_contributions,
    plots,
)
from sodai.domain.training import Vocabulary, fit

from tests.unit.domain import learned

TABLE = learned.labelled(0).table
MODEL = learned.model()
SAMPLE = explained_sample(TABLE, 300)
PARTS = MODEL.contributions(SAMPLE)

# shap itself, on import, calls what the newest matplotlib is about to deprecate.
shap_is_imported = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")


@shap_is_imported
def test_contributions_are_those_of_the_shap_package():
    import shap

    numbers = Vocabulary(MODEL.vocabulary.features, {})  # shap itself cannot split categories
    model = fit(learned.past(), learned.RECIPE, numbers, threads=1)
    encoded = numbers.encode(SAMPLE).astype(np.float64)
    about = numbers.about_customers

    def values(booster, columns):
        explainer = shap.TreeExplainer(booster)
        explainer.model.model_type = "internal"  # else shap hands the question back to LightGBM
        base = np.ravel(explainer.expected_value)[-1]
        return np.squeeze(explainer.shap_values(columns)), base

    (pair, pair_base), (basket, basket_base), (order, order_base) = (
        values(model.pair, encoded),
        values(model.basket, encoded),
        values(model.order, encoded[:, about]),
    )
    chance = expit(order.sum(axis=1) + order_base)
    multiplied = np.log(chance / expit(order_base)) / order.sum(axis=1)
    basket[:, about] += order * multiplied[:, None]
    parts = model.contributions(SAMPLE)
    np.testing.assert_allclose(parts[:, :-1], (pair + basket) / 2, atol=1e-8)
    two_stage_base = logit(expit(order_base) * expit(basket_base))
    assert parts[0, -1] == pytest.approx((pair_base + two_stage_base) / 2)


def test_sample_is_always_the_same_one():
    again = explained_sample(TABLE, 300)
    assert len(again) == 300
    assert np.array_equal(again.customer_ids, SAMPLE.customer_ids)
    assert len(explained_sample(TABLE, 10**9)) == len(TABLE)


def test_importance_is_the_mean_size_of_contributions():
    report = json.loads(json.dumps(importance(MODEL, PARTS), allow_nan=False))
    listed = report["features"]
    assert report["rows"] == 300
    assert {each["feature"] for each in listed} == set(MODEL.feature_names)
    sizes = [each["importance"] for each in listed]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(each["share"] for each in listed) == pytest.approx(1)
    first = MODEL.feature_names.index(listed[0]["feature"])
    assert sizes[0] == pytest.approx(np.abs(PARTS[:, first]).mean())
    assert listed[0]["family"]


def test_importance_names_features_in_english_and_in_spanish():
    listed = importance(MODEL, PARTS)["features"]
    named = {each["feature"]: (each["label"], each["label_es"]) for each in listed}
    assert named["customer_type"] == ("type of shop", "tipo de tienda")
    assert all(label != label_es for label, label_es in named.values())


@shap_is_imported
def test_plots_are_png_files_and_no_window_opens():
    drawn = plots(MODEL, SAMPLE, PARTS)
    assert sorted(drawn) == ["bar.png", "summary.png"]
    for content in drawn.values():
        assert content.startswith(b"\x89PNG")
        assert len(content) > 10_000


def test_parts_of_a_pair_sum_to_the_logit_of_its_probability():
    rows = np.array([3, 50, 200])
    frame = local_contributions(MODEL, TABLE, rows, top=5)
    sums = frame.groupby(["customer_id", "product_id"])["contribution"].sum()
    for row in rows:
        pair = (TABLE.customer_ids[row], TABLE.product_ids[row])
        expected = logit(MODEL.predict(TABLE.take(np.array([row])))[0])
        assert sums[pair] == pytest.approx(expected)
    assert len(frame) == 3 * (1 + 5 + 2)


def test_what_calibration_changed_is_one_named_remainder():
    rows = np.array([10, 11])
    own = MODEL.predict(TABLE)[rows]
    published = own * 0.9
    frame = local_contributions(MODEL, TABLE, rows, published, top=3)
    sums = frame.groupby(["customer_id", "product_id"])["contribution"].sum()
    assert sorted(sums) == pytest.approx(sorted(logit(published)))
    left = frame.loc[frame["feature"] == REMAINDER, "contribution"]
    blended = local_contributions(MODEL, TABLE, rows, top=3)
    before = blended.loc[blended["feature"] == REMAINDER, "contribution"].to_numpy()
    assert left.to_numpy() - before == pytest.approx(logit(published) - logit(own))


def test_named_features_are_the_largest_and_show_their_value():
    row = np.array([42])
    frame = local_contributions(MODEL, TABLE, row, top=4)
    assert frame["feature"].iloc[0] == "base"
    assert frame["feature"].iloc[-2:].tolist() == [OTHERS, REMAINDER]
    named = frame.iloc[1:5]
    sizes = named["contribution"].abs()
    parts = MODEL.contributions(TABLE.take(row))[0, :-1]
    assert sizes.is_monotonic_decreasing
    assert sizes.iloc[-1] >= np.sort(np.abs(parts))[-5]
    for name, value in zip(named["feature"], named["value"], strict=True):
        if name in TABLE.names:
            expected = TABLE.column(name)[42]
            assert value == pytest.approx(expected, nan_ok=True)


def test_no_pairs_give_no_rows():
    assert local_contributions(MODEL, TABLE, np.empty(0, np.int64)).empty
