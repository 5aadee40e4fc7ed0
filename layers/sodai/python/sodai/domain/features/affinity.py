"""What else a customer buys of the same kind: the family `affinity`."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray, IntArray, totals
from sodai.domain.features.candidates import Candidates
from sodai.domain.features.catalogue import AFFINITIES, RECENT_AFFINITIES
from sodai.domain.features.pair import Columns
from sodai.domain.features.view import DECAY, View

SMALLEST_RATE: Final = 1e-4
NOT_IN_SIGHT: Final = 999.0  # days


def attribute_codes(view: View, attribute: str) -> tuple[tuple[str, ...], IntArray]:
    """Return levels of a product attribute in the vocabulary, and each product's level."""
    values: NDArray[np.object_] = view.products.attributes[attribute]
    levels, codes = np.unique(values, return_inverse=True)
    return tuple(levels), codes.astype(np.int64)


def affinity_columns(view: View, rates: FloatArray, rows: Candidates) -> Columns:
    """Return the family `affinity`, one value per candidate."""
    decay = rates[:, DECAY[8.5]]
    own = rows.of_pairs(decay)
    columns: dict[str, FloatArray] = {}
    for attribute in AFFINITIES:
        levels, code = attribute_codes(view, attribute)
        kind = view.pair_customer * len(levels) + code[view.pair_product]
        size = view.customer_count * len(levels)
        wanted = rows.customer * len(levels) + code[rows.product]
        total = totals(kind, decay, size)[wanted]
        columns[f"affinity_{attribute}"] = total - own
        columns[f"share_of_{attribute}"] = own / np.maximum(total, SMALLEST_RATE)
        if attribute in RECENT_AFFINITIES:
            last = np.full(size, NOT_IN_SIGHT)
            np.minimum.at(last, kind[view.pair], view.age)
            columns[f"days_since_{attribute}"] = last[wanted]
    everything = totals(view.pair_customer, decay, view.customer_count)
    columns["share_of_basket"] = own / np.maximum(everything, SMALLEST_RATE)[rows.customer]
    return columns
