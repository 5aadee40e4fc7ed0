"""Retrain or keep: every true reason counts and is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from sodai.domain.calendar import DAYS_PER_WEEK, Window

Sentences = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Champion:
    """The model in use.

    Parameters
    ----------
    version : str
        Its name; a naive baseline is a champion too.
    window : Window
        Any window of the shape it was trained for.
    last_attempt : date
        Target week of the last run that trained, whoever won.
    """

    version: str
    window: Window
    last_attempt: date

    def fits(self, target: Window) -> bool:
        """Tell whether it forecasts windows of the target's weekdays and length."""
        shape = (self.window.cutoff.weekday(), self.window.horizon_days)
        return shape == (target.cutoff.weekday(), target.horizon_days)


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """All that the decision to retrain depends on.

    Parameters
    ----------
    target : Window
        The window to forecast.
    forced : bool
        Somebody asked for a new model.
    champion : Champion or None
        The model in use, None at first.
    drift_alarm, volume_flagged, performance_alarm : bool
        What the monitors say of the newest week.
    max_model_age_weeks : int
        Weeks since the last attempt to train after which the next one is due.
    """

    target: Window
    forced: bool
    champion: Champion | None
    drift_alarm: bool
    volume_flagged: bool
    performance_alarm: bool
    max_model_age_weeks: int = 4

    @property
    def champion_age(self) -> int | None:
        """Whole weeks since the last attempt to train."""
        if self.champion is None:
            return None
        return (self.target.week - self.champion.last_attempt).days // DAYS_PER_WEEK

    @property
    def no_champion(self) -> Literal["absent", "other_window"] | None:
        """Tell why there is no champion for the target, if there is none."""
        if self.champion is None:
            return "absent"
        return None if self.champion.fits(self.target) else "other_window"


@dataclass(frozen=True, slots=True)
class Decision:
    """Retrain or keep, every true reason, and the same in words."""

    retrain: bool
    reasons: tuple[str, ...]
    sentences: Sentences
    detail: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the decision ready for JSON."""
        return {
            "retrain": self.retrain,
            "reasons": list(self.reasons),
            "sentences": {language: list(told) for language, told in self.sentences.items()},
            "champion_age": self.detail["champion_age"],
            "detail": dict(self.detail),
        }


def decide(facts: DecisionFacts) -> Decision:
    """Decide whether a challenger is trained this week.

    Parameters
    ----------
    facts : DecisionFacts
        What the run knows.

    Returns
    -------
    Decision
        ``retrain`` with any of FORCED, NO_CHAMPION, PERF_BELOW_LIMIT, CHAMPION_AGE, DRIFT;
        else HELD_VOLUME_EVENT (drift in a week of unusual volume) or NO_REASON.
    """
    is_held = facts.drift_alarm and facts.volume_flagged
    is_due = (facts.champion_age or 0) >= facts.max_model_age_weeks
    grounds = {
        "FORCED": facts.forced,
        "NO_CHAMPION": facts.no_champion is not None,
        "PERF_BELOW_LIMIT": facts.performance_alarm,
        "CHAMPION_AGE": is_due and facts.no_champion is None,
        "DRIFT": facts.drift_alarm and not is_held,
    }
    reasons = tuple(reason for reason, is_true in grounds.items() if is_true)
    kept: tuple[str, ...] = ("HELD_VOLUME_EVENT",) if is_held else ("NO_REASON",)
    told = reasons or kept
    return Decision(
        retrain=bool(reasons),
        reasons=told,
        sentences={
            language: [_REASONS[reason][position](facts) for reason in told]
            for position, language in enumerate(("es", "en"))
        },
        detail={
            "champion_version": facts.champion.version if facts.champion else None,
            "champion_age": facts.champion_age,
            "max_model_age_weeks": facts.max_model_age_weeks,
            "no_champion": facts.no_champion,
            "drift_alarm": facts.drift_alarm,
            "drift_held": is_held,
            "volume_flagged": facts.volume_flagged,
            "performance_alarm": facts.performance_alarm,
        },
    )


Telling = Callable[[DecisionFacts], str]


def _plainly(words: str) -> Telling:
    return lambda facts: words


def _no_champion(absent: str, other_window: str) -> Telling:
    return lambda facts: other_window if facts.no_champion == "other_window" else absent


def _with_age(words: str) -> Telling:
    return lambda facts: words.format(age=facts.champion_age, limit=facts.max_model_age_weeks)


_REASONS: Final[Mapping[str, tuple[Telling, Telling]]] = {
    "FORCED": (
        _plainly("Se pidió entrenar de nuevo."),
        _plainly("Retraining was asked for."),
    ),
    "NO_CHAMPION": (
        _no_champion(
            "Todavía no hay un modelo.",
            "El modelo vigente fue entrenado para otros días de la semana.",
        ),
        _no_champion(
            "There is no model yet.",
            "The model in use was trained for other days of the week.",
        ),
    ),
    "PERF_BELOW_LIMIT": (
        _plainly("La última semana el modelo superó al método simple menos que lo habitual."),
        _plainly("Last week the model's lead over the naive ranking fell below its limit."),
    ),
    "CHAMPION_AGE": (
        _with_age("El último entrenamiento fue hace {age} semanas (máximo {limit})."),
        _with_age("The last training was {age} weeks ago (at most {limit})."),
    ),
    "DRIFT": (
        _plainly("La composición de las ventas cambió más que lo habitual."),
        _plainly("The mix of sales changed more than usual."),
    ),
    "HELD_VOLUME_EVENT": (
        _plainly(
            "La composición de las ventas cambió, pero en una semana de volumen inusual: "
            "se mantiene el modelo."
        ),
        _plainly("The mix of sales changed, but in a week of unusual volume: the model is kept."),
    ),
    "NO_REASON": (
        _plainly("No hay razón para entrenar: se mantiene el modelo."),
        _plainly("There is no reason to retrain: the model is kept."),
    ),
}
