"""People are told by the topic of the stack, in the words that stand in the record."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest
from sodai import step
from sodai.domain.notices import Notice
from sodai.store import keys
from sodai.store.artifacts import Artifacts
from sodai.telling import tell
from sodai_local.reporting import told_of
from sodai_local.template import read_template

from functions.record.app import tell_people
from functions.watch.app import handler as watch
from tests.functional.week.conftest import Distributor
from tests.functional.week.machine import ROOT, lambda_context

Mail = Callable[[], list[dict[str, str]]]


@pytest.fixture
def mail(store: Artifacts, monkeypatch: pytest.MonkeyPatch) -> Mail:
    """What was sent to the topic since the last look."""
    topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
    queues = boto3.client("sqs")
    queue = queues.create_queue(QueueName="mail")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    boto3.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
    )
    use_topic(monkeypatch, topic)

    def received() -> list[dict[str, str]]:
        found = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(one["Body"]) for one in found.get("Messages", [])]

    return received


def use_topic(monkeypatch: pytest.MonkeyPatch, topic: str) -> None:
    monkeypatch.setenv("ALERTS_TOPIC", topic)
    step.settings.cache_clear()


def test_refused_delivery_is_mailed_in_the_words_of_the_record(
    distributor: Distributor, mail: Mail
) -> None:
    distributor.deliver("week", distributor.next_week())
    ended = distributor.run()
    record = distributor.record(ended["run"])
    [notice] = record["notices"]
    [message] = mail()
    assert message["Subject"] == "SodAI: contract failure"
    assert message["Message"].startswith(notice["es"])
    assert f"sodai quarantine {ended['run']}" in notice["es"]
    assert f"sodai show {ended['run']}" in message["Message"]
    assert told_of(record) == [notice["en"]]
    assert notice["en"] in message["Message"]
    assert record["error"]["user_message"] in notice["en"]


def test_record_that_is_written_twice_mails_once(distributor: Distributor, mail: Mail) -> None:
    distributor.deliver("week", distributor.next_week())
    record = distributor.record(distributor.run()["run"])
    assert len(mail()) == 1
    assert record["told"] == record["notices"]
    tell_people(record)
    assert mail() == []
    news = {"code": "PROMOTION", "es": "otro", "en": "another"}
    tell_people({**record, "notices": [*record["notices"], news]})
    [message] = mail()
    assert message["Message"].startswith("otro")


def test_topic_that_cannot_be_reached_is_noted_and_stops_nothing(
    distributor: Distributor, store: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_topic(monkeypatch, "arn:aws:sns:us-east-1:123456789012:nobody")
    distributor.deliver("week", distributor.next_week())
    record = distributor.record(distributor.run()["run"])
    assert record["status"] == "failed"
    assert "NotFound" in record["notices_error"]
    assert distributor.claim["released"]


@pytest.mark.parametrize(("days", "codes"), [(7, []), (8, ["NO_PUBLICATION"])])
def test_watch_tells_when_nothing_was_published_for_eight_days(
    store: Artifacts, mail: Mail, days: int, codes: list[str]
) -> None:
    moment = datetime.now(UTC) - timedelta(days=days, hours=1)
    store.write_json_once(keys.LATEST_FORECAST, {"published_at": moment.isoformat()})
    told = watch({}, lambda_context("watch"))
    assert told["days"] == days
    assert [notice["code"] for notice in told["notices"]] == codes
    assert len(mail()) == len(codes)


def test_watch_is_silent_before_the_first_forecast(store: Artifacts, mail: Mail) -> None:
    assert watch({}, SimpleNamespace())["days"] is None
    assert mail() == []


def test_every_alarm_looks_at_the_very_metric_that_is_counted(
    store: Artifacts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    template = read_template(ROOT / "template.yaml")
    environment = template["Globals"]["Function"]["Environment"]["Variables"]
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", environment["POWERTOOLS_SERVICE_NAME"])
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    alarms = [
        (
            one["Properties"]["MetricName"],
            {
                each["Name"]: store.bucket if each["Name"] == "stack" else each["Value"]
                for each in one["Properties"]["Dimensions"]
            },
        )
        for one in template["Resources"].values()
        if one["Type"] == "AWS::CloudWatch::Alarm" and one["Properties"]["Namespace"] == "SodAI"
    ]
    store.write_json_once(keys.LATEST_FORECAST, {"published_at": datetime.now(UTC).isoformat()})
    watch({}, lambda_context("watch"))
    tell(
        "",
        [Notice(known["code"], "", "") for _, known in alarms if "code" in known],
        "",
        store.bucket,
    )
    lines = [line for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    counted = []
    for told in map(json.loads, lines):
        [metric] = told["_aws"]["CloudWatchMetrics"]
        for names in metric["Dimensions"]:
            counted.append((metric["Metrics"][0]["Name"], {name: told[name] for name in names}))
    assert len(alarms) == 7
    assert all(alarm in counted for alarm in alarms)
