"""What similar products and similar customers say: the family `collaborative`."""

from typing import Final

import numpy as np
from scipy.sparse import csr_array

from sodai.domain.arrays import FloatArray
from sodai.domain.features.pair import Columns
from sodai.domain.features.statistics import MergedStatistics, normalised_rows
from sodai.domain.features.view import DECAY, SHARE, View

NEIGHBOURS: Final = 100
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
    recent = view.grid(rates[:, SHARE[8]])
    near_4w, near_13w, popularity = _neighbours(view, merged, rows, recent)
    return {
        "similar_products": rows @ merged["similarity"].T,
        "factor_score": score,
        "factor_residual": np.round(score - rows, _DECIMALS),
        "follows_last_week": view.grid(rates[:, SHARE[1]]) @ merged["transition"],
        "neighbours_4w": near_4w,
        "neighbours_13w": near_13w,
        "own_and_neighbours": OWN_SHARE * decay + (1 - OWN_SHARE) * near_13w,
        "tifu_knn": _tifu_knn(view, merged),
        "up_cf": popularity,
    }


def _neighbours(
    view: View, merged: MergedStatistics, rows: FloatArray, recent: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Average the nearest reference customers, weighted by powers of the cosine.

    The last is UP-CF@r: ``sum(w**q * popularity)`` over the customer itself (w = 1) and its
    neighbours v, where w is the cosine (asymmetry 1/2), q the locality and popularity the share
    of v's last r = 8 weeks with the product; divided by ``sum(w**q)``, so that customers compare.

    Cosines are rounded to single precision before the nearest are chosen, so that equally near
    customers stay equally near however the matrix product was cut into shards.
    """
    ids = merged.integers("reference_ids")
    rates_4w, rates_13w = merged["reference_decay_4w"], merged["reference_decay_13w"]
    others, recent_others = normalised_rows(rates_13w), merged["reference_share_8w"]
    nearest = min(NEIGHBOURS, len(ids) - 1)
    result = np.zeros((2, view.customer_count, view.product_count))
    popularity = recent.copy()
    if nearest < 1:
        return result[0], result[1], popularity
    for start in range(0, view.customer_count, _CUSTOMERS_AT_ONCE):
        part = slice(start, start + _CUSTOMERS_AT_ONCE)
        cosine = (rows[part] @ others.T).astype(np.float32)
        cosine[view.history.customer_ids[part][:, None] == ids] = 0
        least = np.partition(cosine, -nearest, axis=1)[:, -nearest, None]
        near = csr_array(np.where(cosine >= least, cosine, 0)).astype(np.float64)
        weight, close = near.power(2), near.power(LOCALITY)
        total = np.maximum(weight.sum(axis=1), 1e-9)[:, None]
        result[0, part] = weight @ rates_4w / total
        result[1, part] = weight @ rates_13w / total
        popularity[part] += close @ recent_others
        popularity[part] /= 1 + close.sum(axis=1)[:, None]
    return result[0], result[1], popularity


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
