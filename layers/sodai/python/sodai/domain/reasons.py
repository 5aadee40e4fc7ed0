"""Why a pair is likely or not: facts of the shop, chosen by what the model went by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, log
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from sodai.domain.arrays import FloatArray, IntArray
from sodai.domain.calendar import DAYS_PER_WEEK
from sodai.domain.explanation import OTHERS, REMAINDER
from sodai.domain.features.catalogue import AFFINITIES, FEATURE_FAMILIES, LANGUAGES, describe
from sodai.domain.features.table import FeatureTable
from sodai.domain.ranking import RECENT_WEEKS, as_shown

MOST_REASONS: Final = 3
DIGITS: Final = 6
USUAL_RATE: Final = 0.5  # of the weeks: from here on a weekday is a shop's usual one
OFTEN: Final = 6  # of 8 weeks
FEW: Final = 3
QUIET_DAYS: Final = 10
CHANGE: Final = 1.15  # of the last week over the last two months, to speak of a rise
LEAST_RATE: Final = 0.02  # of the orders; a rise below it is two shops more
POPULAR_RATE: Final = 0.15
SURGE: Final = 0.1  # log of the last week's buyers over the 8 weeks before
DUE: Final = (0.7, 2.0)  # days since the last time over the usual gap
SMALLEST: Final = 0.05  # log-odds; below it a theme is no reason

PARTS: Final = {
    "base": ("punto de partida de todos los pares", "where every pair starts"),
    OTHERS: ("todas las demás señales juntas", "all other signals together"),
    REMAINDER: (
        "promedio de los modelos y nivel de la semana",
        "averaging of models and level of the week",
    ),
}
FACTS: Final = (
    "pair_days_since_last",
    "pair_mean_gap",
    "pair_recency_over_gap",
    "customer_best_weekday",
    "customer_best_weekday_rate",
    "customer_days_since_order",
    "cell_rate_1w",
    "cell_rate_8.5w",
    "type_rate_1w",
    "type_rate_8.5w",
    "neighbours_1w",
    "product_surge_1w",
    *(f"affinity_{kind}" for kind in AFFINITIES),
)
_OF_FAMILY: Final = {
    "pair": "habit",
    "sequence": "habit",
    "interaction": "habit",
    "rank": "habit",
    "rhythm": "rhythm",
    "surge": "trend",
    "uptake": "trend",
    "collaborative": "similar",
}
_THEMES: Final = {
    **{
        name: _OF_FAMILY[family]
        for family, names in FEATURE_FAMILIES.items()
        if family in _OF_FAMILY
        for name in names
    },
    **{name: "habit" for name in FEATURE_FAMILIES["uptake"] if name.startswith("pair_")},
    **dict.fromkeys(("customer_uptake_1w", "customer_expected_basket"), "rhythm"),
    **{name: name.split("_")[0] for name in FEATURE_FAMILIES["place"]},
    **dict.fromkeys(("type_uptake_1w", "type_uptake_3d"), "type"),
    **{name: "habit" for name in FEATURE_FAMILIES["affinity"] if name.startswith("share_of_")},
    **{f"{what}_{kind}": kind for what in ("affinity", "days_since") for kind in AFFINITIES},
}

Reason = list[Any]  # code, 1 if it raises or -1, and a number where the words need one
Part = list[Any]  # position of its label, value of the feature or None, signed log-odds
Facts = Mapping[str, Any]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Why:
    """What is told of the explained pairs, by customer and product.

    Attributes
    ----------
    labels : list of [Spanish, English]
        What the parts of contributions stand for.
    contributions : mapping
        A pair's parts; they sum to the logit of its probability as it is shown.
    reasons : mapping
        A pair's reasons, the weightiest first.
    """

    labels: list[list[str]] = field(default_factory=list)
    contributions: Mapping[Pair, list[Part]] = field(default_factory=dict)
    reasons: Mapping[Pair, list[Reason]] = field(default_factory=dict)


def explain_pairs(contributions: pd.DataFrame, facts: pd.DataFrame, ranking: pd.DataFrame) -> Why:
    """Say why the explained pairs of a ranking are as probable as they are.

    Parameters
    ----------
    contributions : DataFrame
        As ``local_contributions`` returns it.
    facts : DataFrame
        Of the same pairs, see ``facts_of``.
    ranking : DataFrame
        Holds ``probability`` and ``weeks_bought_of_8`` of the same pairs.
    """
    labels, codes = np.unique(contributions["feature"].to_numpy(str), return_inverse=True)
    remainder = int(np.flatnonzero(labels == REMAINDER)[0])
    parts: dict[Pair, list[Part]] = {}
    columns = (contributions[name].tolist() for name in ("customer_id", "product_id", "value"))
    sizes = contributions["contribution"].round(DIGITS).tolist()
    for customer, product, value, code, size in zip(*columns, codes.tolist(), sizes, strict=True):
        told = None if isnan(value) else float(f"{value:.4g}")
        parts.setdefault((customer, product), []).append([code, told, size])
    shown = (ranking[name].tolist() for name in ("customer_id", "product_id", "probability"))
    for customer, product, probability in zip(*shown, strict=True):
        if mine := parts.get((customer, product)):
            _add_up(mine, remainder, probability)
    words = [in_words(part) for part in labels.tolist()]
    return Why(words, parts, choose_reasons(facts, ranking))


def _add_up(parts: list[Part], remainder: int, probability: float) -> None:
    """Let a pair's rounded parts sum to the logit of the probability as it is shown."""
    shown = as_shown(probability)
    total = log(shown / (1 - shown))
    for part in parts:
        if part[0] == remainder:
            part[2] = round(total - sum(one[2] for one in parts if one is not part), DIGITS)


