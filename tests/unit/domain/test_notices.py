"""What people are told, in both languages, from one source."""

from typing import Any

import pytest
from sodai.domain.notices import notices, silence

PUBLISHED: dict[str, Any] = {
    "run": "r1",
    "outcome": "published",
    "error": None,
    "target": {"week": "2024-09-09"},
    "decision": {"promoted": False, "version": "v1"},
    "evaluation": {"sentences": {"es": ["No es peor."], "en": ["It is not worse."]}},
    "predictions": {"sanity": {"failures": []}},
    "states": {"observe": {"facts": {"alarm": False}}},
}


def told(**changes: Any) -> dict[str, tuple[str, str]]:
    return {one.code: (one.es, one.en) for one in notices({**PUBLISHED, **changes})}


def test_ordinary_week_is_worth_no_message() -> None:
    assert told() == {}


def test_refused_delivery_is_told_with_its_reason_and_what_stands() -> None:
    error = {"name": "DataContractError", "user_message": "week.csv: no column items."}
    es, en = told(outcome="failed", error=error, predictions=None)["CONTRACT_FAILURE"]
    assert "sigue vigente" in es
    assert "stands" in en
    assert "sodai quarantine " in es
    assert en.endswith("week.csv: no column items.")


def test_sanity_stop_is_told_in_the_words_of_the_check() -> None:
    failure = {"code": "HABIT", "sentence_es": "Pocos hábitos.", "sentence_en": "Few habits."}
    error = {"name": "ForecastRefused", "user_message": "x"}
    es, en = told(outcome="failed", error=error, predictions={"sanity": {"failures": [failure]}})[
        "SANITY_STOP"
    ]
    assert es.endswith("Pocos hábitos.")
    assert en.endswith("Few habits.")


def test_promotion_names_model_and_week_and_why() -> None:
    es, en = told(decision={"promoted": True, "version": "v2"})["PROMOTION"]
    assert "2024-09-09" in en
    assert "v2" in en
    assert es.endswith("No es peor.")
    assert not told(outcome="superseded", decision={"promoted": True, "version": "v2"})


def test_performance_alarm_tells_lead_and_limit() -> None:
    facts = {"alarm": True, "week": "2024-09-02", "gap": 0.0412, "limit": 0.05}
    _, en = told(states={"observe": {"facts": facts}})["PERFORMANCE_ALARM"]
    assert "lead 0.041, limit 0.050" in en


def test_look_at_the_past_tells_nobody_of_its_own_forecast_but_of_a_refused_delivery() -> None:
    facts = {"alarm": True, "week": "2024-09-02", "gap": 0.0412, "limit": 0.05}
    failure = {"code": "HABIT", "sentence_es": "Pocos hábitos.", "sentence_en": "Few habits."}
    assert not told(
        as_of="2024-08-04",
        outcome="failed",
        error={"name": "ForecastRefused", "user_message": "x"},
        predictions={"sanity": {"failures": [failure]}},
        states={"observe": {"facts": facts}},
    )
    refused = {"name": "DataContractError", "user_message": "x"}
    assert [*told(as_of="2024-08-04", outcome="failed", error=refused)] == ["CONTRACT_FAILURE"]


def test_damaged_model_is_told_with_the_one_that_stands_in() -> None:
    facts = {"version": "v1", "refused": [{"version": "v2", "reason": "pair.txt is missing"}]}
    _, en = told(states={"load_model": {"facts": facts}})["MODEL_DAMAGED"]
    assert "v2 is damaged" in en
    assert "v1 forecasts in its place" in en


def test_damaged_model_is_told_too_where_a_new_one_was_trained() -> None:
    evaluation = {"version": "v3", "refused": [{"version": "v2", "reason": "pair.txt is missing"}]}
    _, en = told(evaluation=evaluation)["MODEL_DAMAGED"]
    assert "v2 is damaged" in en
    assert "v3 forecasts" in en


def test_damaged_forecast_is_told_with_its_week() -> None:
    damaged = {"week": "2024-09-02", "run": "r", "reason": "ranking.parquet is missing"}
    es, en = told(states={"observe": {"facts": {"damaged": [damaged]}}})["FORECAST_DAMAGED"]
    assert "2024-09-02" in es
    assert "week of 2024-09-02 is damaged" in en


@pytest.mark.parametrize(
    ("days", "codes"),
    [(None, []), (0, []), (7, []), (8, ["NO_PUBLICATION"]), (30, ["NO_PUBLICATION"])],
)
def test_silence_is_told_from_the_eighth_day_on(days: int | None, codes: list[str]) -> None:
    found = silence(days)
    assert [one.code for one in found] == codes
    assert all(str(days) in one.es and str(days) in one.en for one in found)


def test_message_is_spanish_first_and_says_where_to_look() -> None:
    [notice] = silence(9)
    lines = notice.message("sodai status").split("\n\n")
    assert lines == [notice.es, notice.en, "sodai status"]
