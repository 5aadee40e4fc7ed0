"""Which pairs are worth a score: the active range of every customer, and what was ever bought."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import BoolArray, FloatArray, IntArray
from sodai.domain.features.sampling import stable_uniform
from sodai.domain.features.statistics import MergedStatistics
from sodai.domain.features.view import View

ACTIVE_DAYS: Final = 28  # a product sold to anyone in these is a candidate for everyone
OWN_ACTIVE_DAYS: Final = 70  # for those who ever bought it
MOST_OTHERS: Final = 100  # candidates of a customer beyond its own: bounds the rows of a table
REACH_SHARE: Final = 1e-3  # of a product's reach in a liking: decides where no neighbour does


@dataclass(frozen=True, eq=False, slots=True)
class Candidates:
    """Pairs to score, sorted by customer, then product (positions in a view)."""

    customer: IntArray
    product: IntArray
    pair: IntArray  # position among the pairs bought in sight; -1 if never bought
    weight: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        view: View,
        merged: MergedStatistics,
        liking: FloatArray,
        sample: float | None = None,
        most: int = MOST_OTHERS,
    ) -> Self:
        """Select the candidates of a window.

        Parameters
        ----------
        view : View
            The shard at the cutoff.
        merged : MergedStatistics
            Of all shards: they know when each product was last sold.
        liking : ndarray of shape (customers, products)
            Which products beyond its own a customer is likely to turn to.
        sample : float, optional
            Share of the candidates never bought by the customer to keep, each with weight
            1 / share; chosen by a hash of customer, product and cutoff.
        most : int
            At most so many candidates of a customer that it never bought: the most liked.

        Raises
        ------
        ValueError
            If the share is not in (0, 1].
        """
        if sample is not None and not 0 < sample <= 1:
            raise ValueError(f"a share of candidates is in (0, 1], not {sample}")
        age = merged["last_age"]
        own = np.full((view.customer_count, view.product_count), -1, np.int64)
        own[view.pair_customer, view.pair_product] = np.arange(view.pair_count)
        others = (age <= ACTIVE_DAYS) & (own < 0)
        wanted = ((own >= 0) & (age <= OWN_ACTIVE_DAYS)) | most_liked(others, liking, most)
        customer, product = np.nonzero(wanted)
        pair = own[customer, product]
        weight: NDArray[np.float32] = np.ones(len(pair), np.float32)
        if sample is not None:
            weight[pair < 0] = 1 / sample
            ids, items = view.history.customer_ids[customer], view.products.ids[product]
            kept = (pair >= 0) | (stable_uniform(ids, items, view.window.cutoff) < sample)
            customer, product, pair = customer[kept], product[kept], pair[kept]
            weight = weight[kept]
        return cls(customer, product, pair, weight)

    def of_pairs(self, values: FloatArray, unbought: float = 0.0) -> FloatArray:
        """Look up values of the pairs bought in sight; pairs never bought get a default."""
        return np.append(values, unbought)[self.pair]

    def of_grid(self, grid: FloatArray) -> FloatArray:
        """Look up values of customers x products."""
        return grid[self.customer, self.product]


def most_liked(others: BoolArray, liking: FloatArray, most: int) -> BoolArray:
    """Keep the most liked products of each customer; equals keep the order of products.

    Compared in single precision, so that no sharding breaks a tie.
    """
    if others.sum(axis=1).max(initial=0) <= most:
        return others
    order = np.argsort(np.where(others, -liking.astype(np.float32), np.inf), axis=1, kind="stable")
    kept = np.zeros(others.shape, bool)
    np.put_along_axis(kept, order[:, :most], values=True, axis=1)
    return kept & others


def likings(neighbours: NDArray[Any], reach: NDArray[Any]) -> FloatArray:
    """Return how likely a customer turns to a product: what similar ones buy, then everyone."""
    return np.asarray(neighbours + REACH_SHARE * reach, np.float64)
