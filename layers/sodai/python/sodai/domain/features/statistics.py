"""What features need to know about all customers: summed per shard, then merged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray, IntArray, totals
from sodai.domain.calendar import Window
from sodai.domain.features.recent import COUNTED, RECENT, Recent
from sodai.domain.features.sampling import stable_hash
from sodai.domain.features.view import BLOCKS, DECAY, SHARE, View
from sodai.domain.history import CELLS, History

REFERENCE_CUSTOMERS: Final = 2000  # neighbours are sought among these: their cost stays linear
GROUP_DECAYS: Final = (1.0, 4.0, 8.5)  # half-lives of the rates by customer type and by cell
RECENT_DAYS: Final = 63
REPEAT_WEEKS: Final = 12
TRANSITION_WEEKS: Final = 6
TRANSITION_FADE: Final = 0.8  # a week
TRANSITION_PRIOR: Final = 5.0  # purchases without a successor, added to each product
FACTORS: Final = 16

Arrays = Mapping[str, NDArray[Any]]


def _pack(window: Window, arrays: Arrays) -> bytes:
    sink = BytesIO()
    stamp = np.array([window.cutoff.toordinal(), window.horizon_days])
    named: dict[str, Any] = {"window": stamp, **arrays}
    np.savez_compressed(sink, **named)
    return sink.getvalue()


def _unpack(content: bytes) -> tuple[Window, dict[str, NDArray[Any]]]:
    with np.load(BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    cutoff, horizon = arrays.pop("window").tolist()
    return Window(date.fromordinal(cutoff), horizon), arrays


@dataclass(frozen=True, eq=False, slots=True)
class PartialStatistics:
    """Statistics of one shard; those of several shards add up.

    ``arrays`` holds (P products, K = 52 weeks back): ``product_ids`` (P); ``customers`` (1);
    ``buyers`` (P, K); ``orders`` (K); customers by type and cell with their decayed purchases by
    product and decayed orders; ``bought_1w``, ``expected_1w``, ``bought_3d`` and ``expected_3d``
    (P) of ``Recent``, and by type (types, P); ``gram`` (P, P) of customers' normalised 13-week
    rates; ``followed`` (P, P) and ``followable`` (P), purchases and their products of the week
    after; ``repeats`` (12, P); ``daily_buyers`` (P, 63); ``items`` and ``bought_weeks`` (P);
    ``last_age`` and ``first_age`` (P), in days before the cutoff; and the rows of reference
    customers.
    """

    window: Window
    arrays: Arrays

    def to_bytes(self) -> bytes:
        """Return an npz file; equal statistics give equal bytes."""
        return _pack(self.window, self.arrays)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` wrote."""
        return cls(*_unpack(content))


