"""A replay repeats the forecast for past weeks, from the days before them alone."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sodai.domain.evaluation import METRIC_KEYS
from sodai.domain.replay import ReplayImpossible, ReplayResult, replay

from tests.unit.domain import shops

TABLES = shops.tables(weeks=20, shops=60)
START = shops.FIRST_DAY + timedelta(weeks=16)
METHODS = [
    "model",
    "repeat_last_week",
    "frequency_8w",
    "personal_top_k",
    "tifu_knn",
    "up_cf",
    "logistic",
]


def run(tables: shops.Tables = TABLES, start: date = START, weeks: int = 2, **options: object):
    options = {"threads": 1, **options}
    return replay(tables.customers, tables.products, tables.transactions, start, weeks, **options)


@pytest.fixture(scope="module")
def result() -> ReplayResult:
    return run(weeks=3, refit_every=2)


def test_result_has_the_promised_json_shape(result):
    report = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert [week["week"] for week in report["weeks"]] == [
        (START + timedelta(weeks=i)).isoformat() for i in range(3)
    ]
    for week in report["weeks"]:
        assert week["horizon_days"] == 7
        assert list(week["methods"]) == METHODS
        for metrics in week["methods"].values():
            assert tuple(metrics) == METRIC_KEYS
            assert metrics["positives"] == week["positives"] > 0
    means = report["mean"]
    assert list(means) == METHODS
    f1 = [week["methods"]["model"]["f1"] for week in report["weeks"]]
    assert means["model"]["f1"] == pytest.approx(np.mean(f1))
    assert means["repeat_last_week"]["ece"] is None


def test_positives_are_the_pairs_of_the_week(result):
    lines = TABLES.transactions
    inside = lines["purchase_date"].between(
        pd.Timestamp(START), pd.Timestamp(START + timedelta(days=6))
    )
    bought = lines.loc[inside & (lines["items"] > 0), ["customer_id", "product_id"]]
    assert result.weeks[0].positives == len(bought.drop_duplicates())


def test_model_is_refitted_on_all_that_ended_before(result):
    assert [week.trained_windows for week in result.weeks] == [6, 6, 8]
    assert [week.model for week in result.weeks] == ["lightgbm"] * 3


def test_what_comes_later_changes_nothing(result):
    lines = TABLES.transactions
    later = lines["purchase_date"] >= pd.Timestamp(START + timedelta(weeks=1))
    end = lines["purchase_date"].max()
    kept = lines[~later | (lines["purchase_date"] == end)]  # the data still end on that day
    cut = run(shops.Tables(TABLES.customers, TABLES.products, kept), weeks=1)
    assert cut.weeks[0].methods == result.weeks[0].methods


def test_last_days_of_each_week_are_forecast_from_all_days_before():
    weeks = run(horizon_days=5, weeks=1).weeks
    assert weeks[0].window.cutoff == START + timedelta(days=2)
    assert weeks[0].to_dict()["week"] == START.isoformat()
    assert weeks[0].to_dict()["horizon_days"] == 5


def test_under_fourteen_weeks_a_baseline_stands_in_and_is_named():
    early = run(start=shops.FIRST_DAY + timedelta(weeks=12), weeks=3, refit_every=1).weeks
    assert early[0].model in METHODS[1:]
    assert early[0].methods["model"] == early[0].methods[early[0].model]
    assert early[0].trained_windows == 0
    assert early[2].model == "lightgbm"


def test_two_weeks_of_history_are_enough_for_a_baseline():
    first = run(start=shops.FIRST_DAY + timedelta(weeks=2), weeks=1).weeks[0]
    assert first.model == "frequency_8w"


def test_progress_is_told():
    told: list[tuple[str, int, int]] = []
    run(weeks=1, trials=2, on_progress=lambda *step: told.append(step))
    assert ("features", 6, 6) in told
    assert ("search", 2, 2) in told
    assert told[-1] == ("forecast", 1, 1)


@pytest.mark.parametrize(
    ("start", "weeks", "options", "words"),
    [
        (START + timedelta(days=1), 1, {}, "not a Monday"),
        (START, 9, {}, "at most 4 whole weeks"),
        (START + timedelta(weeks=60), 1, {}, "at most 0 whole weeks"),
        (shops.FIRST_DAY + timedelta(weeks=1), 1, {}, "too little history"),
        (shops.FIRST_DAY - timedelta(weeks=9), 1, {}, "too little history"),
        (START, 0, {}, "Nothing to replay"),
        (START, 1, {"horizon_days": 8}, "1 to 7 days"),
    ],
)
def test_impossible_wish_is_told_in_plain_words(start, weeks, options, words):
    with pytest.raises(ReplayImpossible) as error:
        run(start=start, weeks=weeks, **options)
    assert words in error.value.user_message


def test_ledger_scores_each_decision_against_the_model_not_chosen():
    told = run(weeks=3, refit_every=2, shadow=True).to_dict()
    first, kept, refitted = told["ledger"]["entries"]
    assert [one["retrain"] for one in (first, kept, refitted)] == [True, False, True]
    assert first["alternative"] == {"reason": "NO_FORMER_CHAMPION"}
    assert (kept["reasons"], kept["alternative"]["role"]) == (["NO_REASON"], "shadow_challenger")
    assert refitted["reasons"] == ["CHAMPION_AGE"]
    assert refitted["alternative"]["role"] == "former_champion"
    for week, one in zip(told["weeks"], told["ledger"]["entries"], strict=True):
        assert one["chosen"]["f1"] == week["methods"]["model"]["f1"]
    gains = [one["difference"]["f1"] for one in (kept, refitted)]
    assert told["ledger"]["totals"]["all"]["f1"] == pytest.approx(sum(gains) / 2)
    assert any(gains)


def test_shadows_change_no_forecast(result):
    assert run(weeks=3, refit_every=2, shadow=True).mean == result.mean
