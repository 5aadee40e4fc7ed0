"""The model: gradient boosting on past windows, kept as text.

Two ways to the same probability are averaged, because they err apart: the pair asked directly, and
the chance that the customer orders times the chance that the product is in the basket then.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logit

from sodai.domain.arrays import BoolArray, FloatArray, IntArray
from sodai.domain.features.catalogue import CATEGORY_FEATURES, CUSTOMER_FEATURES
from sodai.domain.features.table import FeatureTable, LabelledTable

MEMBERS: Final = ("pair", "basket", "order")
CATEGORY_SMOOTHING: Final = 50
ROWS_PER_LEAF_ROW: Final = 400  # with few rows, a leaf may be as small as rows / 400


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: everything that decides a model, beside the data and the vocabulary."""

    learning_rate: float = 0.07
    rounds: int = 220
    leaves: int = 27
    min_rows_per_leaf: int = 300
    feature_fraction: float = 0.35
    bagging_fraction: float = 0.7
    l2: float = 30.0
    max_bin: int = 63
    sample_share: float = 0.2  # of the candidates never bought, in training tables
    seed: int = 7

    @property
    def of_orders(self) -> "Recipe":
        """The recipe of the member that says who orders: one row per customer and window."""
        return replace(
            self,
            learning_rate=0.05,
            rounds=200,
            leaves=15,
            min_rows_per_leaf=50,
            feature_fraction=0.4,
            bagging_fraction=0.8,
            l2=10.0,
        )

    def to_dict(self) -> dict[str, float | int]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, float | int]) -> Self:
        """Read what ``to_dict`` wrote."""
        return cls(**values)  # type: ignore[arg-type]

    def parameters(self, rows: int, threads: int) -> dict[str, Any]:
        """Return LightGBM's parameters for so many rows."""
        return {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": min(self.min_rows_per_leaf, max(1, rows // ROWS_PER_LEAF_ROW)),
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            "lambda_l2": self.l2,
            "max_bin": self.max_bin,
            "cat_smooth": CATEGORY_SMOOTHING,
            "feature_pre_filter": False,
            "seed": self.seed,
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": threads,
            "verbosity": -1,
        }


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The columns a model knows, in order, and the names each category may take."""

    features: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, tables: Iterable[FeatureTable]) -> Self:
        """Collect the vocabulary of training tables; levels are sorted.

        Raises
        ------
        ValueError
            If there is no table.
        """
        features: tuple[str, ...] | None = None
        levels: dict[str, set[str]] = {}
        for table in tables:
            features = features or table.names
            for name, column in table.categories.items():
                levels.setdefault(name, set()).update(column.levels)
        if features is None:
            raise ValueError("a vocabulary needs at least one feature table")
        return cls(features, {name: tuple(sorted(known)) for name, known in levels.items()})

    @property
    def about_customers(self) -> IntArray:
        """Positions of the columns that say the same of all pairs of a customer."""
        return np.flatnonzero(np.isin(self.names, CUSTOMER_FEATURES))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the model's columns: numbers first, then categories."""
        return (*self.features, *self.categories)

    def encode(self, table: FeatureTable) -> NDArray[np.float32]:
        """Return the model's columns, shape (rows, len(names)), column-major.

        A category the vocabulary lacks becomes NaN, which the model knows as "another one".
        """
        matrix = np.empty((len(table), len(self.names)), np.float32, order="F")
        for i, name in enumerate(self.features):
            matrix[:, i] = table.column(name)
        for i, (name, levels) in enumerate(self.categories.items(), len(self.features)):
            matrix[:, i] = table.categories[name].recoded(levels)
        return matrix

    def to_json(self) -> str:
        """Return the vocabulary as JSON."""
        return json.dumps({"features": self.features, "categories": self.categories}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote."""
        known = json.loads(text)
        levels = {name: tuple(names) for name, names in known["categories"].items()}
        return cls(tuple(known["features"]), levels)


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    """A trained model: scores candidates and says what each feature contributed.

    Attributes
    ----------
    pair : Booster
        The chance that a pair is bought in the window.
    basket : Booster
        The same, given that the customer orders in the window.
    order : Booster
        The chance that a customer orders in the window, from the columns about customers.
    vocabulary : Vocabulary
        Their columns.
    threads : int
        Threads for scores.
    """

    pair: lgb.Booster
    basket: lgb.Booster
    order: lgb.Booster
    vocabulary: Vocabulary
    threads: int = 2

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the contributions."""
        return self.vocabulary.names

    def predict(self, table: FeatureTable) -> FloatArray:
        """Return the probability that each candidate is bought in the window."""
        if not len(table):
            return np.empty(0)
        encoded = self.vocabulary.encode(table)
        first, customer = _customers_of(table)
        orders = self._ask(self.order, encoded[np.ix_(first, self.vocabulary.about_customers)])
        given_order = self._ask(self.basket, encoded)
        return (self._ask(self.pair, encoded) + orders[customer] * given_order) / 2

    def order_chances(self, table: FeatureTable) -> dict[int, float]:
        """Return the chance of an order in the window, by customer id."""
        if not len(table):
            return {}
        first, _ = _customers_of(table)
        encoded = self.vocabulary.encode(table.take(first))
        chances = self._ask(self.order, encoded[:, self.vocabulary.about_customers])
        return dict(zip(table.customer_ids[first].tolist(), chances.tolist(), strict=True))

    def contributions(self, table: FeatureTable) -> FloatArray:
        """Return signed contributions in log-odds, shape (rows, features + 1); last is the base.

        They are the SHAP values of the members (Lundberg et al., 2020: path-dependent TreeSHAP),
        averaged. Those of ``order`` are brought from log-odds to logarithms, in which chances
        multiply, by the rescale rule of DeepLIFT (Shrikumar et al., 2017). Their sum is near the
        logit of the probability; what the average of probabilities adds is a remainder.
        """
        columns = len(self.feature_names)
        if not len(table):
            return np.empty((0, columns + 1))
        encoded = self.vocabulary.encode(table)
        first, customer = _customers_of(table)
        about = self.vocabulary.about_customers
        pair, basket = (self._explain(one, encoded) for one in (self.pair, self.basket))
        order = self._explain(self.order, encoded[np.ix_(first, about)])
        base, moved = order[:, -1], order[:, :-1].sum(axis=1)
        logarithm = log_expit(base + moved) - log_expit(base)
        scale = np.where(moved != 0, logarithm / np.where(moved != 0, moved, 1), expit(-base))
        two_stage = basket.copy()
        two_stage[:, about] += (order[:, :-1] * scale[:, None])[customer]
        two_stage[:, -1] = logit(expit(base)[customer] * expit(basket[:, -1]))
        return np.asarray((pair + two_stage) / 2, np.float64)

    def _ask(self, booster: lgb.Booster, encoded: NDArray[np.float32]) -> FloatArray:
        return np.asarray(booster.predict(encoded, num_threads=self.threads), np.float64)

    def _explain(self, booster: lgb.Booster, encoded: NDArray[np.float32]) -> FloatArray:
        values = booster.predict(encoded, pred_contrib=True, num_threads=self.threads)
        return np.asarray(values, np.float64)

    def to_texts(self) -> dict[str, str]:
        """Return each member in LightGBM's text format."""
        return {
            name: str(getattr(self, name).model_to_string(num_iteration=-1)) for name in MEMBERS
        }

    @classmethod
    def from_texts(cls, texts: Mapping[str, str], vocabulary: Vocabulary, threads: int = 2) -> Self:
        """Read what ``to_texts`` wrote.

        Raises
        ------
        ValueError
            If a member and the vocabulary disagree on the columns.
        """
        boosters = {name: lgb.Booster(model_str=texts[name]) for name in MEMBERS}
        every = np.array(vocabulary.names)
        for name, booster in boosters.items():
            known = every[vocabulary.about_customers] if name == "order" else every
            if booster.feature_name() != known.tolist():
                raise ValueError("the vocabulary is not that of the model: their columns differ")
        return cls(**boosters, vocabulary=vocabulary, threads=threads)


def _customers_of(table: FeatureTable) -> tuple[IntArray, IntArray]:
    """Return the first row of each customer, and which of them each row belongs to."""
    _, first, customer = np.unique(table.customer_ids, return_index=True, return_inverse=True)
    return first, customer


@dataclass(frozen=True, eq=False, slots=True)
class TrainingRows:
    """The rows of labelled tables, read once, one table after the other.

    What stays in memory is one float32 copy of them, and after binning one byte per value.
    """

    vocabulary: Vocabulary
    pairs: list[NDArray[np.float32]] = field(default_factory=list)
    bought: list[NDArray[np.int8]] = field(default_factory=list)
    weight: list[NDArray[np.float32]] = field(default_factory=list)
    customers: list[NDArray[np.float32]] = field(default_factory=list)
    ordered: list[BoolArray] = field(default_factory=list)  # by customer
    given_order: list[BoolArray] = field(default_factory=list)  # by pair

    @classmethod
    def of(cls, tables: Iterable[LabelledTable], vocabulary: Vocabulary) -> Self:
        """Collect the rows of past windows.

        Raises
        ------
        ValueError
            If there are no rows.
        """
        rows = cls(vocabulary)
        for labelled in tables:
            if len(labelled.table):
                rows._add(labelled)
        if not rows.pairs:
            raise ValueError("there is nothing to train on: the tables have no rows")
        return rows

    def _add(self, labelled: LabelledTable) -> None:
        table, encoded = labelled.table, self.vocabulary.encode(labelled.table)
        first, customer = _customers_of(table)
        ordered = np.isin(table.customer_ids[first], labelled.bought.customer_ids)
        self.pairs.append(encoded)
        self.bought.append(labelled.labels)
        self.weight.append(table.weight)
        self.customers.append(encoded[np.ix_(first, self.vocabulary.about_customers)])
        self.ordered.append(ordered)
        self.given_order.append(ordered[customer])

    def binned_pairs(self, recipe: Recipe, threads: int) -> lgb.Dataset:
        """Bin the rows of pairs; their float copy is given up."""
        matrices = self.pairs.copy()
        self.pairs.clear()
        labels, weight = np.concatenate(self.bought), np.concatenate(self.weight)
        return _binned(matrices, labels, weight, self.vocabulary.names, recipe, threads)

    def binned_baskets(self, recipe: Recipe, threads: int) -> lgb.Dataset:
        """Bin the rows of pairs whose customer ordered; of all pairs, where none did.

        They are binned anew: a subset of binned rows has corrupted memory in LightGBM 4.7.
        """
        chosen = self.given_order
        if not any(rows.any() for rows in chosen):
            chosen = [~rows for rows in chosen]
        matrices = [matrix[rows] for matrix, rows in zip(self.pairs, chosen, strict=True)]
        kept = np.concatenate(chosen)
        return _binned(
            [matrix for matrix in matrices if len(matrix)],
            np.concatenate(self.bought)[kept],
            np.concatenate(self.weight)[kept],
            self.vocabulary.names,
            recipe,
            threads,
        )

    def binned_customers(self, recipe: Recipe, threads: int) -> lgb.Dataset:
        """Bin one row per customer and window."""
        names = np.array(self.vocabulary.names)[self.vocabulary.about_customers].tolist()
        labels = np.concatenate(self.ordered).astype(np.int8)
        weight = np.ones(len(labels), np.float32)
        return _binned(self.customers, labels, weight, names, recipe, threads)


def _binned(
    matrices: list[NDArray[np.float32]],
    labels: NDArray[np.int8],
    weight: NDArray[np.float32],
    names: Sequence[str],
    recipe: Recipe,
    threads: int,
) -> lgb.Dataset:
    binned = lgb.Dataset(
        matrices,
        label=labels,
        weight=weight,
        feature_name=list(names),
        categorical_feature=[i for i, name in enumerate(names) if name in CATEGORY_FEATURES],
        params=recipe.parameters(len(labels), threads),
        free_raw_data=True,
    )
    return binned.construct()


def fit(
    tables: Iterable[LabelledTable],
    recipe: Recipe,
    vocabulary: Vocabulary,
    threads: int = 2,
    on_member: Callable[[str], None] | None = None,
) -> Model:
    """Train a model on past windows.

    Equal tables, recipe, vocabulary and threads give the same model byte for byte.

    Parameters
    ----------
    tables : iterable of LabelledTable
        Past windows, of any weekdays and length; may read them one at a time.
    recipe : Recipe
        How to train.
    vocabulary : Vocabulary
        Columns and category names.
    threads : int
        Threads for training, and later for scores.
    on_member : callable, optional
        Told the name of each member when it is trained.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    rows = TrainingRows.of(tables, vocabulary)
    tell = on_member or (lambda _name: None)

    def trained(name: str, recipe: Recipe, binned: lgb.Dataset) -> lgb.Booster:
        parameters = recipe.parameters(binned.num_data(), threads)
        booster = lgb.train(parameters, binned, num_boost_round=recipe.rounds)
        tell(name)
        return booster.free_dataset()

    order = trained("order", recipe.of_orders, rows.binned_customers(recipe.of_orders, threads))
    basket = trained("basket", recipe, rows.binned_baskets(recipe, threads))
    pair = trained("pair", recipe, rows.binned_pairs(recipe, threads))
    return Model(pair, basket, order, vocabulary, threads)
