"""Plain forecasts that the model has to beat, on the same candidates."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Protocol

import numpy as np
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from sodai.domain.arrays import FloatArray
from sodai.domain.features.table import FeatureTable, LabelledTable, weighted
from sodai.domain.threshold import best_threshold, plug_in_threshold

THRESHOLD_WINDOWS: Final = 8
LOGISTIC_WINDOWS: Final = 16
UNJUDGED_THRESHOLD: Final = 0.375  # 3 of 8 weeks, where no past window can tell better
WITHIN_BASKET: Final = 0.5


class FittedBaseline(Protocol):
    """A baseline ready to score."""

    @property
    def name(self) -> str:
        """Name of the baseline."""

    @property
    def calibrated(self) -> bool:
        """Whether its scores are probabilities."""

    def score(self, table: FeatureTable) -> FloatArray:
        """Return a score in [0, 1] for each candidate."""

    def threshold(self, scores: FloatArray) -> float:
        """Return the score from which a pair is selected."""

    def to_json(self) -> str:
        """Return all that is needed to score again."""


class Baseline(Protocol):
    """A way to make a plain forecast from past windows."""

    @property
    def name(self) -> str:
        """Name of the baseline, as in results."""

    def fit(self, past: Sequence[LabelledTable]) -> FittedBaseline:
        """Learn from past windows, oldest first; there may be none."""


@dataclass(frozen=True, slots=True)
class ColumnScore:
    """Score by one column of the table, cut at a fixed value."""

    name: str
    column: str
    cut: float
    calibrated: bool = False

    def score(self, table: FeatureTable) -> FloatArray:
        """Return the column."""
        return table.column(self.column).astype(np.float64)

    def threshold(self, scores: FloatArray) -> float:
        """Return the fixed value, whatever the scores."""
        return self.cut

    def to_json(self) -> str:
        """Return the values as JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class RepeatLastWeek:
    """Everyone buys again what they bought last week."""

    name: str = "repeat_last_week"

    def fit(self, past: Sequence[LabelledTable]) -> ColumnScore:
        """Return the rule; there is nothing to learn."""
        return ColumnScore(self.name, "pair_share_1w", 0.5)


@dataclass(frozen=True, slots=True)
class CutColumn:
    """Select where a column is high; the cut is the mean best one of the last 8 windows."""

    name: str
    column: str

    def fit(self, past: Sequence[LabelledTable]) -> ColumnScore:
        """Average the best cuts of the last 8 windows."""
        cuts = []
        for labelled in past[-THRESHOLD_WINDOWS:]:
            scores = labelled.table.column(self.column).astype(np.float64)
            labels, weight = labelled.labels, weighted(labelled.table)
            if labels.any():
                cuts.append(best_threshold(scores, labels, labelled.bought.count, weight)[0])
        cut = float(np.mean(cuts)) if cuts else UNJUDGED_THRESHOLD
        return ColumnScore(self.name, self.column, cut)


