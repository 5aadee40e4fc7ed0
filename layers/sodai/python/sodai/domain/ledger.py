"""The ledger of decisions: what each week earned with the model chosen, and with the other one.

A decision is worth what its forecast earned less what the forecast of the model that was not
chosen would have earned, both judged by what was bought.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from sodai.domain.arrays import FloatArray, IntArray, totals
from sodai.domain.calendar import Window
from sodai.domain.evaluation import ScoredPairs, evaluate
from sodai.domain.history import History, labels
from sodai.domain.pairs import Pairs, positions_of

FIGURES: Final = ("f1", "average_precision", "pairs", "units", "money")
MEANS: Final = ("f1", "average_precision")  # over weeks; the others add up

Entry = dict[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class Bought:
    """What a window brought: its pairs, and the units of each."""

    pairs: Pairs
    units: FloatArray
    customer_ids: IntArray
    sold_products: IntArray

    @classmethod
    def of(cls, history: History, window: Window) -> "Bought":
        """Read a window of the history of all customers."""
        pairs, purchases = labels(history, window), history.purchases
        start = window.cutoff.toordinal()
        inside = (purchases.day >= start) & (purchases.day < start + window.horizon_days)
        customers = history.customer_ids[purchases.customer[inside]]
        products = history.product_ids[purchases.product[inside]]
        pair = positions_of(pairs, customers, products)
        units = totals(pair, np.expm1(purchases.quantity[inside]), pairs.count)
        return cls(pairs, units, history.customer_ids, history.sold_before(window.cutoff))


@dataclass(frozen=True, slots=True)
class Earned:
    """What one forecast of a week earned.

    Parameters
    ----------
    f1, average_precision : float or None
        As in every evaluation; None where nothing was bought.
    predicted_pairs : int
        Pairs it would have had offered.
    pairs : int
        Those of them that were bought.
    units : float
        Units bought of these.
    money : float or None
        Their margin; None where no margin is known.
    """

    f1: float | None
    average_precision: float | None
    predicted_pairs: int
    pairs: int
    units: float
    money: float | None

    def less(self, other: "Earned") -> dict[str, float | None]:
        """Return by how much it earned more than another forecast of the same week."""
        told = {}
        for name in FIGURES:
            mine, its = getattr(self, name), getattr(other, name)
            told[name] = None if mine is None or its is None else mine - its
        return told


def earned(
    scored: ScoredPairs, threshold: float, bought: Bought, unit_margin: float | None = None
) -> Earned:
    """Judge a forecast by what was bought.

    Parameters
    ----------
    scored : ScoredPairs
        Its pairs and scores.
    threshold : float
        A pair is predicted when its score is at least this.
    bought : Bought
        What the window brought.
    unit_margin : float, optional
        Margin of a unit, for figures in money.
    """
    metrics = evaluate(
        scored,
        bought.pairs,
        bought.customer_ids,
        bought.sold_products,
        threshold,
        calibrated=False,
    )
    chosen = scored.scores >= threshold
    hit = positions_of(bought.pairs, scored.customer_ids[chosen], scored.product_ids[chosen])
    hit = hit[hit >= 0]
    units = float(bought.units[hit].sum())
    return Earned(
        f1=metrics["f1"],
        average_precision=metrics["average_precision"],
        predicted_pairs=int(chosen.sum()),
        pairs=len(hit),
        units=units,
        money=None if unit_margin is None else units * unit_margin,
    )


def entry(
    published: Mapping[str, Any],
    chosen: Earned,
    alternative: Mapping[str, Any],
    other: Earned | None,
) -> Entry:
    """Return what the ledger says of one decision.

    Parameters
    ----------
    published : mapping
        The forecast as it was published: week, run and decision.
    chosen : Earned
        What it earned.
    alternative : mapping
        ``role`` and ``version`` of the model that was not chosen, or the ``reason`` why there
        is none.
    other : Earned or None
        What that model would have earned.
    """
    decision = published.get("decision") or {}  # the first releases did not tell
    shown = ("role", "version", "reason")
    return {
        "week": published["week"],
        "run": published["run"],
        **{key: decision.get(key) for key in ("retrain", "reasons", "promoted", "winner")},
        "chosen": asdict(chosen),
        "alternative": {key: alternative[key] for key in shown if key in alternative}
        | ({"earned": asdict(other)} if other else {}),
        "difference": chosen.less(other) if other else None,
    }


def with_entries(entries: Iterable[Entry], fresh: Iterable[Entry]) -> list[Entry]:
    """Return the ledger with decisions scored anew, each run once, by week."""
    by_run = {one["run"]: one for one in (*entries, *fresh)}
    return sorted(by_run.values(), key=lambda one: (one["week"], one["run"]))


def summary(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return what all decisions earned, and those for each reason; one may have several."""
    reasons = sorted({reason for one in entries for reason in one["reasons"] or ()})
    return {
        "all": _sum(entries),
        "by_reason": {
            reason: _sum([one for one in entries if reason in (one["reasons"] or ())])
            for reason in reasons
        },
    }


def _sum(entries: Sequence[Entry]) -> dict[str, Any]:
    differences = [one["difference"] for one in entries if one["difference"] is not None]
    told: dict[str, Any] = {
        "decisions": len(entries),
        "promoted": sum(bool(one["promoted"]) for one in entries),
        "scored": len(differences),
    }
    for name in FIGURES:
        known = [one[name] for one in differences if one[name] is not None]
        mean = len(known) if name in MEANS else 1
        told[name] = sum(known) / mean if known else None
    return told
