"""The study: which recipes to try, in which order, and where the search stands."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from sodai.domain.calendar import Window
from sodai.domain.features.table import LabelledTable
from sodai.domain.search.bench import Bench
from sodai.domain.search.journal import BatchedJournal
from sodai.domain.training import Recipe

STUDY: Final = "recipe"
LANES: Final = 2  # trials side by side, whatever the machine: the search must not depend on it
STARTUP_TRIALS: Final = 10
FIRST_VERDICT: Final = 2  # checkpoints before a trial may be given up
GROWTH: Final = (10.0, 16.0)  # learning rate x rounds

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
    champion: Recipe | None = None,
    deadline: Callable[[], bool] = lambda: False,
    on_trial: Callable[[int, int], None] | None = None,
    threads: int = 2,
) -> SearchState:
    """Search until so many trials are finished, or the deadline says stop.

    Trials run in pairs and are written down when both are finished: one cut short by a kill
    leaves no trace, or is marked as failed, and does not count. Each trial draws from its own
    seed, so a search in many parts takes the same way as one in a single part.

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
        The default recipe, which is tried first.
    champion : Recipe, optional
        What the last search found; tried second.
    deadline : callable
        Asked before each pair of trials; True stops the search for now.
    on_trial : callable, optional
        Told (trials finished, trials wanted) after each pair.
    threads : int
        With one, the trials of a pair run one after the other; the result is the same.

    Raises
    ------
    ValueError
        If there are no rows to train on or to validate on.
    """
    recipe = recipe or Recipe()
    journal = BatchedJournal(backend)
    study = _study(JournalStorage(journal), recipe)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    if all(trial.state == TrialState.FAIL for trial in study.get_trials(deepcopy=False)):
        for known in dict.fromkeys((recipe, champion or recipe)):
            study.enqueue_trial(_parameters_of(known))
    if _finished(study) < trials and not deadline():
        bench = Bench.of(train, validation, recipe, LANES)
        while (left := trials - _finished(study)) > 0 and not deadline():
            _run_trials(study, bench, recipe, min(LANES, left), threads)
            journal.flush()
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
    the few rows of the search alone would ask for too little of it. No range reaches far beyond
    the cost of the default: what the search finds is fitted twice in a week.
    """
    trial.suggest_float("learning_rate", 0.06, 0.12, log=True)
    trial.suggest_float("growth", *GROWTH)
    trial.suggest_int("leaves", 15, 31, log=True)
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


def _ask(study: optuna.Study, default: Recipe) -> Trial:
    known = study.get_trials(deepcopy=False)
    study.sampler = optuna.samplers.TPESampler(
        seed=default.seed + len(known), n_startup_trials=STARTUP_TRIALS
    )
    return study.ask()


def _run_trials(
    study: optuna.Study, bench: Bench, default: Recipe, count: int, threads: int
) -> None:
    asked = [_ask(study, default) for _ in range(count)]
    recipes = [_suggest(trial, default) for trial in asked]

    def run(lane: int) -> float | None:
        trial = asked[lane]

        def given_up(step: int, value: float) -> bool:
            trial.report(value, step)
            return trial.should_prune()

        return bench.measure(lane, recipes[lane], given_up)

    with ThreadPoolExecutor(min(count, threads)) as pool:
        values = list(pool.map(run, range(count)))
    for trial, value in zip(asked, values, strict=True):
        study.tell(trial, value, state=None if value is not None else TrialState.PRUNED)


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