@dataclass(frozen=True, slots=True)
class PersonalTopK:
    """Each customer's k most frequent products, k as many as it is expected to buy.

    Frequency f is the share of weeks with the product, half-life 8.5 weeks; k is the products
    per order week times the share of weeks with an order, of the same half-life, rounded: whoever
    rarely orders gets few or none. Nothing is learned, so the fitted baseline is the same.
    """

    name: str = "personal_top_k"
    calibrated: bool = False

    def fit(self, past: Sequence[LabelledTable]) -> "PersonalTopK":
        """Return the rule itself."""
        return self

    def score(self, table: FeatureTable) -> FloatArray:
        """Return ``(is among the top k + f) / 2``: at least 1/2 within the top k, below outside.

        k is the sum of a customer's frequencies, so no product of frequency 1 is ever outside.
        """
        basket, orders, rank, frequency = (
            table.column(name).astype(np.float64) for name in _PERSONAL
        )
        is_within = (rank + 1 <= basket * orders + 0.5) & (frequency > 0)
        return (is_within + frequency) / 2

    def threshold(self, scores: FloatArray) -> float:
        """Return 1/2, whatever the scores."""
        return WITHIN_BASKET

    def to_json(self) -> str:
        """Return the values as JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class LogisticScore:
    """A fitted logistic regression on nine columns, as plain numbers."""

    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    name: str = "logistic"
    calibrated: bool = True

    def score(self, table: FeatureTable) -> FloatArray:
        """Return the probability of each candidate."""
        standard = (logistic_columns(table) - self.centre) / self.scale
        return np.asarray(expit(standard @ np.array(self.weights) + self.intercept))

    def threshold(self, scores: FloatArray) -> float:
        """Return the plug-in threshold of these scores."""
        return plug_in_threshold(scores)

    def to_json(self) -> str:
        """Return the values as JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression on recency, frequency and reach, over the last 16 windows."""

    name: str = "logistic"

    def fit(self, past: Sequence[LabelledTable]) -> LogisticScore:
        """Fit on weighted rows; without both outcomes, the base rate is all there is."""
        recent = [labelled for labelled in past[-LOGISTIC_WINDOWS:] if len(labelled.table)]
        none = np.empty((0, len(_LOGISTIC)))
        columns = np.concatenate([none, *(logistic_columns(each.table) for each in recent)])
        labels = np.concatenate([np.empty(0, np.int8), *(each.labels for each in recent)])
        weight = np.concatenate([np.empty(0), *(weighted(each.table) for each in recent)])
        flat = (0.0,) * len(_LOGISTIC)
        if not labels.any() or labels.all():
            rate = (labels @ weight + 1) / (weight.sum() + 2)
            return LogisticScore(flat, (1.0,) * len(_LOGISTIC), flat, float(logit(rate)))
        centre, scale = columns.mean(axis=0), columns.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        fitted = LogisticRegression(max_iter=1000).fit(
            (columns - centre) / scale, labels, sample_weight=weight
        )
        return LogisticScore(
            tuple(centre.tolist()),
            tuple(scale.tolist()),
            tuple(fitted.coef_[0].tolist()),
            float(fitted.intercept_[0]),
        )


_PERSONAL: Final = (
    "customer_basket_8.5w",
    "customer_decay_8.5w",
    "rank_pair_decay",
    "pair_decay_8.5w",
)
_LOGISTIC: Final = (
    "pair_days_since_last",
    "pair_decay_8.5w",
    "pair_decay_26w",
    "pair_share_1w",
    "pair_recency_over_gap",
    "customer_decay_4w",
    "customer_recency_over_gap",
    "product_reach_4w",
    "pair_order_decay_0.93",
)
_NEVER: Final[Mapping[str, tuple[float, float]]] = {  # value where it never happened, largest value
    "pair_days_since_last": (500.0, np.inf),
    "pair_recency_over_gap": (10.0, 10.0),
    "customer_recency_over_gap": (20.0, np.inf),
}


def logistic_columns(table: FeatureTable) -> FloatArray:
    """Return the nine columns: logarithms of recencies, square roots of rates; (rows, 9)."""
    columns = []
    for name in _LOGISTIC:
        values = table.column(name).astype(np.float64)
        if name in _NEVER:
            never, largest = _NEVER[name]
            columns.append(np.log1p(np.minimum(np.nan_to_num(values, nan=never), largest)))
        else:
            columns.append(values if name == "pair_share_1w" else np.sqrt(values))
    return np.stack(columns, axis=1)


FREQUENCY: Final = CutColumn("frequency_8w", "pair_share_8w")
BASELINES: Final[tuple[Baseline, ...]] = (
    RepeatLastWeek(),
    FREQUENCY,
    PersonalTopK(),
    CutColumn("tifu_knn", "tifu_knn"),
    CutColumn("up_cf", "up_cf"),
    Logistic(),
)


JUDGED_WINDOWS: Final = 2


def best_baseline(past: Sequence[LabelledTable]) -> Baseline:
    """Return the baseline with the highest mean F1 on the newest 2 windows, fitted without them.

    With no more than these two there is nothing to compare: it is the frequency of 8 weeks.
    """
    if len(past) <= JUDGED_WINDOWS:
        return FREQUENCY
    before, judged = past[:-JUDGED_WINDOWS], past[-JUDGED_WINDOWS:]
    fitted = {baseline.name: baseline.fit(before) for baseline in BASELINES}

    def mean_f1(baseline: Baseline) -> float:
        return float(np.mean([_weighted_f1(fitted[baseline.name], each) for each in judged]))

    return max(BASELINES, key=mean_f1)


def _weighted_f1(fitted: FittedBaseline, labelled: LabelledTable) -> float:
    scores = fitted.score(labelled.table)
    selected = scores >= fitted.threshold(scores)
    weight = weighted(labelled.table) * selected
    total = weight.sum() + labelled.bought.count
    return float(2 * (weight @ labelled.labels) / total) if total else 0.0


def fitted_baseline_from_json(text: str) -> FittedBaseline:
    """Read what ``to_json`` of a fitted baseline wrote."""
    values = json.loads(text)
    if "column" in values:
        return ColumnScore(**values)
    if "centre" not in values:
        return PersonalTopK(**values)
    for name in ("centre", "scale", "weights"):
        values[name] = tuple(values[name])
    return LogisticScore(**values)
