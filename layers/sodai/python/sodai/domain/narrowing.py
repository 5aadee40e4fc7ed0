"""How many candidates beyond its own a customer needs: the fewest that cost no precision."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import BoolArray, FloatArray
from sodai.domain.features.candidates import MOST_OTHERS, likings
from sodai.domain.features.table import FeatureTable, LabelledTable
from sodai.domain.training import Recipe, Vocabulary, fit

CHOICES: Final = (0, 10, 25, 50, MOST_OTHERS)
TOLERANCE: Final = 0.0005  # of average precision: two seeds of one model differ as much


def choose_most_others(
    train: Sequence[LabelledTable],
    validation: Sequence[LabelledTable],
    recipe: Recipe,
    threads: int = 2,
) -> int:
    """Choose how many candidates beyond its own each customer gets, on the validation windows.

    Parameters
    ----------
    train : sequence of LabelledTable
        Past windows with up to ``MOST_OTHERS`` such candidates of each customer; may be sampled.
    validation : sequence of LabelledTable
        The windows right after them, not sampled.
    recipe : Recipe
        How to train the model that is asked.
    threads : int
        Threads for training and scores.

    Returns
    -------
    int
        The smallest choice whose mean average precision is within the tolerance of the best.
    """
    model = fit(train, recipe, Vocabulary.of(each.table for each in train), threads)
    values = np.mean([_precisions(each, model.predict(each.table)) for each in validation], axis=0)
    return CHOICES[int(np.flatnonzero(values >= values.max() - TOLERANCE)[0])]


def share_held(tables: Sequence[LabelledTable], most_others: int) -> float:
    """Return the share of all positives among the candidates; 1 where there is none to tell."""
    held = sum(
        int(each.labels[rank_among_others(each.table) < most_others].sum()) for each in tables
    )
    return held / sum(each.bought.count for each in tables) if held else 1.0


def rank_among_others(table: FeatureTable) -> NDArray[np.int64]:
    """Rank the rows never bought within their customer, the most liked is 0; -1 for its own."""
    liking = likings(table.column("neighbours_13w"), table.column("product_reach_4w"))
    others = np.flatnonzero(table.column("pair_purchase_days") == 0)
    customer = table.customer_ids[others]
    order = np.lexsort((table.product_ids[others], -liking[others], customer))
    first = np.searchsorted(customer[order], customer[order])
    ranks = np.full(len(table), -1)
    ranks[others[order]] = np.arange(len(others)) - first
    return ranks


def _precisions(labelled: LabelledTable, scores: FloatArray) -> list[float]:
    """Return the average precision of each choice."""
    order = np.argsort(-scores, kind="stable")
    hits, ranks = labelled.labels[order] > 0, rank_among_others(labelled.table)[order]
    return [_average_precision(hits[ranks < most], labelled.bought.count) for most in CHOICES]


def _average_precision(hits: BoolArray, positives: int) -> float:
    places = np.flatnonzero(hits) + 1
    return float((np.arange(1, len(places) + 1) / places).sum() / max(positives, 1))
