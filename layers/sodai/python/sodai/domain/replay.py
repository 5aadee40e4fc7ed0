"""The forecast repeated at past weeks, each computed from the days before it alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, overload

import numpy as np
import pandas as pd
from optuna.storages.journal import BaseJournalBackend

from sodai.domain.arrays import FloatArray
from sodai.domain.baselines import BASELINES, FittedBaseline, best_baseline
from sodai.domain.calendar import (
    DAYS_PER_WEEK,
    WARM_UP_WEEKS,
    Window,
    monday_of,
    training_windows,
)
from sodai.domain.cold_start.learning import hidden_quality, mean_quality
from sodai.domain.errors import SodaiError
from sodai.domain.evaluation import (
    METRIC_KEYS,
    Method,
    Metrics,
    ScoredPairs,
    behind,
    compare_groups,
    customer_groups,
    evaluate,
    mean_of_groups,
)
from sodai.domain.events import eventful
from sodai.domain.features import FeatureTable, LabelledTable, whole_table
from sodai.domain.features.candidates import MOST_OTHERS
from sodai.domain.history import History, labels
from sodai.domain.ledger import Bought, Entry, earned, entry, summary
from sodai.domain.level import coming_offset, level_offset, levelled
from sodai.domain.narrowing import choose_most_others, share_held
from sodai.domain.pairs import Pairs
from sodai.domain.search import search, validation_split
from sodai.domain.threshold import plug_in_threshold
from sodai.domain.training import Model, Recipe, Vocabulary, fit

LEAST_WEEKS: Final = 2  # of history: one to look at, one to learn from
MODEL_WEEKS: Final = 14  # of history, from which on there is a model
MODEL: Final = "model"
LIGHTGBM: Final = "lightgbm"
NAIVE: Final = "frequency_8w"
LEVEL_WITHIN: Final = (0.85, 1.15)  # a week's sum of probabilities over its purchases
NARROWING_WINDOWS: Final = 6  # of many products: four to learn from, two to judge by

Progress = Callable[[str, int, int], None]


class ReplayImpossible(SodaiError):
    """The weeks asked for cannot be replayed on these data."""


@dataclass(frozen=True, slots=True)
class ReplayedWeek:
    """One forecast and how it did."""

    window: Window
    positives: int
    methods: dict[str, Metrics]
    model: str  # what stood for the model: lightgbm, or the baseline in its place
    trained_windows: int
    groups: list[dict[str, Any]]  # of customers: the model beside the naive baseline
    hidden: dict[str, dict[str, float]]  # rankings for customers without their history
    decision: Entry | None = None  # what the model that was not chosen would have earned

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "week": self.window.week.isoformat(),
            "horizon_days": self.window.horizon_days,
            "positives": self.positives,
            "methods": self.methods,
            "model": self.model,
            "trained_windows": self.trained_windows,
            "cold_start": self.hidden,
        }


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """All replayed weeks; metrics by method, ``model`` and each baseline."""

    weeks: list[ReplayedWeek]
    recipe: Recipe
    most_others: int = MOST_OTHERS  # candidates of a customer beyond its own

    @property
    def mean(self) -> dict[str, Metrics]:
        """Mean over the weeks of each metric where it is known."""
        methods = self.weeks[0].methods
        return {
            method: {key: self._mean_of(method, key) for key in METRIC_KEYS} for method in methods
        }

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Model and naive baseline by customer type, place and size of history, all weeks."""
        return mean_of_groups([week.groups for week in self.weeks])

    @property
    def level(self) -> dict[str, float | int | None]:
        """How near the model's sum of probabilities came to the purchases of each week.

        ``mean_absolute_log`` is the mean of abs(log(level)); ``within`` counts the weeks whose
        level lies in ``LEVEL_WITHIN``.
        """
        levels = [level for week in self.weeks if (level := week.methods[MODEL]["level"])]
        low, high = LEVEL_WITHIN
        return {
            "weeks": len(levels),
            "within": sum(low <= level <= high for level in levels),
            "mean_absolute_log": float(np.abs(np.log(levels)).mean()) if levels else None,
        }

    @property
    def ledger(self) -> dict[str, Any] | None:
        """Every decision against the model that was not chosen; None without shadows."""
        entries = [week.decision for week in self.weeks if week.decision is not None]
        if not entries:
            return None
        return {"entries": entries, "totals": summary(entries), "unit_margin": None}

    def _mean_of(self, method: str, key: str) -> float | None:
        known = [value for week in self.weeks if (value := week.methods[method][key]) is not None]
        return float(np.mean(known)) if known else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: ``weeks`` and ``mean``."""
        return {
            "weeks": [week.to_dict() for week in self.weeks],
            "mean": self.mean,
            "level": self.level,
            "cold_start": mean_quality([week.hidden for week in self.weeks]),
            "groups": self.groups,
            "behind": behind(self.groups, MODEL, NAIVE),
            "ledger": self.ledger,
            "recipe": self.recipe.to_dict(),
            "most_others": self.most_others,
        }


class _Past(Sequence[LabelledTable]):
    """Past windows, kept packed and read one at a time: a tenth of the memory."""

    def __init__(self, packed: Sequence[tuple[Window, bytes, Pairs]] = ()) -> None:
        self._packed = list(packed)

    def add(self, table: FeatureTable, bought: Pairs) -> None:
        self._packed.append((table.window, table.to_parquet(), bought))

    def since(self, cutoff: date) -> "_Past":
        return _Past([each for each in self._packed if each[0].cutoff >= cutoff])

    def ordinary(self) -> "_Past":
        events = eventful({window: bought.count for window, _, bought in self._packed})
        return _Past([each for each in self._packed if each[0] not in events])

    @property
    def windows(self) -> list[Window]:
        return [window for window, _, _ in self._packed]

    @overload
    def __getitem__(self, index: int) -> LabelledTable: ...
    @overload
    def __getitem__(self, index: slice) -> "_Past": ...
    def __getitem__(self, index: int | slice) -> "LabelledTable | _Past":
        if isinstance(index, slice):
            return _Past(self._packed[index])
        _, content, bought = self._packed[index]
        return LabelledTable(FeatureTable.from_parquet(content), bought)

    def __iter__(self) -> Iterator[LabelledTable]:
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        return len(self._packed)


class _JournalInMemory(BaseJournalBackend):
    def __init__(self) -> None:
        self._logs: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        return self._logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self._logs.extend(logs)


def replay(
    customers: pd.DataFrame,
    products: pd.DataFrame,
    transactions: pd.DataFrame,
    start: date,
    weeks: int,
    *,
    refit_every: int = 4,
    trials: int = 0,
    horizon_days: int = DAYS_PER_WEEK,
    threads: int = 2,
    shadow: bool = False,
    on_progress: Progress | None = None,
) -> ReplayResult:
    """Repeat the forecast for past weeks, model and baselines on the same pairs.

    Parameters
    ----------
    customers, products, transactions : DataFrame
        The clean tables.
    start : date
        Monday of the first week to forecast.
    weeks : int
        How many weeks, one after the other.
    refit_every : int
        Weeks between two fits; each fit sees every window that ended before its week.
    trials : int
        Trials of the search for a recipe before the first fit; 0 takes the default recipe.
    horizon_days : int
        The last so many days of each week are forecast, from all days before them.
    threads : int
        Threads for training and scores.
    shadow : bool
        Whether every week is forecast by the model that was not chosen, too, for a ledger of
        decisions: the former one where a new one was fitted, else a challenger fitted for it.
    on_progress : callable, optional
        Told what is being done, and how many of how many steps of it are done.

    Returns
    -------
    ReplayResult
        Metrics of every week and method. Under 14 weeks of history the best baseline stands in
        for the model, and the week says which.

    Raises
    ------
    ReplayImpossible
        If the start is no Monday, or the data do not reach far enough back or forward.
    """
    history = History.from_tables(customers, products, transactions)
    first = _first_window(history, start, weeks, refit_every, horizon_days)
    tell = on_progress or (lambda _what, _done, _of: None)
    run = _Run(history, Recipe(), threads, trials, tell)
    run.look_back(first)
    replayed = []
    for i in range(weeks):
        window, former, is_due = first.shift(i), run.model, i % refit_every == 0
        if is_due:
            run.learn(window)
        other = None
        if shadow:
            other = former if is_due else run.challenger(window)
        replayed.append(run.forecast(window, NotChosen(other, is_due) if shadow else None))
        tell("forecast", i + 1, weeks)
    return ReplayResult(replayed, run.recipe, run.most_others)


def _first_window(
    history: History, start: date, weeks: int, refit_every: int, horizon_days: int
) -> Window:
    if weeks < 1 or refit_every < 1:
        raise ReplayImpossible(f"Nothing to replay: {weeks} weeks, a fit every {refit_every}.")
    if not 1 <= horizon_days <= DAYS_PER_WEEK:
        raise ReplayImpossible(f"A forecast covers 1 to 7 days of a week, not {horizon_days}.")
    if start != monday_of(start):
        raise ReplayImpossible(
            f"{start} is not a Monday. Start on {monday_of(start)} or another Monday."
        )
    newest, oldest = history.newest_day, history.first_day
    last_day = start + timedelta(weeks=weeks) - timedelta(days=1)
    if last_day > newest:
        possible = max(0, ((newest - start).days + 1) // DAYS_PER_WEEK)
        raise ReplayImpossible(
            f"The data end on {newest}, before the last week to replay does ({last_day}). "
            f"From {start} at most {possible} whole weeks can be replayed."
        )
    first = Window(start + timedelta(days=DAYS_PER_WEEK - horizon_days), horizon_days)
    if first.cutoff < oldest + timedelta(weeks=LEAST_WEEKS):
        earliest = monday_of(oldest + timedelta(weeks=LEAST_WEEKS, days=DAYS_PER_WEEK - 1))
        raise ReplayImpossible(
            f"The data begin on {oldest}: too little history before {start}. "
            f"Start on {earliest} or later."
        )
    return first


@dataclass(slots=True)
class _Run:
    """What a replay has learned so far."""

    history: History
    recipe: Recipe
    threads: int
    trials: int
    tell: Progress
    past: _Past = field(default_factory=_Past)
    baselines: list[FittedBaseline] = field(default_factory=list)
    model: Model | FittedBaseline | None = None
    trained_windows: int = 0
    most_others: int = MOST_OTHERS
    offsets: list[float] = field(default_factory=list)  # in level, of the weeks that came true
    held: float = 1.0  # share of the positives that the candidates hold, where they are few

    @property
    def _trained_from(self) -> date:
        return self.history.first_day + timedelta(weeks=WARM_UP_WEEKS)

    def look_back(self, first: Window) -> None:
        """Compute the sampled tables of all windows before the first one."""
        newest = first.cutoff - timedelta(days=1)
        windows = training_windows(self.history.first_day, newest, first)
        if self._weeks_before(first) < MODEL_WEEKS:
            windows = [first.shift(-i) for i in range(self._weeks_before(first) - 1, 0, -1)]
        elif len(self.history.sold_before(first.cutoff)) > MOST_OTHERS:
            self._narrow(windows[-NARROWING_WINDOWS:])
        for i, window in enumerate(windows, 1):
            self.past.add(self._table(window, self.recipe.sample_share), self._bought(window))
            self.tell("features", i, len(windows))

    def _narrow(self, windows: Sequence[Window]) -> None:
        """Choose how many candidates beyond their own the customers get, on the newest windows."""
        known, held = validation_split(windows, validate=2)
        self.tell("candidates", 0, 1)
        train = [
            LabelledTable(self._table(w, self.recipe.sample_share), self._bought(w)) for w in known
        ]
        judged = [LabelledTable(self._table(w), self._bought(w)) for w in held]
        self.most_others = choose_most_others(train, judged, self.recipe, self.threads)
        self.held = share_held(judged, self.most_others)
        self.tell("candidates", 1, 1)

    def _table(self, window: Window, sample: float | None = None) -> FeatureTable:
        return whole_table(self.history, window, sample, self.most_others)

    def _bought(self, window: Window) -> Pairs:
        return labels(self.history, window)

    def _weeks_before(self, window: Window) -> int:
        return (window.cutoff - self.history.first_day).days // DAYS_PER_WEEK

    def learn(self, window: Window) -> None:
        """Fit baselines and model on every window that ended before this one."""
        recent = list(self.past[-16:])
        self.baselines = [baseline.fit(recent) for baseline in BASELINES]
        if self._weeks_before(window) < MODEL_WEEKS:
            self.model = best_baseline(recent).fit(recent)
            return
        trained = self.past.since(self._trained_from).ordinary()
        if self.trials and not isinstance(self.model, Model):
            self._search(trained)
        self.model = self._fit(trained)
        self.trained_windows = len(trained)

    def challenger(self, window: Window) -> Model | None:
        """Fit on every window that ended before this one, and leave the model as it is."""
        if self._weeks_before(window) < MODEL_WEEKS:
            return None
        return self._fit(self.past.since(self._trained_from).ordinary())

    def _fit(self, trained: _Past) -> Model:
        self.tell("fit", 0, len(trained))
        vocabulary = Vocabulary.of(labelled.table for labelled in trained)
        model = fit(trained, self.recipe, vocabulary, self.threads)
        self.tell("fit", len(trained), len(trained))
        return model

    def _search(self, past: _Past) -> None:
        known, _ = validation_split(past.windows)
        state = search(
            past[: len(known)],
            past[len(known) :],
            _JournalInMemory(),
            self.trials,
            recipe=self.recipe,
            on_trial=lambda done, of: self.tell("search", done, of),
            threads=self.threads,
        )
        self.recipe = state.best_recipe

    def forecast(self, window: Window, not_chosen: "NotChosen | None" = None) -> ReplayedWeek:
        """Score a window with everything learned, and keep it for the next fit."""
        table, bought = self._table(window), self._bought(window)
        sold = self.history.sold_before(window.cutoff)

        def judged(
            scores: FloatArray,
            threshold: float,
            calibrated: bool,
            orders: Mapping[int, float] | None = None,
        ) -> Metrics:
            return evaluate(
                ScoredPairs.of(table, scores),
                bought,
                self.history.customer_ids,
                sold,
                threshold,
                calibrated=calibrated,
                order_probability=orders,
            )

        methods: dict[str, Metrics] = {}
        compared: dict[str, Method] = {}  # without a model there is nothing to compare
        decision = None
        if isinstance(self.model, Model):
            plain, offset = self.model.predict(table), coming_offset(self.offsets)
            probability = levelled(plain, offset)
            self.offsets.append(level_offset(plain, int(LabelledTable(table, bought).labels.sum())))
            threshold = plug_in_threshold(probability, held=self.held)
            orders = self.model.order_chances(table)
            methods[MODEL] = judged(probability, threshold, True, orders)
            compared[MODEL] = Method(ScoredPairs.of(table, probability), threshold)
            if not_chosen:
                decision = self._decision(table, compared[MODEL], not_chosen, offset)
        for baseline in self.baselines:
            scores = baseline.score(table)
            threshold = baseline.threshold(scores)
            methods[baseline.name] = judged(scores, threshold, baseline.calibrated)
            if compared and baseline.name == NAIVE:
                compared[NAIVE] = Method(ScoredPairs.of(table, scores), threshold)
        kind = LIGHTGBM
        if self.model is not None and not isinstance(self.model, Model):
            kind = self.model.name
            methods = {MODEL: methods[kind], **methods}
        self.past.add(table.sampled(self.recipe.sample_share), bought)
        groups = customer_groups(self.history, window.cutoff) if compared else {}
        rows = compare_groups(groups, self.history.customer_ids, compared, bought, sold)
        hidden = hidden_quality(self.history, window)
        return ReplayedWeek(
            window, bought.count, methods, kind, self.trained_windows, rows, hidden, decision
        )

    def _decision(
        self, table: FeatureTable, chosen: Method, not_chosen: "NotChosen", offset: float
    ) -> Entry:
        """Score the decision of a week: what its forecast earned, and what the other would have."""
        bought, other = Bought.of(self.history, table.window), None
        if isinstance(not_chosen.model, Model):
            probability = levelled(not_chosen.model.predict(table), offset)
            threshold = plug_in_threshold(probability, held=self.held)
            other = earned(ScoredPairs.of(table, probability), threshold, bought)
        return entry(
            not_chosen.published(table.window),
            earned(chosen.scored, chosen.threshold, bought),
            not_chosen.told if other else {"reason": "NO_FORMER_CHAMPION"},
            other,
        )


@dataclass(frozen=True, slots=True)
class NotChosen:
    """The model a replayed week was not forecast by."""

    model: Model | FittedBaseline | None
    is_former: bool

    @property
    def told(self) -> dict[str, str]:
        """What the ledger calls it."""
        if self.is_former:
            return {"role": "former_champion", "version": "former"}
        return {"role": "shadow_challenger", "version": "shadow"}

    def published(self, window: Window) -> dict[str, Any]:
        """Return the decision as a published forecast tells it: by age alone."""
        reason = "NO_REASON"
        if self.is_former:
            reason = "CHAMPION_AGE" if self.model else "NO_CHAMPION"
        winner = "challenger" if self.is_former else "champion"
        decision = {"retrain": self.is_former, "reasons": [reason], "promoted": self.is_former}
        week = window.week.isoformat()
        return {"week": week, "run": week, "decision": {**decision, "winner": winner}}
