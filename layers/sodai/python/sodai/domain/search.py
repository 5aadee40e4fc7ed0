"""Look for a better recipe: a seeded, resumable search that can never do worse than the default."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import FrozenTrial, Trial, TrialState
from sklearn.metrics import average_precision_score

from sodai.domain.arrays import FloatArray
from sodai.domain.calendar import Window
from sodai.domain.features.sampling import stable_uniform
from sodai.domain.features.table import LabelledTable, weighted
from sodai.domain.training import Recipe, Vocabulary, dataset

STUDY: Final = "recipe"
SEARCHED_ROWS: Final = 80_000  # training rows at most: about a tenth of a year
VALIDATION_ROWS: Final = 40_000
STARTUP_TRIALS: Final = 10
CHECKPOINTS: Final = 8  # how often a trial is measured, and may be given up
GROWTH: Final = (10.0, 20.0)  # learning rate x rounds
FIRST_VERDICT: Final = 2  # checkpoints before a trial may be given up

_FINISHED: Final = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True, slots=True)
class SearchState:
    """Where a search stands.

    Attributes
    ----------
    done : bool
        Whether all trials are finished.
    trials, trials_done, trials_pruned : int
        Wanted; finished, those given up early included; given up early.
    default_value, best_value : float or None
        Average precision on the validation sample of the default recipe and of the best one.
    best_recipe : Recipe
        The default recipe unless another one beats it.
    improved : bool
        Whether another one did.
    """

    done: bool
    trials: int
    trials_done: int
    trials_pruned: int
    default_value: float | None
    best_value: float | None
    best_recipe: Recipe
    improved: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        names = ("done", "trials", "trials_done", "trials_pruned")
        return {
            **{name: getattr(self, name) for name in names},
            "default_value": self.default_value,
            "best_value": self.best_value,
            "best_recipe": self.best_recipe.to_dict(),
            "improved": self.improved,
        }


def validation_split(
    windows: Sequence[Window], validate: int = 3
) -> tuple[list[Window], list[Window]]:
    """Split windows, oldest first, into those to search on and the newest to validate on.

    At least one is left to train on where there are two or more.
    """
    validate = max(0, min(validate, len(windows) - 1))
    split = len(windows) - validate
    return list(windows[:split]), list(windows[split:])


def search(
    train: Sequence[LabelledTable],
    validation: Sequence[LabelledTable],
    backend: BaseJournalBackend,
    trials: int,
    *,
    recipe: Recipe | None = None,
    deadline: Callable[[], bool] = lambda: False,
    on_trial: Callable[[int, int], None] | None = None,
    threads: int = 2,
) -> SearchState:
    """Search until so many trials are finished, or the deadline says stop.

    A trial that was cut short by a kill is marked as failed and does not count. Each trial draws
    from its own seed, so a search in many parts takes the same way as one in a single part.

    Parameters
    ----------
    train, validation : sequence of LabelledTable
        Past windows and the ones right after them. Each is read once, so that a sequence may
        fetch its tables when asked.
    backend : BaseJournalBackend
        Where Optuna keeps its journal; the search goes on from what it finds there.
    trials : int
        Trials wanted in all, the default recipe among them.
    recipe : Recipe, optional
        The default recipe.
    deadline : callable
        Asked before each trial; True stops the search for now.
    on_trial : callable, optional
        Told (trials finished, trials wanted) after each trial.
    threads : int
        Threads for training.

    Raises
    ------
    ValueError
        If there are no rows to train on or to validate on.
    """
    recipe = recipe or Recipe()
    study = _study(JournalStorage(backend), recipe)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    if _finished(study) < trials and not deadline():
        bench = _Bench.of(train, validation, recipe, threads)
        while _finished(study) < trials and not deadline():
            _run_trial(study, bench)
            if on_trial is not None:
                on_trial(_finished(study), trials)
    return _state(study, recipe, trials)


def _study(storage: JournalStorage, recipe: Recipe) -> optuna.Study:
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(
            study_name=STUDY,
            storage=storage,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(
                n_startup_trials=STARTUP_TRIALS // 2, n_warmup_steps=FIRST_VERDICT
            ),
        )
    finally:
        optuna.logging.set_verbosity(verbosity)


def _finished(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=_FINISHED))


def _recipe_of(trial: Trial | FrozenTrial, default: Recipe) -> Recipe:
    found = dict(trial.params)
    growth = found.pop("growth")
    rounds = max(1, round(growth / found["learning_rate"]))
    return replace(default, **found, rounds=rounds)


def _suggest(trial: Trial, default: Recipe) -> Recipe:
    """Draw a recipe from ranges around what is known to be good.

    Rounds follow from ``growth`` = learning rate x rounds, kept in the range that suits all rows:
    the few rows of the search alone would ask for too little of it.
    """
    trial.suggest_float("learning_rate", 0.05, 0.12, log=True)
    trial.suggest_float("growth", *GROWTH)
    trial.suggest_int("leaves", 15, 47, log=True)
    trial.suggest_int("min_rows_per_leaf", 100, 800, log=True)
    trial.suggest_float("feature_fraction", 0.2, 0.6)
    trial.suggest_float("bagging_fraction", 0.5, 1.0)
    trial.suggest_float("l2", 3.0, 200.0, log=True)
    return _recipe_of(trial, default)


def _parameters_of(recipe: Recipe) -> dict[str, float | int]:
    """Return the point of the search space at which a recipe stands."""
    return {
        "learning_rate": recipe.learning_rate,
        "growth": recipe.learning_rate * recipe.rounds,
        "leaves": recipe.leaves,
        "min_rows_per_leaf": recipe.min_rows_per_leaf,
        "feature_fraction": recipe.feature_fraction,
        "bagging_fraction": recipe.bagging_fraction,
        "l2": recipe.l2,
    }


def _run_trial(study: optuna.Study, bench: "_Bench") -> None:
    known = study.get_trials(deepcopy=False)
    study.sampler = optuna.samplers.TPESampler(
        seed=bench.recipe.seed + len(known), n_startup_trials=STARTUP_TRIALS
    )
    if not any(trial.state in (TrialState.COMPLETE, TrialState.WAITING) for trial in known):
        study.enqueue_trial(_parameters_of(bench.recipe))
    trial = study.ask()
    recipe = _suggest(trial, bench.recipe)
    try:
        study.tell(trial, bench.measure(recipe, trial))
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)


def _state(study: optuna.Study, recipe: Recipe, trials: int) -> SearchState:
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    values = [(trial.value or 0.0, _recipe_of(trial, recipe)) for trial in complete]
    default = next((value for value, found in values if found == recipe), None)
    best_value, best = max(values, key=lambda each: each[0], default=(default, recipe))
    improved = default is not None and best_value is not None and best_value > default
    return SearchState(
        done=_finished(study) >= trials,
        trials=trials,
        trials_done=_finished(study),
        trials_pruned=len(study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))),
        default_value=default,
        best_value=best_value if improved else default,
        best_recipe=best if improved else recipe,
        improved=improved,
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Bench:
    """Binned rows on which every trial is measured."""

    recipe: Recipe
    binned: lgb.Dataset
    share: float  # of the rows that the final model will have
    features: NDArray[np.float32]
    labels: NDArray[np.int8]
    weight: FloatArray
    threads: int

    @classmethod
    def of(
        cls,
        train: Sequence[LabelledTable],
        validation: Sequence[LabelledTable],
        recipe: Recipe,
        threads: int,
    ) -> "_Bench":
        chosen, rows = _thinned(train, SEARCHED_ROWS)
        judged, held = _thinned(validation, VALIDATION_ROWS)
        if not rows or not held:
            raise ValueError("a search needs rows to train on and rows to validate on")
        vocabulary = Vocabulary.of(each.table for each in chosen)
        binned = dataset(chosen, recipe, vocabulary, threads)
        return cls(
            recipe=recipe,
            binned=binned,
            share=binned.num_data() / rows,
            features=np.concatenate([vocabulary.encode(each.table) for each in judged]),
            labels=np.concatenate([each.labels for each in judged]),
            weight=np.concatenate([weighted(each.table) for each in judged]),
            threads=threads,
        )

    def measure(self, recipe: Recipe, trial: Trial) -> float:
        """Train on the sample and return average precision on the validation rows.

        Rows per leaf and L2 shrink with the sample, so that they mean the same on all rows.
        """
        scaled = replace(
            recipe,
            min_rows_per_leaf=max(1, round(recipe.min_rows_per_leaf * self.share)),
            l2=recipe.l2 * self.share,
        )
        parameters = scaled.parameters(self.binned.num_data(), self.threads)
        booster = lgb.Booster(parameters, self.binned)
        scores, value = np.zeros(len(self.labels)), 0.0
        marks = np.linspace(0, recipe.rounds, CHECKPOINTS + 1).round().astype(int)
        for step, (begin, end) in enumerate(pairwise(marks.tolist())):
            for _ in range(begin, end):
                booster.update()
            scores += booster.predict(
                self.features,
                start_iteration=begin,
                num_iteration=end - begin,
                raw_score=True,
                num_threads=self.threads,
            )
            value = float(average_precision_score(self.labels, scores, sample_weight=self.weight))
            trial.report(value, step)
            if end < recipe.rounds and trial.should_prune():
                raise optuna.TrialPruned
        return value


def _thinned(tables: Sequence[LabelledTable], rows: int) -> tuple[list[LabelledTable], int]:
    """Keep about so many rows, as many of each window, whatever their labels; count all."""
    kept, seen = [], 0
    for labelled in tables:
        table = labelled.table
        seen += len(table)
        # Products and customers swap places: sampling of candidates used the other order.
        draw = stable_uniform(table.product_ids, table.customer_ids, table.window.cutoff)
        share = rows / len(tables) / max(len(table), 1)
        kept.append(LabelledTable(table.take(draw < share), labelled.bought))
    return kept, seen
