"""Why a model is trained, kept, promoted or refused, in codes and in both languages."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sodai.domain.calendar import Window
from sodai.domain.decision import Champion, DecisionFacts, choose_first, decide, promote
from sodai.domain.evaluation import Difference

WEEK = Window(date(2024, 9, 9), 7)
REST_OF_WEEK = Window(date(2024, 9, 11), 5)
CALM = DecisionFacts(
    target=WEEK,
    forced=False,
    champion=Champion("v1", WEEK.shift(-1), last_attempt=date(2024, 9, 2)),
    drift_alarm=False,
    volume_flagged=False,
    performance_alarm=False,
)


def trained(weeks_ago: int) -> Champion:
    return Champion("v1", WEEK, WEEK.shift(-weeks_ago).week)


@pytest.mark.parametrize(
    ("facts", "retrain", "reasons"),
    [
        (CALM, False, ["NO_REASON"]),
        (replace(CALM, forced=True), True, ["FORCED"]),
        (replace(CALM, champion=None), True, ["NO_CHAMPION"]),
        (replace(CALM, target=REST_OF_WEEK), True, ["NO_CHAMPION"]),
        (replace(CALM, performance_alarm=True), True, ["PERF_BELOW_LIMIT"]),
        (replace(CALM, champion=trained(3)), False, ["NO_REASON"]),
        (replace(CALM, champion=trained(4)), True, ["CHAMPION_AGE"]),
        (replace(CALM, champion=trained(4), max_model_age_weeks=5), False, ["NO_REASON"]),
        (replace(CALM, drift_alarm=True), True, ["DRIFT"]),
        (replace(CALM, volume_flagged=True), False, ["NO_REASON"]),
        (replace(CALM, drift_alarm=True, volume_flagged=True), False, ["HELD_VOLUME_EVENT"]),
        (
            replace(CALM, champion=trained(4), drift_alarm=True, volume_flagged=True),
            True,
            ["CHAMPION_AGE"],
        ),
        (
            replace(
                CALM,
                forced=True,
                champion=trained(9),
                drift_alarm=True,
                performance_alarm=True,
            ),
            True,
            ["FORCED", "PERF_BELOW_LIMIT", "CHAMPION_AGE", "DRIFT"],
        ),
    ],
)
def test_every_true_reason_is_recorded(
    facts: DecisionFacts, retrain: bool, reasons: list[str]
) -> None:
    told = decide(facts).to_dict()
    assert told["retrain"] is retrain
    assert told["reasons"] == reasons
    json.dumps(told, allow_nan=False)


flags = st.booleans()


@given(
    forced=flags,
    drift_alarm=flags,
    volume_flagged=flags,
    performance_alarm=flags,
    champion=st.none() | st.integers(0, 8).map(trained),
)
def test_each_reason_has_its_sentence_in_both_languages(
    forced: bool,
    drift_alarm: bool,
    volume_flagged: bool,
    performance_alarm: bool,
    champion: Champion | None,
) -> None:
    decision = decide(
        DecisionFacts(WEEK, forced, champion, drift_alarm, volume_flagged, performance_alarm)
    )
    kept = {"HELD_VOLUME_EVENT", "NO_REASON"}
    assert decision.retrain != bool(kept & set(decision.reasons))
    for told in decision.sentences.values():
        assert len(told) == len(decision.reasons)
        assert all(sentence and "{" not in sentence for sentence in told)


def test_a_champion_for_other_days_is_no_champion_and_the_detail_says_so() -> None:
    decision = decide(replace(CALM, target=REST_OF_WEEK))
    assert decision.detail["no_champion"] == "other_window"
    assert decision.sentences["en"] == ["The model in use was trained for other days of the week."]


def test_age_counts_from_the_last_attempt() -> None:
    decision = decide(replace(CALM, champion=trained(6)))
    assert decision.detail["champion_age"] == 6
    assert decision.sentences["en"] == ["The last training was 6 weeks ago (at most 4)."]


def metrics(ap: float | None, f1: float | None) -> dict[str, float | None]:
    return {"average_precision": ap, "f1": f1}


BASELINES = {
    "repeat_last_week": metrics(0.30, 0.46),
    "frequency_8w": metrics(0.52, 0.54),
    "logistic": metrics(0.58, 0.56),
}


@pytest.mark.parametrize(
    ("challenger", "weeks", "winner", "reasons"),
    [
        (metrics(0.62, 0.58), 50, "challenger", ["FIRST_MODEL"]),
        (metrics(0.53, 0.55), 50, "challenger", ["FIRST_MODEL"]),
        (metrics(0.62, 0.58), 13, "frequency_8w", ["TOO_FEW_WEEKS"]),
        (metrics(0.50, 0.58), 50, "frequency_8w", ["BELOW_BASELINE_AP"]),
        (metrics(0.62, 0.54), 50, "frequency_8w", ["BELOW_BASELINE_F1"]),
        ({}, 50, "frequency_8w", ["BELOW_BASELINE_AP", "BELOW_BASELINE_F1"]),
        (metrics(float("nan"), 0.58), 50, "frequency_8w", ["BELOW_BASELINE_AP"]),
    ],
)
def test_the_first_model_must_beat_the_best_naive_baseline(
    challenger: dict[str, float | None], weeks: int, winner: str, reasons: list[str]
) -> None:
    told = choose_first(challenger, BASELINES, weeks).to_dict()
    assert told["winner"] == winner
    assert told["reasons"] == reasons
    assert told["promoted"] is (winner == "challenger")


@pytest.mark.parametrize(
    ("challenger", "winner", "reasons"),
    [
        (metrics(0.63, 0.59), "challenger", ["NOT_WORSE"]),
        (metrics(0.616, 0.576), "challenger", ["NOT_WORSE"]),
        (metrics(0.60, 0.59), "champion", ["WORSE_AP"]),
        (metrics(0.63, 0.57), "champion", ["WORSE_F1"]),
        (
            metrics(0.50, 0.50),
            "champion",
            ["WORSE_AP", "WORSE_F1", "BELOW_BASELINE_AP", "BELOW_BASELINE_F1"],
        ),
        (metrics(None, 0.59), "champion", ["WORSE_AP", "BELOW_BASELINE_AP"]),
    ],
)
def test_a_worse_model_is_never_promoted(
    challenger: dict[str, float | None], winner: str, reasons: list[str]
) -> None:
    verdict = promote(challenger, metrics(0.62, 0.58), BASELINES)
    assert verdict.winner == winner
    assert list(verdict.reasons) == reasons
    assert all(len(told) == len(reasons) for told in verdict.sentences.values())


@pytest.mark.parametrize(
    ("high", "winner"), [(-0.001, "champion"), (0.004, "challenger")], ids=["sure", "by chance"]
)
def test_loss_that_the_choice_of_customers_explains_is_no_loss(high: float, winner: str) -> None:
    paired = dict.fromkeys(("average_precision", "f1"), Difference(-0.02, -0.05, high))
    verdict = promote(metrics(0.60, 0.56), metrics(0.62, 0.58), BASELINES, 50, paired)
    assert verdict.winner == winner
    assert verdict.to_dict()["paired"]["f1"] == {"mean": -0.02, "low": -0.05, "high": high}


def test_with_too_few_weeks_the_champion_stays() -> None:
    verdict = promote(metrics(0.63, 0.59), metrics(0.5, 0.5), BASELINES, weeks_of_data=13)
    assert verdict.reasons == ("TOO_FEW_WEEKS",)
    assert not verdict.promoted


def test_a_floor_is_needed() -> None:
    with pytest.raises(ValueError, match="naive"):
        choose_first(metrics(0.6, 0.6), {"logistic": metrics(0.5, 0.5)}, 50)
