"""How often shops buy each product, by place, type and deliveries; and how well that ranks."""

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Any, Final

import numpy as np

from sodai.domain.arrays import BoolArray, FloatArray, IntArray
from sodai.domain.calendar import Window
from sodai.domain.cold_start.likeness import rank_alike
from sodai.domain.features.sampling import stable_uniform
from sodai.domain.history import History, labels

WEEKS: Final = 8
WEEK_DECAY: Final = 0.8
NEIGHBOURS: Final = 30
PRIOR_SHOPS: Final = 20.0  # that everyone's rate counts for
ANCHORS_PER_SIDE: Final = 10
SHOPS_PER_ANCHOR: Final = 15
RAREST: Final = 1e-6
DIGITS: Final = 5
HIDDEN_SHARE: Final = 0.2
TOP: Final = 5
METHODS: Final = ("cold_start", "popularity")


def learn_rates(history: History, window: Window, known: BoolArray | None = None) -> dict[str, Any]:
    """Count what shops bought in the 8 windows before a window, the last ones above all.

    Parameters
    ----------
    history : History
        Of all customers.
    window : Window
        The window to rank for; only days before it are seen, on the same weekdays.
    known : ndarray of shape (customers,), optional
        The customers to learn from; all by default.

    Returns
    -------
    dict
        Ready for JSON: ``products`` sold in these windows, ``everyone`` (mean rate of the shops
        that ordered), ``anchors`` (places with the rates of the shops nearest to each) and, as
        factors on these rates, ``types`` and ``deliveries``.
    """
    bought, sold = _weekly_rates(history, window)
    active = bought.any(axis=1) & (True if known is None else known)
    rates, products = bought[active], history.product_ids[sold]
    everyone = rates.mean(axis=0) if len(rates) else np.zeros(len(products))
    customers, own = history.customers, history.own[active]

    def factors(member: BoolArray) -> list[float]:
        return _rounded(_shrunk(rates[member], everyone) / np.maximum(everyone, RAREST))

    types = {name: customers.type_codes[own] == i for i, name in enumerate(customers.types)}
    deliveries = customers.deliveries[own]
    agreed = np.unique(deliveries[~np.isnan(deliveries)]).astype(int).tolist()
    return {
        "products": products.tolist(),
        "everyone": _rounded(everyone),
        "types": {name: factors(member) for name, member in types.items()},
        "deliveries": {str(n): factors(deliveries == n) for n in agreed},
        "anchors": _anchors(customers.x[own], customers.y[own], rates, everyone),
    }


def hidden_quality(history: History, window: Window) -> dict[str, dict[str, float]]:
    """Rank for customers whose history is hidden, beside plain popularity.

    A fifth of the customers is hidden; those of them who bought in the window judge.

    Returns
    -------
    dict
        For ``cold_start`` and ``popularity``: ``precision_at_5``, ``recall_at_5``, ``hit_at_5``
        and the number of ``customers``; empty if none of the hidden bought.
    """
    ids = history.customer_ids
    hidden = stable_uniform(ids, np.zeros_like(ids), window.cutoff) < HIDDEN_SHARE
    rates = learn_rates(history, window, ~hidden)
    actual = labels(history, window)
    bought: dict[int, set[int]] = {}
    for customer, product in zip(
        actual.customer_ids.tolist(), actual.product_ids.tolist(), strict=True
    ):
        bought.setdefault(customer, set()).add(product)
    judges = [i for i in np.flatnonzero(hidden).tolist() if int(ids[i]) in bought]
    tops = {name: [_top(name, rates, history, i) for i in judges] for name in METHODS}
    wanted = [bought[int(ids[i])] for i in judges]
    return {name: _at_five(tops[name], wanted) for name in METHODS} if judges else {}


def mean_quality(weeks: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the mean over the weeks in which hidden customers bought; empty if there is none."""
    known = [week for week in weeks if week]
    return {
        name: {key: sum(week[name][key] for week in known) / len(known) for key in known[0][name]}
        for name in METHODS
        if known
    }


def _top(method: str, rates: Mapping[str, Any], history: History, customer: int) -> list[int]:
    shop, own = history.customers, history.own[customer]
    if method == "popularity":
        ranked = rank_alike({**rates, "types": {}, "deliveries": {}}, "", None)
    else:
        x, y = float(shop.x[own]), float(shop.y[own])
        place = None if np.isnan([x, y]).any() else (x, y)
        deliveries = shop.deliveries[own]
        agreed = None if np.isnan(deliveries) else int(deliveries)
        ranked = rank_alike(rates, shop.types[shop.type_codes[own]], place, agreed)
    return [alike.product_id for alike in ranked[:TOP]]


def _at_five(tops: list[list[int]], wanted: list[set[int]]) -> dict[str, float]:
    hits = np.array([len(mine.intersection(top)) for top, mine in zip(tops, wanted, strict=True)])
    sizes = np.array([len(mine) for mine in wanted])
    return {
        "precision_at_5": float((hits / TOP).mean()),
        "recall_at_5": float((hits / sizes).mean()),
        "hit_at_5": float((hits > 0).mean()),
        "customers": len(wanted),
    }


def _weekly_rates(history: History, window: Window) -> tuple[FloatArray, IntArray]:
    """Return the share of the windows in which each pair was bought, and the products sold."""
    purchases = history.purchases
    starts = [window.shift(-week).cutoff.toordinal() for week in range(1, WEEKS + 1)]
    weeks = [(purchases.day >= day) & (purchases.day < day + window.horizon_days) for day in starts]
    sold = np.unique(purchases.product[np.any(weeks, axis=0)])  # few of many products
    rates = np.zeros((len(history.own), len(sold)))
    weights = WEEK_DECAY ** np.arange(WEEKS)
    for inside, weight in zip(weeks, weights / weights.sum(), strict=True):
        seen = np.zeros(rates.shape, bool)
        product = np.searchsorted(sold, purchases.product[inside])
        seen[purchases.customer[inside], product] = True
        rates += weight * seen
    return rates, sold


def _anchors(
    x: FloatArray, y: FloatArray, rates: FloatArray, everyone: FloatArray
) -> list[dict[str, Any]]:
    """Cut the map into cells of equal population; return each cell's middle and rates there."""
    placed = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
    side = min(ANCHORS_PER_SIDE, isqrt(len(placed) // SHOPS_PER_ANCHOR))
    anchors = []
    for strip in np.array_split(placed[np.argsort(x[placed], kind="stable")], max(side, 1)):
        for cell in np.array_split(strip[np.argsort(y[strip], kind="stable")], max(side, 1)):
            if side and len(cell):
                middle = (float(np.median(x[cell])), float(np.median(y[cell])))
                distance = np.hypot(x[placed] - middle[0], y[placed] - middle[1])
                near = placed[np.argsort(distance, kind="stable")[:NEIGHBOURS]]
                told = _rounded(_shrunk(rates[near], everyone))
                anchors.append({"x": middle[0], "y": middle[1], "rates": told})
    return anchors


def _shrunk(rates: FloatArray, everyone: FloatArray) -> FloatArray:
    """Return the mean rate of some shops, drawn towards everyone's."""
    total = rates.sum(axis=0) + PRIOR_SHOPS * everyone
    return np.asarray(total / (len(rates) + PRIOR_SHOPS))


def _rounded(values: FloatArray) -> list[float]:
    return [round(value, DIGITS) for value in values.tolist()]
