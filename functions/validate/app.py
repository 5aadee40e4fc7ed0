"""Judge the deliveries by the contract; keep the good rows, quarantine the rest, fix the target."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from sodai.domain.calendar import target_window
from sodai.domain.contract import Delivery, accept, read_delivery
from sodai.domain.deliveries import part_bytes
from sodai.domain.errors import DataContractError
from sodai.step import Context, Event, Facts, Week, artifacts, logger, settings, step, window_facts
from sodai.store import keys
from sodai.store.artifacts import NotFound
from sodai.store.clean import load_state, read_manifest, write_state


@step("validate")
def handler(week: Week, event: Event, context: Context) -> Facts:
    """Accept what was delivered and name the target window."""
    store, plan = artifacts(), event["plan"]
    manifest, etag = read_manifest(store)
    contents = read_deliveries(plan["deliveries"])
    stats: Mapping[str, Any] = {}
    if contents:
        deliveries = [read(week, key, body) for key, body in contents.items()]
        got = accept(load_state(store, manifest), deliveries, plan["replace_weeks"])
        stats = got.stats
        for table, rows in got.quarantine.items():
            store.write_once(keys.quarantine(week.run, table), part_bytes(rows))
            logger.warning("rows in quarantine", table=table, rows=len(rows))
        refused = {(refusal.file, refusal.table) for refusal in got.refused}
        for (key, body), one in zip(contents.items(), deliveries, strict=True):
            if (one.name, one.table) in refused:
                put_aside(week, key, body)
        got.require_accepted()
        for body in contents.values():
            store.write_once(keys.raw(sha256(body).hexdigest()), body)
        if manifest is None or not got.is_unchanged:
            manifest = write_state(
                store,
                got.state,
                manifest,
                etag,
                shards=settings().shards,
                changed_weeks=got.changed_weeks,
            )
        for key in contents:
            store.delete(key)
    if manifest is None:
        raise DataContractError(
            "no data at all",
            "There is no data yet: deliver the customer, product and transaction tables first.",
        )
    newest = date.fromisoformat(manifest["newest_day"])
    newest = min(week.as_of or newest, newest)
    window = target_window(newest, manifest["closed_weekdays"])
    return {
        "clean": manifest["fingerprint"],
        "first_day": manifest["first_day"],
        "newest_day": str(newest),
        "window": window_facts(window),
        "outcome": outcome(event, manifest["fingerprint"], window_facts(window)),
        "stats": stats,
    }


def read(week: Week, key: str, body: bytes) -> Delivery:
    """Read one file; one that cannot be read goes into quarantine whole."""
    try:
        return read_delivery(body, keys.delivered_name(key))
    except DataContractError:
        put_aside(week, key, body)
        raise


def put_aside(week: Week, key: str, body: bytes) -> None:
    """Move a refused file out of the drop zone, so that a corrected one can go through."""
    store = artifacts()
    store.write_once(keys.refused(week.run, key.removeprefix(keys.INCOMING)), body)
    store.delete(key)


def read_deliveries(names: list[str]) -> dict[str, bytes]:
    """Read what was delivered; what an earlier attempt has put away is not there any more."""
    contents = {}
    for name in names:
        try:
            contents[name] = artifacts().read(name)
        except NotFound:
            logger.info("put away before", key=name)
    return contents


def outcome(event: Event, clean: str, window: Facts) -> str:
    """Tell whether this very forecast is published already."""
    if event["plan"]["as_of"] or event["plan"]["force_retrain"]:
        return "accepted"
    try:
        latest = artifacts().read_json(keys.LATEST_FORECAST)
    except NotFound:
        return "accepted"
    same = latest["clean_fingerprint"] == clean and latest["from"] == window["from"]
    return "already_published" if same and latest["to"] == window["to"] else "accepted"
