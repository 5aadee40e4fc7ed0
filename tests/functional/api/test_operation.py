"""Runs, their logs, drift and the champion, as the week's functions write them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.functional.api.conftest import Api, Bucket
from tests.functional.api.test_problems import assert_problem

RUN = "20250106T050001-1a2b"
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)  # logs refuse old lines
GROUP = "/aws/lambda/sodai-features"


def state(seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "status": "succeeded",
        "started_at": BEGAN.isoformat(),
        "ended_at": (BEGAN + timedelta(seconds=4)).isoformat(),
        "seconds": seconds,
        "request_id": "11111111-aaaa",
        "log_group": GROUP,
        "log_stream": "stream-1",
        "reused": False,
        "facts": {},
        "error": None,
        **more,
    }


def record(run: str = RUN, **more: Any) -> dict[str, Any]:
    window = {"week": "2025-01-06", "from": "2025-01-06", "to": "2025-01-12", "horizon_days": 7}
    return {
        "schema": 1,
        "run": run,
        "status": "succeeded",
        "outcome": "published",
        "created_at": "2025-01-06T05:00:01+00:00",
        "updated_at": "2025-01-06T05:02:01+00:00",
        "attempts": [],
        "progress": None,
        "states": {
            "validate": state(1.25, facts={"window": window}, log_stream="stream-0"),
            "features": state(4.0),
            "drift": state(2.0, facts={"retrain": False, "reasons": ["NO_REASON"], "drift": {}}),
        },
        **more,
    }


def put_record(bucket: Bucket, told: dict[str, Any]) -> None:
    bucket.put_json(f"runs/{told['run']}.json", told)


def test_runs_are_listed_newest_first_with_week_decision_and_duration(
    api: Api, bucket: Bucket
) -> None:
    begun = {"status": "running", "outcome": None, "states": {"plan": state(0.0)}}
    put_record(bucket, record())
    put_record(bucket, record("20250113T050001-ffff", **begun))
    items = api.get("/runs").body["items"]
    assert items[1] == {
        "run": RUN,
        "status": "succeeded",
        "outcome": "published",
        "week": "2025-01-06",
        "decision": {
            "retrain": False,
            "reasons": ["NO_REASON"],
            "sentences": None,
            "promoted": None,
            "version": None,
        },
        "created_at": "2025-01-06T05:00:01+00:00",
        "seconds": 7.25,
    }
    assert (items[0]["run"], items[0]["week"], items[0]["decision"]) == (
        "20250113T050001-ffff",
        None,
        None,
    )
    assert [run["run"] for run in api.get("/runs", limit="1").body["items"]] == [
        "20250113T050001-ffff"
    ]


def test_a_closed_run_is_summed_up_from_its_sections(api: Api, bucket: Bucket) -> None:
    words = {"en": ["The model is 4 weeks old."], "es": ["El modelo tiene 4 semanas."]}
    decision = {"retrain": True, "reasons": ["CHAMPION_AGE"], "sentences": words, "detail": {}}
    promotion = {"promoted": True, "winner": "challenger", "version": "v2"}
    target = {"week": "2025-01-13", "from": "2025-01-13", "to": "2025-01-19", "horizon_days": 7}
    put_record(bucket, record(decision={**decision, **promotion}, target=target))
    (item,) = api.get("/runs").body["items"]
    assert item["week"] == "2025-01-13"
    assert item["decision"] == {
        "retrain": True,
        "reasons": ["CHAMPION_AGE"],
        "sentences": words,
        "promoted": True,
        "version": "v2",
    }


def test_a_run_that_failed_early_has_neither_week_nor_decision(api: Api, bucket: Bucket) -> None:
    failed: dict[str, Any] = {
        "status": "failed",
        "outcome": "failed",
        "decision": {},
        "target": None,
    }
    put_record(bucket, record(states={"plan": state(0.0)}, **failed))
    (item,) = api.get("/runs").body["items"]
    assert (item["status"], item["week"], item["decision"]) == ("failed", None, None)


def test_before_the_first_run_the_list_is_empty(api: Api, bucket: Bucket) -> None:
    assert api.get("/runs").body == {"items": []}


def test_a_run_is_told_as_it_was_recorded(api: Api, bucket: Bucket) -> None:
    put_record(bucket, record())
    reply = api.get(f"/runs/{RUN}")
    assert reply.body == record()
    assert api.get(f"/runs/{RUN}", {"If-None-Match": reply.headers["etag"]}).status == 304


@pytest.fixture
def logs(bucket: Bucket) -> Iterator[None]:
    client = boto3.client("logs")
    client.create_log_group(logGroupName=GROUP)
    began = int(BEGAN.timestamp() * 1000)
    streams = {
        "stream-0": [(0, '{"level":"INFO","message":"validated","run":"r","rows":12}')],
        "stream-1": [
            (-500, "START RequestId: 00000000-ffff Version: 1"),
            (-400, "END RequestId: 00000000-ffff"),
            (100, "START RequestId: 11111111-aaaa Version: 1"),
            (150, '{"level":"WARNING","message":"slow","state":"features"}'),
            (160, "plain words\n"),
            (3900, "END RequestId: 11111111-aaaa"),
            (3950, "START RequestId: 22222222-bbbb Version: 1"),
            (90000, '{"level":"INFO","message":"much later"}'),
        ],
    }
    for stream, events in streams.items():
        client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        client.put_log_events(
            logGroupName=GROUP,
            logStreamName=stream,
            logEvents=[{"timestamp": began + at, "message": text} for at, text in events],
        )
    yield
    client.delete_log_group(logGroupName=GROUP)


@pytest.mark.usefixtures("logs")
def test_the_log_of_a_state_holds_only_its_invocation(api: Api, bucket: Bucket) -> None:
    put_record(bucket, record())
    lines = api.get(f"/runs/{RUN}/logs", state="features").body["lines"]
    assert [(line["level"], line["message"]) for line in lines] == [
        (None, "START RequestId: 11111111-aaaa Version: 1"),
        ("WARNING", "slow"),
        (None, "plain words"),
        (None, "END RequestId: 11111111-aaaa"),
    ]
    assert lines[1]["timestamp"] == (BEGAN + timedelta(milliseconds=150)).isoformat(
        timespec="milliseconds"
    )
    assert {line["state"] for line in lines} == {"features"}


@pytest.mark.usefixtures("logs")
def test_without_marks_of_the_platform_the_time_of_the_state_decides(
    api: Api, bucket: Bucket
) -> None:
    put_record(bucket, record())
    lines = api.get(f"/runs/{RUN}/logs", state="validate").body["lines"]
    assert [(line["message"], line["rows"]) for line in lines] == [("validated", 12)]


@pytest.mark.usefixtures("logs")
def test_the_logs_of_all_states_come_in_order_of_time(api: Api, bucket: Bucket) -> None:
    put_record(bucket, record())
    lines = api.get(f"/runs/{RUN}/logs").body["lines"]
    assert lines[0]["message"] == "validated"
    assert [line["timestamp"] for line in lines] == sorted(line["timestamp"] for line in lines)


def test_a_state_whose_logs_have_expired_has_no_lines(api: Api, bucket: Bucket) -> None:
    put_record(bucket, record())
    assert api.get(f"/runs/{RUN}/logs", state="features").body == {"lines": []}


def test_a_state_the_run_does_not_have_is_404_and_the_others_are_named(
    api: Api, bucket: Bucket
) -> None:
    put_record(bucket, record())
    reply = api.get(f"/runs/{RUN}/logs", state="bake")
    assert_problem(reply, 404, "unknown-id", "bake", "validate, features, drift")


def test_drift_is_that_of_the_published_run(api: Api, published: Bucket) -> None:
    published.put_json("drift/r1.json", {"week": "2024-12-30", "drift": {"max_z": 1.9}})
    put_record(published, record())
    published.put_json(f"drift/{RUN}.json", {"week": "2025-01-06"})
    body = api.get("/drift").body
    assert body == {"run": "r1", "week": "2024-12-30", "drift": {"max_z": 1.9}}


def test_drift_before_the_first_publication_is_that_of_the_newest_run_with_a_report(
    api: Api, bucket: Bucket
) -> None:
    put_record(bucket, record())
    put_record(bucket, record("20250113T050001-ffff"))
    bucket.put_json(f"drift/{RUN}.json", {"week": "2024-12-30"})
    assert api.get("/drift").body == {"run": RUN, "week": "2024-12-30"}


def test_drift_that_was_never_measured_is_404_with_the_next_step(api: Api, bucket: Bucket) -> None:
    assert_problem(api.get("/drift"), 404, "unknown-id", "sodai run")


def test_the_champion_tells_its_metadata(api: Api, bucket: Bucket) -> None:
    bucket.put_json("models/champion.json", {"version": "v1", "run": RUN})
    metadata = {"kind": "model", "evaluation": {"f1": 0.53}}
    bucket.put_json("models/v1/metadata.json", metadata)
    assert api.get("/model/info").body == {**metadata, "version": "v1"}


def test_the_drift_of_an_earlier_run_can_be_asked_for(api: Api, published: Bucket) -> None:
    published.put_json("drift/r0.json", {"week": "2024-12-23"})
    assert api.get("/drift", run="r0").body == {"run": "r0", "week": "2024-12-23"}
    assert_problem(api.get("/drift", run="r9"), 404, "unknown-id", "run r9")


BINS = [
    {"from": 0.0, "to": 0.5, "pairs": 90, "mean_probability": 0.1, "observed_rate": 0.12},
    {"from": 0.5, "to": 1.0, "pairs": 0, "mean_probability": None, "observed_rate": None},
]
CURVE = {
    "threshold": 0.3,
    "best_threshold": 0.31,
    "precision_recall": {"threshold": [0.9], "precision": [1.0], "recall": [0.1]},
    "confusion_matrix": {
        "true_positives": 1,
        "false_positives": 2,
        "false_negatives": 3,
        "true_negatives": 4,
    },
    "calibration": BINS,
}


def put_evaluation(bucket: Bucket) -> None:
    metrics = {"f1": 0.58, "average_precision": 0.62}
    window = {"week": "2024-12-30", "from": "2024-12-30", "to": "2025-01-05", "horizon_days": 7}
    methods = {"challenger": metrics, "tifu_knn": {**metrics, "ece": None}}
    bucket.put_json("evaluations/r1/windows.json", [{**window, "methods": methods}])
    bucket.put_json("evaluations/r1/curves.json", {"2024-12-30": CURVE})


def put_performance(bucket: Bucket) -> None:
    seen = {"week": "2024-12-30", "run": "r0"}
    metrics = {"metrics": {"f1": 0.55}, "naive": {"f1": 0.5, "threshold_in_hindsight": 3.0}}
    report = {"horizon_days": 7, "gap": 0.1, "f1_gap": 0.05, "centre": None, "limit": None}
    verdict = {**seen, **report, "reason": "TOO_FEW_POINTS", "alarm": False}
    point = {**seen, **metrics, "calibration": BINS}
    bucket.put_json("monitoring/performance.json", {"points": [point], "reports": [verdict]})


def test_before_a_forecast_came_true_the_weeks_kept_back_are_shown(
    api: Api, published: Bucket
) -> None:
    put_evaluation(published)
    body = api.get("/performance").body
    assert body["points"] == []
    (window,) = body["held_out"]["windows"]
    assert (body["held_out"]["run"], window["leading"]) == ("r1", "challenger")
    assert window["methods"]["tifu_knn"]["ece"] is None
    assert window["confusion_matrix"]["false_negatives"] == 3
    assert body["calibration"]["source"] == "held_out"
    assert body["calibration"]["bins"][0]["observed_rate"] == 0.12


def test_forecasts_that_came_true_are_shown_with_their_limits(api: Api, published: Bucket) -> None:
    put_evaluation(published)
    put_performance(published)
    body = api.get("/performance").body
    (point,) = body["points"]
    assert (point["week"], point["run"], point["metrics"]["f1"]) == ("2024-12-30", "r0", 0.55)
    assert (point["naive"]["f1"], point["gap"], point["limit"]) == (0.5, 0.1, None)
    assert (point["reason"], point["alarm"]) == ("TOO_FEW_POINTS", False)
    calibration = body["calibration"]
    assert (calibration["source"], calibration["week"]) == ("realised", "2024-12-30")


def test_before_the_first_publication_there_is_no_performance(api: Api, bucket: Bucket) -> None:
    put_performance(bucket)
    assert api.get("/performance").body == {"points": [], "calibration": None, "held_out": None}


def put_models(bucket: Bucket) -> None:
    bucket.put_json("models/champion.json", {"version": "v1"})
    for version, made in (("v1", "2025-01-06T05:00:00"), ("v2", "2025-01-13T05:00:00")):
        bucket.put_json(f"models/{version}/metadata.json", {"kind": "x", "created_at": made})
    bucket.put_json("models/v2/challenger/metadata.json", {"kind": "x"})
    bucket.put_json("models/v3/challenger/metadata.json", {"kind": "x"})
    feature = {
        "feature": "pair_decay_4w",
        "family": "pair",
        "label": "how often",
        "label_es": "con qué frecuencia",
        "importance": 0.6,
        "share": 1.0,
    }
    importance = {"rows": 20, "base": -3.0, "features": [feature]}
    bucket.put_json("models/v1/feature_importance.json", importance)


def test_models_are_listed_newest_first_and_the_champion_is_marked(
    api: Api, bucket: Bucket
) -> None:
    put_models(bucket)
    items = api.get("/model/versions").body["items"]
    assert [(item["version"], item["champion"]) for item in items] == [("v2", False), ("v1", True)]


def test_importance_is_the_champions_unless_another_model_is_named(
    api: Api, bucket: Bucket
) -> None:
    put_models(bucket)
    body = api.get("/model/importance").body
    assert (body["version"], body["features"][0]["label_es"]) == ("v1", "con qué frecuencia")
    assert api.get("/model/importance", version="v1").body == body
    assert_problem(api.get("/model/importance", version="v2"), 404, "unknown-id", "v2")


def test_before_the_first_model_the_lists_are_empty(api: Api, bucket: Bucket) -> None:
    assert api.get("/model/versions").body == {"items": []}
    assert_problem(api.get("/model/importance"), 503, "model-missing", "sodai run")


def test_before_the_first_model_the_answer_says_what_to_do(api: Api, bucket: Bucket) -> None:
    assert_problem(api.get("/model/info"), 503, "model-missing", "sodai run")
