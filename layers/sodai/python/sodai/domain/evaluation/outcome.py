"""What was scored, against what was bought."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from sodai.domain.arrays import BoolArray, FloatArray, IntArray, counts, positions_in, totals
from sodai.domain.features.table import FeatureTable
from sodai.domain.pairs import Pairs, positions_of

BINS: Final = 15


@dataclass(frozen=True, eq=False, slots=True)
class ScoredPairs:
    """Candidates with their scores, in any order, each once."""

    customer_ids: IntArray
    product_ids: IntArray
    scores: FloatArray

    @classmethod
    def of(cls, table: FeatureTable, scores: FloatArray) -> Self:
        """Put scores to the candidates of a table."""
        return cls(table.customer_ids, table.product_ids, np.asarray(scores, np.float64))


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """What happened, against what was scored."""

    scored: ScoredPairs
    actual: Pairs
    hit: BoolArray  # of each scored pair: was it bought
    others: int  # pairs of known customers and sold products that were not scored
    missed: int  # of these, the pairs that were bought

    @classmethod
    def of(
        cls, scored: ScoredPairs, actual: Pairs, customers: IntArray, products: IntArray
    ) -> Self:
        """Compare scores with purchases, within known customers x sold products."""
        hit = positions_of(actual, scored.customer_ids, scored.product_ids) >= 0
        inside = positions_in(np.unique(customers), actual.customer_ids) >= 0
        inside &= positions_in(np.unique(products), actual.product_ids) >= 0
        others = len(np.unique(customers)) * len(np.unique(products)) - len(hit)
        return cls(scored, actual, hit, others, int(inside.sum() - hit.sum()))


def ratio(part: float, whole: float) -> float | None:
    """Divide; None where there is nothing to divide by."""
    return float(part / whole) if whole else None


def descending(outcome: Outcome) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return distinct scores from high to low, with hits and pairs scored at least so high."""
    order = np.argsort(-outcome.scored.scores, kind="stable")
    scores = outcome.scored.scores[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
    hits: FloatArray = np.cumsum(outcome.hit[order], dtype=np.float64)[last]
    return scores[last], hits, (last + 1).astype(np.float64)


def bin_sums(scores: FloatArray, hit: BoolArray, bins: int) -> tuple[FloatArray, ...]:
    """Return pairs, sum of scores and purchases in each of so many equal bins of [0, 1]."""
    code = np.minimum((scores * bins).astype(np.int64), bins - 1)
    return (
        counts(code, bins),
        totals(code, scores, bins),
        counts(code[hit], bins),
    )
