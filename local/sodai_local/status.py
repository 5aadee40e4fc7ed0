"""What `sodai status` tells: whether it runs, where, and what is published."""

from typing import Any

from sodai_local.cloud import Cloud, connect
from sodai_local.errors import NotRunning
from sodai_local.state import State, stack_name

UNKNOWN: dict[str, Any] = {
    "running": False,
    "url": None,
    "api_url": None,
    "stack": None,
    "target_week": None,
    "model_version": None,
    "published_at": None,
    "last_run": None,
}


def status(state: State | None = None) -> dict[str, Any]:
    """Return the keys of ``sodai status --json``; what is unknown is None."""
    try:
        cloud = connect(require_stack=False, state=state or State.find())
    except NotRunning:
        return {**UNKNOWN, "stack": stack_name()}
    told = {
        **UNKNOWN,
        "running": True,
        "url": cloud.site_url,
        "api_url": cloud.api_url,
        "stack": cloud.stack,
    }
    return {**told, **_published(cloud)} if cloud.outputs else told


def _published(cloud: Cloud) -> dict[str, Any]:
    from sodai.store import keys
    from sodai.store.artifacts import NotFound

    store = cloud.artifacts()

    def read(key: str) -> dict[str, Any]:
        try:
            value: dict[str, Any] = store.read_json(key)
        except NotFound:
            return {}
        return value

    latest, claim = read(keys.LATEST_FORECAST), read(keys.CLAIM)
    return {
        "target_week": latest.get("week"),
        "model_version": latest.get("model_version"),
        "published_at": latest.get("published_at"),
        "last_run": claim.get("run"),
    }
