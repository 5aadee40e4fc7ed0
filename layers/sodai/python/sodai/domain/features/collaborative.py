"""What similar products and similar customers say: the family `collaborative`."""

from typing import Final

import numpy as np
from scipy.sparse import csr_array

from sodai.domain.arrays import FloatArray
from sodai.domain.features.pair import Columns
from sodai.domain.features.product import log_ratio
from sodai.domain.features.recent import RECENT
from sodai.domain.features.statistics import MergedStatistics, normalised_rows
from sodai.domain.features.view import DECAY, SHARE, View

NEIGHBOURS: Final = 100
AVERAGED: Final = ("decay_4w", "decay_13w", *RECENT)
PRIOR_RATE: Final = 0.02
OWN_SHARE: Final = 0.7  # against the neighbours' (TIFU-KNN on Ta-Feng: Hu et al., 2020)
LOCALITY: Final = 50  # power of the similarity (UP-CF: Faggioli, Polato and Aiolli, 2020)
GROUP_NEIGHBOURS: Final = 300  # TIFU-KNN's, on Ta-Feng
_CUSTOMERS_AT_ONCE: Final = 1024
_DECIMALS: Final = 9  # of a score: a tree that cuts at 0 must not see how the shards were cut


def collaborative_grids(view: View, merged: MergedStatistics, rates: FloatArray) -> Columns:
    """Return the family `collaborative`, each of shape (customers, products)."""
    decay = view.grid(rates[:, DECAY[13.0]])
    rows = normalised_rows(decay)
    factors = merged["factors"]
    score = np.round((rows @ factors) @ factors.T, _DECIMALS)
    near, popularity = _neighbours(view, merged, rows, view.grid(rates[:, SHARE[8]]))
    return {
        "similar_products": rows @ merged["similarity"].T,
        "factor_score": score,
        "factor_residual": np.round(score - rows, _DECIMALS),
        "follows_last_week": view.grid(rates[:, SHARE[1]]) @ merged["transition"],
        "neighbours_4w": near["decay_4w"],
        "neighbours_13w": near["decay_13w"],
        "neighbours_1w": near["bought_1w"],
        "neighbours_3d": near["bought_3d"],
        "neighbours_fading": near["fading"],
        "neighbours_uptake_1w": log_ratio(near["bought_1w"], near["expected_1w"], PRIOR_RATE),
        "neighbours_uptake_3d": log_ratio(near["bought_3d"], near["expected_3d"], PRIOR_RATE),
        "own_and_neighbours": OWN_SHARE * decay + (1 - OWN_SHARE) * near["decay_13w"],
        "tifu_knn": _tifu_knn(view, merged),
        "up_cf": popularity,
    }


def _neighbours(
    view: View, merged: MergedStatistics, rows: FloatArray, own: FloatArray
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Average the nearest reference customers, weighted by powers of the cosine.

    The second result is UP-CF@r: ``sum(w**q * popularity)`` over the customer itself (w = 1) and
    its neighbours v, where w is the cosine (asymmetry 1/2), q the locality and popularity the
    share of v's last r = 8 weeks with the product; divided by ``sum(w**q)``, so that customers
    compare.

    Cosines are rounded to single precision before the nearest are chosen, so that equally near
    customers stay equally near however the matrix product was cut into shards.
    """
    ids = merged.integers("reference_ids")
    others = normalised_rows(merged["reference_decay_13w"])
    own_of_others = merged["reference_share_8w"]
    averaged = np.concatenate([merged[f"reference_{name}"] for name in AVERAGED], axis=1)
    means = np.zeros((view.customer_count, averaged.shape[1]))
    popularity = own.copy()
    nearest = min(NEIGHBOURS, len(ids) - 1)
    for start in range(0, view.customer_count if nearest > 0 else 0, _CUSTOMERS_AT_ONCE):
        part = slice(start, start + _CUSTOMERS_AT_ONCE)
        cosine = (rows[part] @ others.T).astype(np.float32)
        cosine[view.history.customer_ids[part][:, None] == ids] = 0
        least = np.partition(cosine, -nearest, axis=1)[:, -nearest, None]
        near = csr_array(np.where(cosine >= least, cosine, 0)).astype(np.float64)
        weight, close = near.power(2), near.power(LOCALITY)
        means[part] = weight @ averaged / np.maximum(weight.sum(axis=1), 1e-9)[:, None]
        popularity[part] += close @ own_of_others
        popularity[part] /= 1 + close.sum(axis=1)[:, None]
    return dict(zip(AVERAGED, np.split(means, len(AVERAGED), axis=1), strict=True)), popularity


def _tifu_knn(view: View, merged: MergedStatistics) -> FloatArray:
    """Blend own temporal item frequencies with the mean of the nearest reference customers.

    TIFU-KNN (Hu et al., 2020): ``0.7 * own + 0.3 * mean``, neighbours by Euclidean distance;
    all that are as near as the 300th count. The weights of the weeks are in ``group_weights``.
    """
    own, others = view.grid(view.group_rates()), merged["reference_groups"]
    ids = merged.integers("reference_ids")
    nearest = min(GROUP_NEIGHBOURS, len(ids) - 1)
    if nearest < 1:
        return own
    squares, doubled = (others * others).sum(axis=1), 2 * others.T
    mean = np.empty_like(own)
    for start in range(0, view.customer_count, _CUSTOMERS_AT_ONCE):
        part = slice(start, start + _CUSTOMERS_AT_ONCE)
        # The square of the own length would add the same to every distance of a row.
        distance = (squares - own[part] @ doubled).astype(np.float32)
        distance[view.history.customer_ids[part][:, None] == ids] = np.inf
        farthest = np.partition(distance, nearest - 1, axis=1)[:, nearest - 1, None]
        near = (distance <= farthest).astype(np.float64)
        mean[part] = near @ others / near.sum(axis=1, keepdims=True)
    return OWN_SHARE * own + (1 - OWN_SHARE) * mean
