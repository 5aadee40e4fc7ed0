"""The search goes on where it was cut, counts right, and never does worse than the default."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import TrialState
from sodai.domain.calendar import Window
from sodai.domain.search import SearchState, search, study, validation_split
from sodai.domain.search.bench import Bench
from sodai.domain.training import Recipe

from tests.unit.domain import learned

TRAIN, VALIDATION = learned.past(5)[:3], learned.past(2)
DEFAULT = Recipe(rounds=24, learning_rate=0.1, leaves=15)


class Journal(BaseJournalBackend):
    """A journal in memory whose machine can be killed at the n-th append."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.logs: list[dict[str, Any]] = []
        self.appends = 0
        self.kill_at = kill_at

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        return self.logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self.appends += 1
        if self.appends == self.kill_at:
            raise KeyboardInterrupt
        self.logs += json.loads(json.dumps(logs))


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ranges: these tests are about the search, not about what it finds."""
    monkeypatch.setattr(study, "GROWTH", (1.0, 3.0))


def run(journal: Journal, trials: int = 7, **options: Any) -> SearchState:
    options = {"recipe": DEFAULT, "threads": 1, **options}
    return search(TRAIN, VALIDATION, journal, trials, **options)


def whole() -> SearchState:
    return run(Journal())


def test_search_ends_with_exactly_the_trials_wanted_and_says_so():
    told: list[tuple[int, int]] = []
    state = run(Journal(), on_trial=lambda done, of: told.append((done, of)))
    assert state.done
    assert state.trials_done == state.trials == 7
    assert told == [(2, 7), (4, 7), (6, 7), (7, 7)]
    assert state.best_value >= state.default_value > 0
    assert state.improved == (state.best_recipe != DEFAULT)
    assert Recipe.from_dict(json.loads(json.dumps(state.to_dict()))["best_recipe"])


def test_default_recipe_is_the_first_trial():
    state = run(Journal(), trials=1)
    assert state.best_recipe == DEFAULT
    assert not state.improved
    assert state.default_value == state.best_value


def test_recipe_of_the_champion_is_the_second_trial(monkeypatch):
    champion, tried = replace(DEFAULT, leaves=20), []
    measure = Bench.measure

    def noted(bench: Bench, lane: int, recipe: Recipe, given_up: Any) -> float | None:
        tried.append(recipe)
        return measure(bench, lane, recipe, given_up)

    monkeypatch.setattr(Bench, "measure", noted)
    run(Journal(), trials=3, champion=champion)
    assert tried[:2] == [DEFAULT, champion]
    assert tried[2] not in tried[:2]


def test_default_stays_when_nothing_beats_it(monkeypatch):
    values = iter([0.9, 0.1, 0.5, 0.9])
    monkeypatch.setattr(Bench, "measure", lambda *_: next(values))
    state = run(Journal(), trials=4)
    assert state.best_recipe == DEFAULT
    assert state.best_value == state.default_value == 0.9


def test_same_seed_takes_the_same_way():
    assert whole() == whole()
    assert run(Journal(), recipe=replace(DEFAULT, seed=1)) != whole()


def test_two_threads_find_what_one_finds():
    assert run(Journal(), threads=2) == whole()


def test_search_in_parts_takes_the_same_way_as_in_one():
    journal, asked = Journal(), []

    def every_third_time() -> bool:
        asked.append(1)
        return len(asked) % 3 == 0

    state = run(journal, deadline=every_third_time)
    assert not state.done
    parts = 1
    while not state.done:
        state, parts = run(journal, deadline=every_third_time), parts + 1
    assert parts > 3
    assert state == whole()


@pytest.mark.parametrize("kill_at", range(1, 5))
def test_search_killed_while_writing_goes_on_to_the_same_end(kill_at):
    journal = Journal(kill_at)
    with pytest.raises(KeyboardInterrupt):
        run(journal)
    assert run(journal) == whole()


def test_search_killed_in_a_trial_goes_on_to_the_same_end(monkeypatch):
    journal, measure, calls = Journal(), Bench.measure, []

    def killed(*arguments: Any) -> float | None:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return measure(*arguments)

    monkeypatch.setattr(Bench, "measure", killed)
    with pytest.raises(KeyboardInterrupt):
        run(journal)
    assert run(journal) == whole()


def test_trial_left_running_is_failed_and_does_not_count():
    journal = Journal()
    run(journal, trials=2)
    left = optuna.load_study(study_name=study.STUDY, storage=JournalStorage(journal))
    left.ask()
    state = run(journal)
    assert state.done
    assert state.trials_done == 7
    states = [trial.state for trial in left.get_trials()]
    assert states.count(TrialState.FAIL) == 1
    assert len(states) == 8


def test_default_left_running_is_tried_again():
    journal = Journal()
    storage = JournalStorage(journal)
    left = optuna.create_study(study_name=study.STUDY, storage=storage, direction="maximize")
    left.ask()
    state = run(journal, trials=2)
    assert state.trials_done == 2
    assert state.default_value is not None


def test_finished_search_does_no_work_twice():
    journal = Journal()
    first = run(journal)
    written = journal.appends
    assert search([], [], journal, 7, recipe=DEFAULT) == first
    assert journal.appends == written


def test_few_large_appends_reach_the_journal():
    journal = Journal()
    run(journal)
    assert journal.appends == 4


def test_hopeless_trials_are_given_up_early_and_count(monkeypatch):
    monkeypatch.setattr(study, "STARTUP_TRIALS", 2)
    state = run(Journal(), trials=16)
    assert state.trials_pruned > 0
    assert state.trials_done == 16


def test_no_rows_to_validate_on_is_refused():
    with pytest.raises(ValueError, match="rows"):
        search(TRAIN, [], Journal(), 1, recipe=DEFAULT)


def test_newest_windows_are_for_validation():
    windows = [learned.TARGET.shift(i) for i in range(6)]
    assert validation_split(windows, 2) == (windows[:4], windows[4:])
    assert validation_split(windows[:2], 3) == (windows[:1], windows[1:2])
    alone: list[Window] = windows[:1]
    assert validation_split(alone) == (alone, [])