@dataclass(frozen=True, eq=False, slots=True)
class MergedStatistics:
    """Statistics of all customers, with what follows from them.

    Beside the summed ``arrays`` of the parts: ``similarity`` (P, P), item cosines with rows that
    sum to 1; ``factors`` (P, up to 16), leading eigenvectors of the Gram matrix;
    ``transition`` (P, P), rate at which a product is followed by another a week later.
    """

    window: Window
    arrays: Arrays

    def __getitem__(self, name: str) -> FloatArray:
        return self.arrays[name].astype(np.float64, copy=False)

    def integers(self, name: str) -> IntArray:
        """Return an array of ids or counts."""
        return self.arrays[name].astype(np.int64, copy=False)

    def to_bytes(self) -> bytes:
        """Return an npz file; equal statistics give equal bytes."""
        return _pack(self.window, self.arrays)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` wrote."""
        return cls(*_unpack(content))


def normalised_rows(rows: FloatArray) -> FloatArray:
    """Scale rows to length 1; empty rows stay empty."""
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return rows / np.where(lengths > 0, lengths, 1)


def partial_statistics(history: History, window: Window) -> PartialStatistics:
    """Count what one shard contributes to the statistics of a window.

    Parameters
    ----------
    history : History
        Of the shard.
    window : Window
        Only purchases before its cutoff are read.

    Raises
    ------
    ValueError
        If the data begin on or after the cutoff.
    """
    return statistics_of(View.of(history, window))


def statistics_of(view: View) -> PartialStatistics:
    """Do the same from a view that exists already."""
    rates, recent = view.pair_rates(), Recent.of(view)
    arrays: dict[str, NDArray[Any]] = {
        "product_ids": view.products.ids,
        "customers": np.array([view.customer_count]),
        **_counts(view),
        **_sequences(view),
        **_groups(view, rates),
        **_expectations(view, recent),
        **_references(view, rates, recent),
    }
    rows = normalised_rows(view.grid(rates[:, DECAY[13.0]]))
    arrays["gram"] = rows.T @ rows
    return PartialStatistics(view.window, arrays)


def _counts(view: View) -> dict[str, NDArray[Any]]:
    products = view.product_count
    purchase_product = view.pair_product[view.pair]
    buyers = np.bincount(view.mark_product * BLOCKS + view.mark_week, minlength=products * BLOCKS)
    recent = view.age <= RECENT_DAYS
    day = purchase_product[recent] * RECENT_DAYS + view.age[recent] - 1
    last, first = np.full(products, np.inf), np.full(products, -np.inf)
    pair_last, pair_first = view.pair_ages()
    np.minimum.at(last, view.pair_product, pair_last)
    np.maximum.at(first, view.pair_product, pair_first)
    return {
        "buyers": buyers.reshape(products, BLOCKS),
        "orders": view.order_weeks().sum(axis=0),
        "daily_buyers": np.bincount(day, minlength=products * RECENT_DAYS).reshape(products, -1),
        "items": totals(view.mark_product, view.mark_items, products),
        "bought_weeks": np.bincount(view.mark_product, minlength=products),
        "last_age": last,
        "first_age": first,
    }


def _sequences(view: View) -> dict[str, NDArray[Any]]:
    products = view.product_count
    pair, week, product = view.mark_pair, view.mark_week, view.mark_product
    # Within a pair marks run from old to new: a repeat is a mark right after the week before.
    repeated = np.zeros(len(pair), bool)
    repeated[1:] = (pair[1:] == pair[:-1]) & (week[1:] == week[:-1] - 1) & (week[1:] < REPEAT_WEEKS)
    repeats = np.bincount(
        week[repeated] * products + product[repeated], minlength=REPEAT_WEEKS * products
    )
    order_weeks = view.order_weeks()
    followed, followable = np.zeros((products, products)), np.zeros(products)
    bought = [_bought_in(view, k) for k in range(TRANSITION_WEEKS + 1)]
    for k in range(TRANSITION_WEEKS):
        before, after = bought[k + 1], bought[k]
        followed += TRANSITION_FADE**k * (before.T @ after)
        followable += TRANSITION_FADE**k * before[order_weeks[:, k]].sum(axis=0)
    return {
        "repeats": repeats.reshape(REPEAT_WEEKS, products),
        "followed": followed,
        "followable": followable,
    }


def _bought_in(view: View, week: int) -> FloatArray:
    chosen = view.mark_week == week
    bought = np.zeros((view.customer_count, view.product_count))
    bought[view.mark_customer[chosen], view.mark_product[chosen]] = 1
    return bought


def _groups(view: View, rates: FloatArray) -> dict[str, NDArray[Any]]:
    customers, own = view.history.customers, view.history.own
    columns = [DECAY[half_life] for half_life in GROUP_DECAYS]
    order_rates = view.order_rates()[:, columns]
    arrays: dict[str, NDArray[Any]] = {}
    for name, codes, groups in (
        ("type", customers.type_codes[own], len(customers.types)),
        ("cell", customers.cells[own], CELLS),
    ):
        member = np.zeros((len(own), groups))
        member[np.arange(len(own)), codes] = 1
        cell = codes[view.pair_customer] * view.product_count + view.pair_product
        size = groups * view.product_count
        bought = [totals(cell, rates[:, c], size) for c in columns]
        arrays[f"{name}_customers"] = member.sum(axis=0)
        arrays[f"{name}_orders"] = member.T @ order_rates
        arrays[f"{name}_bought"] = np.stack(bought, axis=1).reshape(groups, -1, len(columns))
    return arrays


def _expectations(view: View, recent: Recent) -> dict[str, NDArray[Any]]:
    products, types = view.product_count, len(view.history.customers.types)
    kind = view.history.customers.type_codes[view.history.own][view.pair_customer]
    arrays: dict[str, NDArray[Any]] = {}
    for name in COUNTED:
        arrays[name] = totals(view.pair_product, recent[name], products)
        of_type = totals(kind * products + view.pair_product, recent[name], types * products)
        arrays[f"type_{name}"] = of_type.reshape(types, products)
    return arrays


def reference_ids(customer_ids: IntArray) -> IntArray:
    """Return the customers among whom neighbours are sought, chosen by hash, sorted."""
    chosen = np.argsort(stable_hash(customer_ids), kind="stable")[:REFERENCE_CUSTOMERS]
    return np.sort(customer_ids[chosen])


def _references(view: View, rates: FloatArray, recent: Recent) -> dict[str, NDArray[Any]]:
    mine = np.isin(view.history.customer_ids, reference_ids(view.history.customers.ids))
    of_pairs = {
        "reference_decay_4w": rates[:, DECAY[4.0]],
        "reference_decay_13w": rates[:, DECAY[13.0]],
        "reference_share_8w": rates[:, SHARE[8]],
        "reference_groups": view.group_rates(),
        **{f"reference_{name}": recent[name] for name in RECENT},
    }
    rows = {name: view.grid(values)[mine].astype(np.float32) for name, values in of_pairs.items()}
    return {"reference_ids": view.history.customer_ids[mine], **rows}


def _added(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.asarray(np.sum(parts, axis=0))


_REFERENCES: Final = (
    "reference_ids",
    "reference_decay_4w",
    "reference_decay_13w",
    "reference_share_8w",
    "reference_groups",
    *(f"reference_{name}" for name in RECENT),
)
_Joining = Callable[[Sequence[NDArray[Any]]], NDArray[Any]]
_JOINED: Final[Mapping[str, _Joining]] = {
    "product_ids": lambda parts: parts[0],
    "last_age": lambda parts: np.min(parts, axis=0),
    "first_age": lambda parts: np.max(parts, axis=0),
    **dict.fromkeys(_REFERENCES, np.concatenate),
}


def merge_statistics(parts: Sequence[PartialStatistics]) -> MergedStatistics:
    """Add up the statistics of all shards and derive what only the whole can tell.

    Parameters
    ----------
    parts : sequence of PartialStatistics
        One per shard, in any order, all of one window.

    Raises
    ------
    ValueError
        If there is none, or windows or products differ.
    """
    if not parts or any(part.window != parts[0].window for part in parts):
        raise ValueError(f"need parts of one window: {sorted({str(p.window) for p in parts})}")
    products = parts[0].arrays["product_ids"]
    if any(not np.array_equal(part.arrays["product_ids"], products) for part in parts):
        raise ValueError(f"parts of {parts[0].window} know different products")
    arrays: dict[str, NDArray[Any]] = {}
    for name in parts[0].arrays:
        join = _JOINED.get(name, _added)
        arrays[name] = join([part.arrays[name] for part in parts])
    order = np.argsort(arrays["reference_ids"], kind="stable")
    for name in _REFERENCES:
        arrays[name] = arrays[name][order]
    return MergedStatistics(parts[0].window, {**arrays, **_derived(arrays)})


def _derived(arrays: Arrays) -> dict[str, NDArray[Any]]:
    gram = arrays["gram"].astype(np.float64)
    lengths = np.sqrt(np.diag(gram)) + 1e-6
    cosine = gram / lengths[:, None] / lengths
    cosine[np.diag_indices_from(cosine)] = 0
    _, vectors = np.linalg.eigh(gram)
    followable = arrays["followable"].astype(np.float64)
    return {
        "similarity": cosine / (cosine.sum(axis=1, keepdims=True) + 1e-6),
        "factors": vectors[:, -FACTORS:],
        "transition": arrays["followed"] / (followable[:, None] + TRANSITION_PRIOR),
    }
