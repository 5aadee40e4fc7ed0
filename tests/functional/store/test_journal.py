"""A study's journal in S3 survives a kill and goes on where it was."""

import optuna
from optuna.storages import JournalStorage
from optuna.trial import TrialState
from sodai.store.artifacts import Artifacts
from sodai.store.journal import S3Journal


def open_study(store: Artifacts) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = JournalStorage(S3Journal(store, "studies/s/journal/"))
    sampler = optuna.samplers.RandomSampler(seed=1)
    return optuna.create_study(
        storage=storage, study_name="s", load_if_exists=True, sampler=sampler
    )


def test_study_is_found_again_by_another_process(store: Artifacts) -> None:
    open_study(store).optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    again = open_study(store)
    assert len(again.get_trials(states=[TrialState.COMPLETE])) == 3
    again.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    assert [trial.number for trial in open_study(store).trials] == [0, 1, 2, 3, 4]


def test_two_writers_never_overwrite_each_other(store: Artifacts) -> None:
    one, two = (S3Journal(store, "studies/t/journal/") for _ in range(2))
    one.append_logs([{"op": 1}])
    two.append_logs([{"op": 2}])
    one.append_logs([{"op": 3}])
    expected = [{"op": 1}, {"op": 2}, {"op": 3}]
    assert list(two.read_logs(0)) == expected
    assert list(S3Journal(store, "studies/t/journal/").read_logs(0)) == expected
