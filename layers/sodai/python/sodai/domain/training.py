"""The model: gradient boosting on past windows, kept as text."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray
from sodai.domain.features.table import FeatureTable, LabelledTable

CATEGORY_SMOOTHING: Final = 50
ROWS_PER_LEAF_ROW: Final = 400  # with few rows, a leaf may be as small as rows / 400


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: everything that decides a model, beside the data and the vocabulary."""

    learning_rate: float = 0.08
    rounds: int = 220
    leaves: int = 31
    min_rows_per_leaf: int = 300
    feature_fraction: float = 0.35
    bagging_fraction: float = 0.8
    l2: float = 10.0
    max_bin: int = 63
    sample_share: float = 0.25  # of the candidates never bought, in training tables
    seed: int = 7

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
    """A trained model: scores candidates and says what each feature contributed."""

    booster: lgb.Booster
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
        return np.asarray(self.booster.predict(encoded, num_threads=self.threads), np.float64)

    def contributions(self, table: FeatureTable) -> FloatArray:
        """Return SHAP values in log-odds, shape (rows, features + 1); the last is the base.

        They sum to the logit of the probability (Lundberg et al., 2020: path-dependent TreeSHAP).
        """
        if not len(table):
            return np.empty((0, len(self.feature_names) + 1))
        encoded = self.vocabulary.encode(table)
        values = self.booster.predict(encoded, pred_contrib=True, num_threads=self.threads)
        return np.asarray(values, np.float64)

    def to_text(self) -> str:
        """Return the model in LightGBM's text format."""
        return str(self.booster.model_to_string(num_iteration=-1))

    @classmethod
    def from_text(cls, text: str, vocabulary: Vocabulary, threads: int = 2) -> Self:
        """Read what ``to_text`` wrote.

        Raises
        ------
        ValueError
            If the model and the vocabulary disagree on the columns.
        """
        booster = lgb.Booster(model_str=text)
        if tuple(booster.feature_name()) != vocabulary.names:
            raise ValueError("the vocabulary is not that of the model: their columns differ")
        return cls(booster, vocabulary, threads)


def dataset(
    tables: Iterable[LabelledTable], recipe: Recipe, vocabulary: Vocabulary, threads: int
) -> lgb.Dataset:
    """Bin labelled tables into a LightGBM data set.

    The tables are read once, one after the other: what stays in memory is one float32 copy of
    their rows, and after binning one byte per value.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    matrices, labels, weights = [], [], []
    for labelled in tables:
        if len(labelled.table):
            matrices.append(vocabulary.encode(labelled.table))
            labels.append(labelled.labels)
            weights.append(labelled.table.weight)
    rows = sum(len(matrix) for matrix in matrices)
    if not rows:
        raise ValueError("there is nothing to train on: the tables have no rows")
    first_category = len(vocabulary.features)
    binned = lgb.Dataset(
        matrices,
        label=np.concatenate(labels),
        weight=np.concatenate(weights),
        feature_name=list(vocabulary.names),
        categorical_feature=list(range(first_category, len(vocabulary.names))),
        params=recipe.parameters(rows, threads),
        free_raw_data=True,
    )
    return binned.construct()


def fit(
    tables: Iterable[LabelledTable], recipe: Recipe, vocabulary: Vocabulary, threads: int = 2
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

    Raises
    ------
    ValueError
        If there are no rows.
    """
    binned = dataset(tables, recipe, vocabulary, threads)
    parameters = recipe.parameters(binned.num_data(), threads)
    booster = lgb.train(parameters, binned, num_boost_round=recipe.rounds)
    return Model(booster.free_dataset(), vocabulary, threads)