def in_words(part: str) -> list[str]:
    """Say in Spanish and English what a part of a contribution stands for."""
    return list(PARTS[part]) if part in PARTS else [describe(part, one) for one in LANGUAGES]


def facts_of(
    table: FeatureTable, rows: IntArray, features: Sequence[str], parts: FloatArray
) -> pd.DataFrame:
    """Return what reasons are made of, for some rows of a table.

    Parameters
    ----------
    table : FeatureTable
        The candidates.
    rows : ndarray of shape (pairs,)
        Positions of the pairs in it.
    features : sequence of str
        Names of the columns of ``parts``.
    parts : ndarray of shape (pairs, features + 1)
        Their contributions.

    Returns
    -------
    DataFrame
        ``customer_id``, ``product_id``, ``horizon`` (weekdays of the forecast), ``ordered_weeks``
        (of the last 8), the columns of ``FACTS`` (NaN where a thing never happened) and each
        theme's weight: the sum of its features' contributions.
    """
    window = table.window
    ordered = np.rint(table.column("customer_share_8w") * min(RECENT_WEEKS, table.weeks))
    days = {(window.cutoff.weekday() + i) % DAYS_PER_WEEK for i in range(window.horizon_days)}
    of = np.array([_THEMES.get(name, "") for name in features])
    return pd.DataFrame(
        {
            "customer_id": table.customer_ids[rows],
            "product_id": table.product_ids[rows],
            "horizon": [days] * len(rows),
            "ordered_weeks": ordered[rows],
            **{name: table.column(name)[rows].astype(np.float64) for name in FACTS},
            **{theme: parts[:, :-1][:, of == theme].sum(axis=1) for theme in _SAID},
        }
    )


def choose_reasons(facts: pd.DataFrame, ranking: pd.DataFrame) -> dict[Pair, list[Reason]]:
    """Choose up to three reasons for every explained pair, the weightiest theme first.

    A theme gives a reason only where a fact of the shop says the same.

    Parameters
    ----------
    facts : DataFrame
        As ``facts_of`` returns it.
    ranking : DataFrame
        Holds ``weeks_bought_of_8`` of the same pairs.
    """
    weeks = ranking[["customer_id", "product_id", "weeks_bought_of_8"]]
    known = facts.merge(weeks, on=["customer_id", "product_id"]).to_dict("records")
    return {
        (int(row["customer_id"]), int(row["product_id"])): _weightiest(cast(Facts, row))
        for row in known
    }


