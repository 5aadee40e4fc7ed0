"""What similar products and similar customers say: the family `collaborative`."""

from typing import Final

import numpy as np
from scipy.sparse import csr_array

from sodai.domain.arrays import FloatArray
from sodai.domain.features.pair import Columns
from sodai.domain.features.statistics import MergedStatistics, normalised_rows
from sodai.domain.features.view import DECAY, SHARE, View

NEIGHBOURS: Final = 100
OWN_SHARE: Final = 0.7  # against the neighbours' (UP-CF: Faggioli, Polato and Aiolli, 2020)
_CUSTOMERS_AT_ONCE: Final = 1024


def collaborative_grids(view: View, merged: MergedStatistics, rates: FloatArray) -> Columns:
    """Return the family `collaborative`, each of shape (customers, products)."""
    decay = view.grid(rates[:, DECAY[13.0]])
    rows = normalised_rows(decay)
    factors = merged["factors"]
    score = (rows @ factors) @ factors.T
    near_4w, near_13w = _neighbours(view, merged, rows)
    return {
        "similar_products": rows @ merged["similarity"].T,
        "factor_score": score,
        "factor_residual": score - rows,
        "follows_last_week": view.grid(rates[:, SHARE[1]]) @ merged["transition"],
        "neighbours_4w": near_4w,
        "neighbours_13w": near_13w,
        "own_and_neighbours": OWN_SHARE * decay + (1 - OWN_SHARE) * near_13w,
    }


def _neighbours(
    view: View, merged: MergedStatistics, rows: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Average the nearest reference customers, weighted by squared cosine.

    Cosines are rounded to single precision before the nearest are chosen, so that equally near
    customers stay equally near however the matrix product was cut into shards.
    """
    ids = merged.integers("reference_ids")
    rates_4w, rates_13w = merged["reference_decay_4w"], merged["reference_decay_13w"]
    others = normalised_rows(rates_13w)
    nearest = min(NEIGHBOURS, len(ids) - 1)
    result = np.zeros((2, view.customer_count, view.product_count))
    if nearest < 1:
        return result[0], result[1]
    for start in range(0, view.customer_count, _CUSTOMERS_AT_ONCE):
        part = slice(start, start + _CUSTOMERS_AT_ONCE)
        cosine = (rows[part] @ others.T).astype(np.float32)
        cosine[view.history.customer_ids[part][:, None] == ids] = 0
        least = np.partition(cosine, -nearest, axis=1)[:, -nearest, None]
        weight = csr_array(np.where(cosine >= least, cosine, 0).astype(np.float64) ** 2)
        total = np.maximum(weight.sum(axis=1), 1e-9)[:, None]
        result[0, part] = weight @ rates_4w / total
        result[1, part] = weight @ rates_13w / total
    return result[0], result[1]
