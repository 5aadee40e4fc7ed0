"""Tell people: one message per notice to the topic of the stack, and one count for its alarm."""

from collections.abc import Sequence

import boto3
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.exceptions import BotoCoreError, ClientError

from sodai.domain.notices import Notice


def tell(topic: str, told: Sequence[Notice], about: str, stack: str) -> str | None:
    """Send the notices; return what went wrong, which must not stop the week, or None.

    Parameters
    ----------
    topic : str
        ARN of the topic; nothing is sent without one.
    told : sequence of Notice
        What to tell.
    about : str
        The run they are about, for the end of the message.
    stack : str
        What the alarms of this stack are told apart by: its bucket.
    """
    for notice in told:
        with single_metric("Notices", MetricUnit.Count, 1, namespace="SodAI") as metric:
            metric.add_dimension("code", notice.code)
            metric.add_dimension("stack", stack)
    if not topic or not told:
        return None
    try:
        client = boto3.client("sns")
        for notice in told:
            client.publish(
                TopicArn=topic,
                Subject=f"SodAI: {notice.code.replace('_', ' ').lower()}",
                Message=notice.message(about),
                MessageAttributes={"code": {"DataType": "String", "StringValue": notice.code}},
            )
    except (BotoCoreError, ClientError) as error:
        return f"{type(error).__name__}: {error}"
    return None
