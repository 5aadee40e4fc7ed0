"""Look once a day whether forecasts are still being published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from sodai.domain.notices import silence
from sodai.step import Context, Facts, artifacts, now, settings
from sodai.store import keys
from sodai.store.artifacts import NotFound
from sodai.telling import tell

logger = Logger(service="sodai")


def handler(event: Mapping[str, Any], context: Context) -> Facts:
    """Count the days since the last publication; tell people when a week was missed."""
    days, stack = days_since_publication(), settings().artifacts_bucket
    if days is not None:
        with single_metric(
            "DaysSincePublication", MetricUnit.Count, days, namespace="SodAI"
        ) as metric:
            metric.add_dimension("stack", stack)
    told = silence(days)
    error = tell(settings().alerts_topic, told, "sodai status", stack)
    if error:
        logger.error("nobody could be told", reason=error)
    logger.info("looked", days=days, notices=[notice.code for notice in told])
    return {"days": days, "notices": [notice.to_dict() for notice in told], "error": error}


def days_since_publication() -> int | None:
    """Return whole days since the last publication, or None before the first."""
    try:
        moment = artifacts().read_json(keys.LATEST_FORECAST)["published_at"]
    except NotFound:
        return None
    return (now() - datetime.fromisoformat(moment)).days
