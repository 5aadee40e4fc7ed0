"""Measure a recipe on a small share of the rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from sodai.domain.arrays import FloatArray
from sodai.domain.features.sampling import stable_uniform
from sodai.domain.features.table import LabelledTable, weighted
from sodai.domain.training import Recipe, TrainingRows, Vocabulary

SEARCHED_ROWS: Final = 40_000  # of the 1.5 million of a year: keeps 40 trials within 90 s
VALIDATION_ROWS: Final = 30_000
CHECKPOINTS: Final = 8  # how often a trial is measured, and may be given up

GivenUp = Callable[[int, float], bool]


@dataclass(frozen=True, eq=False, slots=True)
class Bench:
    """Binned rows on which every trial is measured.

    There are several lanes, each with its own copy of the rows, so that as many trials can run
    side by side, one thread each: on so few rows that is faster than one trial on many threads.
    """

    lanes: tuple[lgb.Dataset, ...]
    share: float  # of the rows that the final model will have
    features: NDArray[np.float32]
    labels: NDArray[np.int8]
    weight: FloatArray

    @classmethod
    def of(
        cls,
        train: Sequence[LabelledTable],
        validation: Sequence[LabelledTable],
        recipe: Recipe,
        lanes: int,
    ) -> "Bench":
        """Thin and bin the rows; each table is read once.

        Raises
        ------
        ValueError
            If there are no rows to train on or to validate on.
        """
        chosen, rows = _thinned(train, SEARCHED_ROWS)
        judged, held = _thinned(validation, VALIDATION_ROWS)
        if not rows or not held:
            raise ValueError("a search needs rows to train on and rows to validate on")
        vocabulary = Vocabulary.of(each.table for each in chosen)
        binned = tuple(
            TrainingRows.of(chosen, vocabulary).binned_pairs(recipe, threads=1)
            for _ in range(lanes)
        )
        return cls(
            lanes=binned,
            share=binned[0].num_data() / rows,
            features=np.concatenate([vocabulary.encode(each.table) for each in judged]),
            labels=np.concatenate([each.labels for each in judged]),
            weight=np.concatenate([weighted(each.table) for each in judged]),
        )

    def measure(self, lane: int, recipe: Recipe, given_up: GivenUp) -> float | None:
        """Train on the sample and return average precision on the validation rows.

        Rows per leaf and L2 shrink with the sample, so that they mean the same on all rows.

        Parameters
        ----------
        lane : int
            Which copy of the rows to use; one trial at a time may.
        recipe : Recipe
            What is tried.
        given_up : callable
            Told (checkpoint, value so far); True ends the trial.

        Returns
        -------
        float or None
            None if the trial was given up.
        """
        scaled = replace(
            recipe,
            min_rows_per_leaf=max(1, round(recipe.min_rows_per_leaf * self.share)),
            l2=recipe.l2 * self.share,
        )
        binned = self.lanes[lane]
        booster = lgb.Booster(scaled.parameters(binned.num_data(), threads=1), binned)
        scores, value = np.zeros(len(self.labels)), 0.0
        marks = np.linspace(0, recipe.rounds, CHECKPOINTS + 1).round().astype(int)
        for step, (begin, end) in enumerate(pairwise(marks.tolist())):
            for _ in range(begin, end):
                booster.update()
            scores += booster.predict(
                self.features,
                start_iteration=begin,
                num_iteration=end - begin,
                raw_score=True,
                num_threads=1,
            )
            value = float(average_precision_score(self.labels, scores, sample_weight=self.weight))
            if given_up(step, value) and end < recipe.rounds:
                return None
        return value


def _thinned(tables: Sequence[LabelledTable], rows: int) -> tuple[list[LabelledTable], int]:
    """Keep about so many rows, as many of each window, whatever their labels; count all."""
    kept, seen = [], 0
    for labelled in tables:
        table = labelled.table
        seen += len(table)
        # Products and customers swap places: sampling of candidates used the other order.
        draw = stable_uniform(table.product_ids, table.customer_ids, table.window.cutoff)
        share = rows / len(tables) / max(len(table), 1)
        kept.append(LabelledTable(table.take(draw < share), labelled.bought))
    return kept, seen
