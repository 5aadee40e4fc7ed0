"""Drift, performance and the models."""

from typing import Annotated, Any

from sodai_api.models.fields import Answer, Week, about
from sodai_api.models.operations import Artifact

Metrics = dict[str, float | None]
METRICS = {"f1": 0.586, "average_precision": 0.627, "precision": 0.59, "recall": 0.58}
RunName = Annotated[str, about("Run it comes from", "20250106T050001-1a2b")]


class DriftStatistic(Artifact):
    """How far one feature of the week is from the reference weeks."""

    feature: Annotated[str, about("What was measured", "items")]
    kind: Annotated[
        str,
        about("ks: of numbers; js: of categories; log_odds: of a share; lost: of a level", "ks"),
    ]
    value: Annotated[float, about("Distance from the reference weeks", 0.018, unit="distance")]
    z: Annotated[
        float,
        about("The distance among those of ordinary weeks", 0.3, unit="robust standard deviations"),
    ]
    psi: Annotated[
        float | None,
        about("Population stability index, reported only; null: of a share", 0.003, unit="nats"),
    ] = None
    ks_p: Annotated[
        float | None,
        about("p-value of the KS test, reported only", 0.41, unit="probability, 0 to 1"),
    ] = None


class DriftVerdict(Artifact):
    """The largest z of the week against its limit."""

    evaluated: Annotated[bool, about("Whether there was enough to compare", True)] = True
    reason: Annotated[str | None, about("Why not: TOO_FEW_WEEKS or NO_LINES", "TOO_FEW_WEEKS")] = (
        None
    )
    max_z: Annotated[
        float | None, about("Largest z of the week", 1.9, unit="robust standard deviations")
    ] = None
    feature: Annotated[str | None, about("The feature with that z", "items")] = None
    limit: Annotated[
        float | None, about("Largest ordinary z", 3.5, unit="robust standard deviations")
    ] = None
    alarm: Annotated[bool, about("Whether it is beyond the limit", False)] = False


class DriftReport(Artifact):
    """How far the newest complete week is from the reference weeks."""

    run: RunName
    week: Annotated[str, about("Week judged", "2024-12-30", unit="date")]
    statistics: Annotated[
        list[DriftStatistic] | None, about("Every feature, as it was measured")
    ] = None
    drift: Annotated[DriftVerdict | None, about("The verdict on the week")] = None
    volume: Annotated[
        dict[str, Any] | None,
        about(
            "Lines of the week against their usual number",
            {"lines": 4924, "sigmas": 1.1, "limit": 3.5, "flagged": False},
            unit="lines, robust standard deviations",
        ),
    ] = None
    decision: Annotated[
        dict[str, Any] | None,
        about("Retrain or keep, with reasons", {"retrain": False, "reasons": ["NO_REASON"]}),
    ] = None


class PerformancePoint(Answer):
    """A published forecast against what happened."""

    week: Week
    run: RunName
    horizon_days: Annotated[int, about("Days the forecast covered", 7, unit="days, 1 to 7")]
    metrics: Annotated[Metrics, about("Of the published forecast; null: no meaning", METRICS)]
    naive: Annotated[
        Metrics, about("Of ranking by the weeks bought of the last 8, on the same pairs", METRICS)
    ]
    gap: Annotated[
        float, about("Lead in average precision over the naive ranking", 0.07, unit="AP")
    ]
    f1_gap: Annotated[float | None, about("Lead in F1", 0.05, unit="F1")]
    centre: Annotated[
        float | None, about("Median lead of the weeks before; null: too few", 0.068, unit="AP")
    ]
    limit: Annotated[
        float | None,
        about("Control limit: a lead below it is an alarm; null: too few weeks", 0.04, unit="AP"),
    ]
    reason: Annotated[
        str | None,
        about(
            "Why it cannot alarm: NOT_CHARTED, SEEDED or TOO_FEW_POINTS; null: it can",
            "TOO_FEW_POINTS",
        ),
    ]
    alarm: Annotated[bool, about("Whether the lead fell below its limit", False)]


class CalibrationBin(Answer):
    """Pairs of about the same probability, and how many of them were ordered."""

    lowest: Annotated[float, about("Lower edge", 0.4, unit="probability, 0 to 1")]
    highest: Annotated[float, about("Upper edge", 0.4667, unit="probability, 0 to 1")]
    pairs: Annotated[int, about("Pairs in the bin", 431, unit="pairs")]
    mean_probability: Annotated[
        float | None, about("Mean published probability; null: no pairs", 0.43, unit="0 to 1")
    ]
    observed_rate: Annotated[
        float | None, about("Share that was ordered; null: no pairs", 0.44, unit="0 to 1")
    ]


