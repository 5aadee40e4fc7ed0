"""Why the model says so: what each feature contributes, in all and pair by pair."""

from io import BytesIO
from textwrap import fill
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import pandas as pd
from scipy.special import logit

from sodai.domain.arrays import FloatArray, IntArray
from sodai.domain.features.catalogue import describe, family_of
from sodai.domain.features.sampling import stable_uniform
from sodai.domain.features.table import FeatureTable
from sodai.domain.training import Model

EXPLAINED_ROWS: Final = 2000
PLOTTED_FEATURES: Final = 20
PICTURE_INCHES: Final = (14.0, 12.0)
LABEL_WIDTH: Final = 66  # characters; two lines hold every label
EFFECTS: Final = {
    "dot": "Valor SHAP: cuánto sube o baja la probabilidad (log-odds)",
    "bar": "Valor SHAP medio, sin signo (log-odds)",
}
SHOWN_OF_EACH: Final = 3
OTHERS: Final = "other features"
REMAINDER: Final = "blend and calibration"


def explained_sample(table: FeatureTable, rows: int = EXPLAINED_ROWS) -> FeatureTable:
    """Choose rows to explain by a stable hash, always the same ones; all if there are fewer."""
    draw = stable_uniform(table.customer_ids, table.product_ids, table.window.cutoff)
    return table.take(np.sort(np.argsort(draw, kind="stable")[:rows]))


def importance(model: Model, contributions: FloatArray) -> dict[str, Any]:
    """Return the global importance of every feature.

    Parameters
    ----------
    model : Model
        Names its features.
    contributions : ndarray of shape (rows, features + 1)
        ``model.contributions`` of a sample of rows.

    Returns
    -------
    dict
        ``rows``, ``base`` (log-odds) and ``features``, most important first: ``feature``,
        ``family``, ``label`` (English) and ``label_es``, ``importance`` (mean absolute
        contribution in log-odds) and ``share`` of the sum of all.
    """
    mean = np.abs(contributions[:, :-1]).mean(axis=0) if len(contributions) else np.zeros(0)
    total = float(mean.sum()) or 1.0
    ordered = sorted(zip(-mean, model.feature_names, strict=False))
    return {
        "rows": len(contributions),
        "base": float(contributions[0, -1]) if len(contributions) else None,
        "features": [
            {
                "feature": name,
                "family": family_of(name),
                "label": describe(name, "en"),
                "label_es": describe(name, "es"),
                "importance": float(-negative),
                "share": float(-negative) / total,
            }
            for negative, name in ordered
        ],
    }


def plots(model: Model, table: FeatureTable, contributions: FloatArray) -> dict[str, bytes]:
    """Draw the plots of the shap package for explained rows, with Spanish words.

    Parameters
    ----------
    model : Model
        Names and encodes the columns.
    table : FeatureTable
        The explained rows.
    contributions : ndarray of shape (rows, features + 1)
        ``model.contributions(table)``.

    Returns
    -------
    dict
        PNG files: ``summary.png`` (one dot per row and feature) and ``bar.png`` (mean absolute
        contribution).
    """
    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415  (after the backend is chosen)
    import shap  # noqa: PLC0415  (slow to import, and only plots need it)

    labels = [fill(describe(feature, "es"), LABEL_WIDTH) for feature in model.feature_names]
    drawn = {}
    for name, kind in (("summary.png", "dot"), ("bar.png", "bar")):
        shap.summary_plot(
            contributions[:, :-1],
            model.vocabulary.encode(table),
            feature_names=labels,
            plot_type=kind,
            max_display=PLOTTED_FEATURES,
            plot_size=PICTURE_INCHES,
            color_bar_label="Valor de la variable",
            rng=np.random.default_rng(0),
            show=False,
        )
        figure = plt.gcf()
        axes, *colour_bars = figure.axes
        axes.set_xlabel(EFFECTS[kind])
        for colour_bar in colour_bars:
            colour_bar.set_yticklabels(["Bajo", "Alto"])
        sink = BytesIO()
        figure.savefig(sink, format="png", dpi=110, bbox_inches="tight", metadata={"Software": ""})
        plt.close(figure)
        drawn[name] = sink.getvalue()
    return drawn


def shown(ranking: pd.DataFrame, top: int = SHOWN_OF_EACH) -> pd.DataFrame:
    """Return the pairs that people are told reasons for: the selected, and the top 3 of each shop.

    Parameters
    ----------
    ranking : DataFrame
        As ``rank`` returns it, also of several shards.
    top : int
        How many of each customer are shown even if none is selected.
    """
    place = ranking.groupby("customer_id").cumcount()
    return ranking[ranking["selected"] | (place < top)]


def local_contributions(
    model: Model,
    table: FeatureTable,
    rows: IntArray,
    published: FloatArray | None = None,
    top: int = 8,
    parts: FloatArray | None = None,
) -> pd.DataFrame:
    """Say for some pairs what raised or lowered their probability.

    Parameters
    ----------
    model : Model
        The model that scored them.
    table : FeatureTable
        The candidates.
    rows : ndarray of shape (pairs,)
        Positions in the table of the pairs to explain.
    published : ndarray of shape (pairs,), optional
        Their published probabilities; by default the model's own.
    top : int
        Features named per pair; the others are added up.
    parts : ndarray of shape (pairs, features + 1), optional
        Contributions of these rows, where they are known already.

    Returns
    -------
    DataFrame
        One row per pair and part, with ``customer_id``, ``product_id``, ``rank``, ``feature``,
        ``value`` (of the feature; NaN if it has none or is a category) and ``contribution``
        (log-odds, signed): rank 0 is the ``base``, 1 to ``top`` are features by size, then what
        the other features add and the remainder that blend and calibration leave. They sum to the
        logit of its published probability.
    """
    chosen = table.take(rows)
    values = model.vocabulary.encode(chosen)
    values[:, len(model.vocabulary.features) :] = np.nan  # codes of categories mean nothing
    parts = model.contributions(chosen) if parts is None else parts
    features, base = parts[:, :-1], parts[:, -1]
    top = min(top, features.shape[1])
    largest = np.argsort(-np.abs(features), axis=1, kind="stable")[:, :top]
    named = np.take_along_axis(features, largest, axis=1)
    others = features.sum(axis=1) - named.sum(axis=1)
    total = parts.sum(axis=1)
    target = logit(model.predict(chosen) if published is None else published)
    names = np.array(model.feature_names, dtype=object)
    before, after = (
        np.tile(np.array(fixed, object), (len(rows), 1))
        for fixed in (["base"], [OTHERS, REMAINDER])
    )
    labels = np.hstack([before, names[largest], after])
    nothing = np.full((len(rows), 1), np.nan)
    shown = np.take_along_axis(values, largest, axis=1).astype(np.float64)
    columns = labels.shape[1]
    return pd.DataFrame(
        {
            "customer_id": np.repeat(chosen.customer_ids, columns),
            "product_id": np.repeat(chosen.product_ids, columns),
            "rank": np.tile(np.arange(columns), len(rows)),
            "feature": labels.ravel(),
            "value": np.hstack([nothing, shown, nothing, nothing]).ravel(),
            "contribution": np.column_stack([base, named, others, target - total]).ravel(),
        }
    )