def _weightiest(facts: Facts) -> list[Reason]:
    ordered = sorted(_SAID, key=lambda theme: (-abs(facts[theme]), theme))
    found: list[Reason] = []
    for theme in ordered:
        if abs(facts[theme]) >= SMALLEST:
            sign = 1 if facts[theme] > 0 else -1
            found += [[code, sign, *numbers] for code, *numbers in _SAID[theme](facts, sign)]
    return found[:MOST_REASONS]


Said = Iterator[tuple[Any, ...]]


def _habit(facts: Facts, sign: int) -> Said:
    weeks, since = int(facts["weeks_bought_of_8"]), facts["pair_days_since_last"]
    never = np.isnan(since)
    if sign > 0 and weeks:
        yield "BOUGHT_WEEKS", weeks
        gap = facts["pair_mean_gap"]
        if gap >= DAYS_PER_WEEK and DUE[0] <= facts["pair_recency_over_gap"] <= DUE[1]:
            yield "DUE", round(gap)
    elif sign > 0 and not never:
        yield "BOUGHT_BEFORE", int(since)
    elif sign < 0 and never and facts["ordered_weeks"]:
        yield ("NEVER_BOUGHT",)
    elif sign < 0 and not never and weeks <= FEW:
        yield ("FEW_WEEKS", weeks) if weeks else ("NOT_LATELY", int(since))


def _rhythm(facts: Facts, sign: int) -> Said:
    weeks, weekday = int(facts["ordered_weeks"]), int(facts["customer_best_weekday"])
    if sign > 0:
        if weekday in facts["horizon"] and facts["customer_best_weekday_rate"] >= USUAL_RATE:
            yield "USUAL_WEEKDAY", weekday
        if weeks >= OFTEN:
            yield "ORDERS_OFTEN", weeks
    elif facts["customer_days_since_order"] >= QUIET_DAYS:
        yield "NO_ORDER_LATELY", int(facts["customer_days_since_order"])
    elif 0 < weeks < OFTEN:
        yield "ORDERS_SELDOM", weeks


def _of_group(place: str) -> Callable[[Facts, int], Said]:
    def said(facts: Facts, sign: int) -> Said:
        last, usual = facts[f"{place}_rate_1w"], facts[f"{place}_rate_8.5w"]
        if sign > 0 and last >= LEAST_RATE and last >= CHANGE * usual:
            yield (f"RISING_{place.upper()}",)
        elif sign > 0 and usual >= POPULAR_RATE:
            yield f"POPULAR_{place.upper()}", round(100 * usual)
        elif sign < 0 and usual >= LEAST_RATE and usual >= CHANGE * last:
            yield (f"FALLING_{place.upper()}",)
        elif sign < 0 and usual < POPULAR_RATE:
            yield f"RARE_{place.upper()}", round(100 * usual)

    return said


def _similar(facts: Facts, sign: int) -> Said:
    is_habit = facts["weeks_bought_of_8"] > FEW  # then what others do tells nothing new
    if sign > 0 and facts["neighbours_1w"] > 0 and not is_habit:
        yield ("SIMILAR_SHOPS",)
    elif sign < 0 and facts["neighbours_1w"] == 0:
        yield ("NO_SIMILAR_SHOPS",)


def _trend(facts: Facts, sign: int) -> Said:
    surge = facts["product_surge_1w"]
    if sign * surge >= SURGE:
        yield ("RISING",) if sign > 0 else ("FALLING",)


def _of_kind(kind: str) -> Callable[[Facts, int], Said]:
    def said(facts: Facts, sign: int) -> Said:
        if sign > 0 and facts[f"affinity_{kind}"] > 0:
            yield (f"SAME_{kind.upper()}",)

    return said


_SAID: Final[Mapping[str, Callable[[Facts, int], Said]]] = {
    "habit": _habit,
    "rhythm": _rhythm,
    "cell": _of_group("cell"),
    "type": _of_group("type"),
    "similar": _similar,
    "trend": _trend,
    **{kind: _of_kind(kind) for kind in AFFINITIES},
}
