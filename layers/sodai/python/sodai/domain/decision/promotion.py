"""Which model forecasts from now on: a champion that has to be beaten, over a naive floor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan
from typing import Any, Final

from sodai.domain.evaluation import Difference

Metrics = Mapping[str, float | None]
Sentences = Mapping[str, Sequence[str]]

JUDGED_BY: Final = {"average_precision": "AP", "f1": "F1"}
NAIVE: Final = ("repeat_last_week", "frequency_8w", "personal_top_k")
FEWEST_WEEKS_FOR_MODEL: Final = 14
TOLERANCE: Final = 0.005  # sd of a week's average precision between two seeds of one recipe


@dataclass(frozen=True, slots=True)
class Promotion:
    """Which model forecasts from now on, and why.

    Parameters
    ----------
    promoted : bool
        Whether the challenger takes over.
    winner : str
        ``challenger``, ``champion`` or the name of a baseline.
    detail : mapping
        The figures that were compared, by method and metric.
    paired : mapping
        By how much the challenger is better than the champion, by metric, with bounds.
    """

    promoted: bool
    winner: str
    reasons: tuple[str, ...]
    sentences: Sentences
    detail: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    paired: Mapping[str, Difference] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict ready for JSON."""
        return {
            "promoted": self.promoted,
            "winner": self.winner,
            "reasons": list(self.reasons),
            "sentences": {language: list(told) for language, told in self.sentences.items()},
            "detail": {method: dict(metrics) for method, metrics in self.detail.items()},
            "paired": {metric: one.to_dict() for metric, one in self.paired.items()},
        }


def choose_first(
    challenger: Metrics, baselines: Mapping[str, Metrics], weeks_of_data: int
) -> Promotion:
    """Decide who forecasts where there is no champion for the target.

    Parameters
    ----------
    challenger : mapping
        Its metrics on the held-out weeks; empty if there was not enough data to fit it.
    baselines : mapping
        Metrics of the baselines on the same weeks; only the naive ones are a floor.
    weeks_of_data : int
        Weeks between the oldest and the newest purchase.

    Returns
    -------
    Promotion
        The challenger if it beats the best naive baseline in average precision and in F1;
        else that baseline.
    """
    floor = _best_naive(baselines)
    reasons = (
        ("TOO_FEW_WEEKS",)
        if weeks_of_data < FEWEST_WEEKS_FOR_MODEL
        else _below_baseline(challenger, baselines)
    )
    compared = {"challenger": challenger, floor: baselines[floor]}
    winner = floor if reasons else "challenger"
    return _verdict(winner, reasons or ("FIRST_MODEL",), compared)


def promote(
    challenger: Metrics,
    champion: Metrics,
    baselines: Mapping[str, Metrics],
    weeks_of_data: int | None = None,
    paired: Mapping[str, Difference] | None = None,
) -> Promotion:
    """Decide whether the challenger takes the champion's place.

    It does if it beats the best naive baseline and is not worse than the champion, in average
    precision and in F1: worse by more than what another seed of the same recipe would change,
    and by more than the choice of customers explains. Where both are equally good, the one that
    knows the newest weeks is preferred.

    Parameters
    ----------
    challenger, champion : mapping
        Their metrics on the same held-out weeks, which neither has seen.
    baselines : mapping
        Metrics of the baselines on these weeks.
    weeks_of_data : int, optional
        Where given, with too few weeks the champion stays.
    paired : mapping of metric to Difference, optional
        The same comparison on customers drawn again and again; without it every loss beyond a
        seed's counts.
    """
    floor = _best_naive(baselines)
    compared = {"challenger": challenger, "champion": champion, floor: baselines[floor]}
    if weeks_of_data is not None and weeks_of_data < FEWEST_WEEKS_FOR_MODEL:
        return _verdict("champion", ("TOO_FEW_WEEKS",), compared)
    worse = tuple(
        f"WORSE_{code}"
        for key, code in JUDGED_BY.items()
        if _value(challenger, key) < _value(champion, key) - TOLERANCE
        and (paired is None or paired[key].high < 0)
    )
    reasons = worse + _below_baseline(challenger, baselines)
    winner = "champion" if reasons else "challenger"
    return replace(_verdict(winner, reasons or ("NOT_WORSE",), compared), paired=paired or {})


def _value(metrics: Metrics, key: str) -> float:
    """Return a metric; one that is unknown is worse than any."""
    value = metrics.get(key)
    return float("-inf") if value is None or isnan(value) else value


def _best_naive(baselines: Mapping[str, Metrics]) -> str:
    naive = [name for name in NAIVE if name in baselines]
    if not naive:
        raise ValueError(f"none of the naive baselines {NAIVE} was measured")
    return max(naive, key=lambda name: tuple(_value(baselines[name], key) for key in JUDGED_BY))


def _below_baseline(challenger: Metrics, baselines: Mapping[str, Metrics]) -> tuple[str, ...]:
    """Name the metrics in which the challenger does not beat the best naive baseline."""
    floor = baselines[_best_naive(baselines)]
    return tuple(
        f"BELOW_BASELINE_{code}"
        for key, code in JUDGED_BY.items()
        if _value(challenger, key) <= _value(floor, key)
    )


def _verdict(winner: str, reasons: tuple[str, ...], compared: Mapping[str, Metrics]) -> Promotion:
    return Promotion(
        promoted=winner == "challenger",
        winner=winner,
        reasons=reasons,
        sentences={
            language: [_VERDICTS[reason][position] for reason in reasons]
            for position, language in enumerate(("es", "en"))
        },
        detail={
            method: {key: metrics.get(key) for key in JUDGED_BY}
            for method, metrics in compared.items()
        },
    )


_VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    "FIRST_MODEL": (
        "El modelo supera al mejor método simple.",
        "The model beats the best naive baseline.",
    ),
    "NOT_WORSE": (
        "El modelo nuevo no es peor que el vigente y conoce las semanas más recientes.",
        "The challenger is not worse than the champion and knows the newest weeks.",
    ),
    "TOO_FEW_WEEKS": (
        f"Hay menos de {FEWEST_WEEKS_FOR_MODEL} semanas de datos: muy pocas para un modelo.",
        f"There are fewer than {FEWEST_WEEKS_FOR_MODEL} weeks of data: too few for a model.",
    ),
    "WORSE_AP": (
        "El modelo nuevo ordena peor que el vigente.",
        "The challenger ranks worse than the champion.",
    ),
    "WORSE_F1": (
        "El modelo nuevo elige peor que el vigente los pares a ofrecer.",
        "The challenger chooses the pairs to offer worse than the champion.",
    ),
    "BELOW_BASELINE_AP": (
        "El modelo nuevo no ordena mejor que el mejor método simple.",
        "The challenger does not rank better than the best naive baseline.",
    ),
    "BELOW_BASELINE_F1": (
        "El modelo nuevo no elige mejor que el mejor método simple los pares a ofrecer.",
        "The challenger does not choose the pairs to offer better than the best naive baseline.",
    ),
}
