"""A model is text, the same byte for byte, and its columns never shift."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import average_precision_score, roc_auc_score
from sodai.domain.features import FeatureTable, LabelledTable
from sodai.domain.features.table import CategoryColumn
from sodai.domain.pairs import Pairs
from sodai.domain.training import Model, Recipe, TrainingRows, Vocabulary, fit

from tests.unit.domain import learned

TODAY = learned.labelled(0)
NOTHING = Pairs.of(np.empty(0, np.int64), np.empty(0, np.int64))


def refitted(**changes: object) -> Model:
    tables = learned.past()
    recipe = replace(learned.RECIPE, **changes)
    return fit(tables, recipe, Vocabulary.of(each.table for each in tables), threads=1)


def test_same_data_and_recipe_give_the_same_bytes():
    assert refitted().to_texts() == learned.model().to_texts()
    assert refitted(seed=8).to_texts() != learned.model().to_texts()


def test_tables_read_one_at_a_time_give_the_same_model():
    packed = [(each.table.to_parquet(), each.bought) for each in learned.past()]
    lazily = (LabelledTable(FeatureTable.from_parquet(c), bought) for c, bought in packed)
    model = fit(lazily, learned.RECIPE, learned.model().vocabulary, threads=1)
    assert model.to_texts() == learned.model().to_texts()


def test_text_and_vocabulary_are_all_that_is_needed_to_score():
    model = learned.model()
    vocabulary = Vocabulary.from_json(model.vocabulary.to_json())
    again = Model.from_texts(model.to_texts(), vocabulary)
    assert again.predict(TODAY.table) == pytest.approx(model.predict(TODAY.table), rel=1e-12)
    assert again.to_texts() == model.to_texts()


def test_vocabulary_of_another_model_is_refused():
    wrong = replace(learned.model().vocabulary, features=("something",))
    with pytest.raises(ValueError, match="vocabulary"):
        Model.from_texts(learned.model().to_texts(), wrong)


def test_it_learns_more_than_plain_frequency():
    scores = learned.model().predict(TODAY.table)
    plain = TODAY.table.column("pair_share_8w")
    assert scores.min() > 0
    assert scores.max() < 1
    assert average_precision_score(TODAY.labels, scores) > average_precision_score(
        TODAY.labels, plain
    )
    assert scores.sum() / TODAY.labels.sum() == pytest.approx(1, abs=0.2)


def test_weights_keep_probabilities_of_a_sample_right():
    thin = [LabelledTable(each.table.sampled(0.25), each.bought) for each in learned.past()]
    model = fit(thin, learned.RECIPE, learned.model().vocabulary, threads=1)
    expected = learned.model().predict(TODAY.table).sum()
    assert model.predict(TODAY.table).sum() == pytest.approx(expected, rel=0.1)


def test_contributions_sum_nearly_to_the_logit_of_the_probability():
    model = learned.model()
    parts = model.contributions(TODAY.table)
    assert parts.shape == (len(TODAY.table), len(model.feature_names) + 1)
    left = logit(model.predict(TODAY.table)) - parts.sum(axis=1)
    assert np.abs(left).mean() < 0.15
    assert np.corrcoef(parts.sum(axis=1), logit(model.predict(TODAY.table)))[0, 1] > 0.99
    assert len(set(parts[:, -1])) == 1


def test_probability_is_the_mean_of_the_pair_asked_directly_and_of_its_two_stages():
    model, table = learned.model(), TODAY.table
    encoded = model.vocabulary.encode(table)
    chances = model.order_chances(table)
    orders = np.array([chances[one] for one in table.customer_ids.tolist()])
    expected = (model.pair.predict(encoded) + orders * model.basket.predict(encoded)) / 2
    assert model.predict(table) == pytest.approx(expected, rel=1e-12)


def test_who_orders_is_told_apart_from_who_does_not():
    chances = learned.model().order_chances(TODAY.table)
    ordered = np.isin(list(chances), TODAY.bought.customer_ids)
    assert set(chances) == set(TODAY.table.customer_ids.tolist())
    assert roc_auc_score(ordered, list(chances.values())) > 0.65


def test_basket_is_learned_from_those_who_ordered():
    rows = TrainingRows.of(learned.past(), learned.model().vocabulary)
    baskets = rows.binned_baskets(learned.RECIPE, threads=1)
    pairs = rows.binned_pairs(learned.RECIPE, threads=1)
    assert np.sum(baskets.get_label()) == np.sum(pairs.get_label()) > 0
    assert baskets.num_data() < pairs.num_data()


def test_customers_are_described_by_columns_that_all_their_pairs_share():
    encoded = learned.model().vocabulary.encode(TODAY.table)
    about = encoded[:, learned.model().vocabulary.about_customers]
    _, first, customer = np.unique(TODAY.table.customer_ids, return_index=True, return_inverse=True)
    assert np.array_equal(about, about[first][customer], equal_nan=True)


def test_where_nobody_ordered_nothing_is_likely():
    silent = [LabelledTable(each.table, NOTHING) for each in learned.past()]
    model = fit(silent, learned.RECIPE, learned.model().vocabulary, threads=1)
    assert model.predict(TODAY.table).max() < 0.01


def test_new_brand_shifts_no_code():
    vocabulary, table = learned.model().vocabulary, TODAY.table
    brand = table.categories["product_brand"]
    shifted = CategoryColumn(("A NEW ONE", *brand.levels), (brand.codes + 1).astype(np.int16))
    renamed = replace(table, categories={**table.categories, "product_brand": shifted})
    assert np.array_equal(vocabulary.encode(renamed), vocabulary.encode(table), equal_nan=True)


def test_category_that_training_never_saw_is_scored_as_another_one():
    table = TODAY.table
    strange = CategoryColumn(("MOON BASE",), np.zeros(len(table), np.int16))
    moved = replace(table, categories={**table.categories, "customer_type": strange})
    assert np.isfinite(learned.model().predict(moved)).all()
    column = learned.model().feature_names.index("customer_type")
    assert np.isnan(learned.model().vocabulary.encode(moved)[:, column]).all()


def test_windows_of_five_days_use_the_same_code():
    tables = [learned.labelled(i, horizon_days=5) for i in range(6, 0, -1)]
    model = fit(tables, learned.RECIPE, Vocabulary.of(each.table for each in tables), threads=1)
    today = learned.labelled(0, horizon_days=5)
    assert model.predict(today.table).sum() / today.labels.sum() == pytest.approx(1, abs=0.25)
    assert set(today.table.column("horizon_days")) == {5}


def test_few_rows_may_have_small_leaves():
    assert Recipe().parameters(rows=1_000_000, threads=2)["min_data_in_leaf"] == 300
    assert Recipe().parameters(rows=4_000, threads=2)["min_data_in_leaf"] == 10
    assert Recipe().parameters(rows=10, threads=2)["min_data_in_leaf"] == 1


def test_recipe_survives_a_dictionary():
    recipe = Recipe(leaves=20, l2=124.5)
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_empty_table_is_scored_and_explained_as_nothing():
    empty = TODAY.table.take(np.empty(0, np.int64))
    assert len(learned.model().predict(empty)) == 0
    assert learned.model().order_chances(empty) == {}
    assert learned.model().contributions(empty).shape == (0, len(learned.model().feature_names) + 1)


def test_nothing_to_train_on_is_refused():
    empty = LabelledTable(TODAY.table.take(np.empty(0, np.int64)), TODAY.bought)
    with pytest.raises(ValueError, match="nothing to train on"):
        fit([empty], Recipe(), learned.model().vocabulary)
    with pytest.raises(ValueError, match="at least one"):
        Vocabulary.of([])