class Calibration(Answer):
    """Probabilities against observed rates."""

    source: Annotated[
        str, about("realised: of a published forecast; held_out: of a week kept back", "realised")
    ]
    week: Week
    bins: Annotated[list[CalibrationBin], about("Bins of equal width, candidates only")]


class ConfusionMatrix(Answer):
    """Pairs by decision and outcome."""

    true_positives: Annotated[int, about("Predicted and ordered", 2600, unit="pairs")]
    false_positives: Annotated[int, about("Predicted, not ordered", 1800, unit="pairs")]
    false_negatives: Annotated[int, about("Ordered, not predicted", 1850, unit="pairs")]
    true_negatives: Annotated[int, about("Neither", 165000, unit="pairs")]


class Curve(Answer):
    """Precision and recall as the threshold falls, evenly spaced in recall."""

    threshold: Annotated[list[float], about("Thresholds", [0.9, 0.4], unit="probability")]
    precision: Annotated[list[float], about("Precision at each", [0.93, 0.6], unit="0 to 1")]
    recall: Annotated[list[float], about("Recall at each", [0.1, 0.58], unit="0 to 1")]


class HeldOutWindow(Answer):
    """A week that the model had not seen when it was judged on it."""

    week: Week
    methods: Annotated[
        dict[str, Metrics],
        about("Challenger, champion and baselines", {"challenger": METRICS, "tifu_knn": METRICS}),
    ]
    leading: Annotated[
        str | None, about("The model whose curve is shown; null: no model", "challenger")
    ]
    threshold: Annotated[float | None, about("Its threshold", 0.31, unit="probability, 0 to 1")]
    confusion_matrix: Annotated[ConfusionMatrix | None, about("Its decisions and outcomes")]
    precision_recall: Annotated[Curve | None, about("Its precision-recall curve")]


class HeldOut(Answer):
    """How the published run judged its models before it forecast."""

    run: RunName
    windows: Annotated[list[HeldOutWindow], about("Oldest first")]


class Performance(Answer):
    """Published forecasts against what happened, and the weeks kept back before."""

    points: Annotated[list[PerformancePoint], about("Forecasts that came true, oldest first")]
    calibration: Annotated[
        Calibration | None, about("Of the newest forecast that came true, else of weeks kept back")
    ]
    held_out: Annotated[HeldOut | None, about("Of the published run; null: nothing published")]


class ModelInfo(Artifact):
    """The champion: the model whose forecasts are published."""

    version: Annotated[str, about("Version", "2025-01-06-958507ba")]
    kind: Annotated[str | None, about("lightgbm, or baseline where none beat it", "lightgbm")] = (
        None
    )
    trained_through: Annotated[
        str | None, about("Last day it has seen", "2025-01-05", unit="date")
    ] = None


class ModelVersion(Artifact):
    """A model that forecasts or has forecast."""

    version: Annotated[str, about("Version", "2025-01-06-958507ba")]
    champion: Annotated[bool, about("Whether it is the one that forecasts now", True)]
    kind: Annotated[str | None, about("lightgbm or baseline", "lightgbm")] = None
    run: Annotated[str | None, about("Run that made it", "20250106T050001-1a2b")] = None
    created_at: Annotated[
        str | None, about("When it was made", "2025-01-06T05:01:10+00:00", unit="ISO 8601, UTC")
    ] = None
    trained_through: Annotated[
        str | None, about("Last day it has seen", "2025-01-05", unit="date")
    ] = None
    evaluation: Annotated[
        dict[str, Any] | None,
        about(
            "Mean metrics by method on weeks its recipe had not seen",
            {"winner": "challenger", "mean": {"challenger": METRICS}},
        ),
    ] = None


class ModelVersions(Answer):
    """Every model that was made to forecast, newest first."""

    items: Annotated[list[ModelVersion], about("Newest first")]


class FeatureImportance(Artifact):
    """How much a feature moves the model's probabilities."""

    feature: Annotated[str, about("Key of the feature", "pair_decay_4w")]
    label: Annotated[str, about("What it says, in English", "how often the shop ordered it")]
    label_es: Annotated[str, about("What it says, in Spanish", "con qué frecuencia lo pidió")]
    family: Annotated[str, about("Family of the feature", "pair")]
    importance: Annotated[
        float, about("Mean absolute SHAP value over a sample of pairs", 0.61, unit="log-odds")
    ]
    share: Annotated[float, about("Its share of the sum of all", 0.16, unit="0 to 1")]


class ModelImportance(Artifact):
    """What a model goes by."""

    version: Annotated[str, about("Version", "2025-01-06-958507ba")]
    rows: Annotated[int, about("Pairs that were explained", 2000, unit="pairs")]
    base: Annotated[float | None, about("Where every pair starts", -3.1, unit="log-odds")]
    features: Annotated[list[FeatureImportance], about("Most important first")]
