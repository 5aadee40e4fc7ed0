"""Clean data: content-addressed parts, named by one manifest that is swung conditionally."""

import json
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

import pandas as pd

from sodai.domain.contract import CleanState
from sodai.domain.deliveries import closed_weekdays, first_sold, part_bytes, read_part, split_parts
from sodai.domain.errors import DataContractError
from sodai.store import keys
from sodai.store.artifacts import Artifacts, NotFound

READERS: Final = 16


@dataclass(frozen=True, slots=True)
class Tables:
    """The clean tables a state works on, and what is known of the whole."""

    customers: pd.DataFrame
    products: pd.DataFrame
    transactions: pd.DataFrame
    first_sold: dict[int, date]
    first_day: date
    newest_day: date


def read_manifest(artifacts: Artifacts) -> tuple[dict[str, Any] | None, str | None]:
    """Return the manifest of the clean data and its ETag; (None, None) before the first load."""
    try:
        body, etag = artifacts.read_with_etag(keys.CLEAN_MANIFEST)
    except NotFound:
        return None, None
    return json.loads(body), etag


def load_tables(
    artifacts: Artifacts,
    clean: str,
    *,
    shard: int = 0,
    shards: int = 1,
    until: date | None = None,
) -> Tables:
    """Load the clean tables, whole or for one customer shard.

    Parameters
    ----------
    artifacts : Artifacts
        The bucket.
    clean : str
        Fingerprint the caller planned with.
    shard, shards : int
        Which customers' transactions; parts cut for another number of shards are all read.
    until : date, optional
        The last day to see; later rows are left out.

    Raises
    ------
    DataContractError
        If the clean data are no longer the ones planned with.
    """
    manifest, _ = read_manifest(artifacts)
    if manifest is None or manifest["fingerprint"] != clean:
        raise DataContractError(
            f"clean data changed under the run: expected {clean}",
            "The data changed while this run was under way; start the run again.",
        )
    chosen = [
        part
        for part in manifest["parts"]
        if (manifest["shards"] != shards or part["shard"] == shard)
        and (until is None or part["week"] <= str(until))
    ]
    names = [manifest["tables"]["customers"], manifest["tables"]["products"]]
    with ThreadPoolExecutor(READERS) as pool:
        bodies = list(pool.map(artifacts.read, [*names, *(part["key"] for part in chosen)]))
    customers, products, *parts = (read_part(body) for body in bodies)
    transactions = pd.concat(parts, ignore_index=True)
    newest = date.fromisoformat(manifest["newest_day"])
    if until is not None and until < newest:
        transactions = transactions[transactions["purchase_date"] <= pd.Timestamp(until)]
        newest = until
    sold = {
        int(product): date.fromisoformat(day)
        for product, day in artifacts.read_json(manifest["first_sold"]).items()
    }
    return Tables(
        customers,
        products,
        transactions,
        {product: day for product, day in sold.items() if day <= newest},
        date.fromisoformat(manifest["first_day"]),
        newest,
    )


def load_state(artifacts: Artifacts, manifest: Mapping[str, Any] | None) -> CleanState | None:
    """Return what has been accepted so far, for the contract to judge new deliveries against."""
    if manifest is None:
        return None
    tables = load_tables(artifacts, manifest["fingerprint"])
    return CleanState(
        tables.customers, tables.products, tables.transactions, dict(manifest["accepted"])
    )


def write_state(
    artifacts: Artifacts,
    state: CleanState,
    before: Mapping[str, Any] | None,
    etag: str | None,
    *,
    shards: int,
    changed_weeks: Collection[date],
) -> dict[str, Any]:
    """Write changed parts, then swing the manifest; return it.

    Raises
    ------
    Conflict
        If another run swung the manifest first.
    """
    keep = []
    if before and before["shards"] == shards:
        changed = {str(week) for week in changed_weeks}
        keep = [part for part in before["parts"] if part["week"] not in changed]
    weeks = changed_weeks if keep else None
    parts = split_parts(state.transactions, shards, weeks)
    bodies = [part_bytes(frame) for frame in parts.values()]
    with ThreadPoolExecutor(READERS) as pool:
        hashes = list(pool.map(lambda body: _write(artifacts, body), bodies))
    written = [
        {"week": str(week), "shard": shard, "rows": len(frame), "key": key}
        for ((week, shard), frame), key in zip(parts.items(), hashes, strict=True)
    ]
    sold = {str(product): str(day) for product, day in first_sold(state.transactions).items()}
    newest, first = state.newest_day, state.first_day
    if newest is None or first is None:
        raise DataContractError("no transactions", "There are no transactions to forecast from.")
    content: dict[str, Any] = {
        "schema": 1,
        "shards": shards,
        "first_day": str(first),
        "newest_day": str(newest),
        "closed_weekdays": sorted(closed_weekdays(state.transactions, newest)),
        "tables": {
            "customers": _write(artifacts, part_bytes(state.customers)),
            "products": _write(artifacts, part_bytes(state.products)),
        },
        "first_sold": _write(artifacts, json.dumps(sold, sort_keys=True).encode(), "json"),
        "parts": sorted([*keep, *written], key=lambda part: (part["week"], part["shard"])),
    }
    content["fingerprint"] = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
    content["accepted"] = dict(state.accepted)
    artifacts.swing(keys.CLEAN_MANIFEST, content, etag)
    return content


def _write(artifacts: Artifacts, body: bytes, extension: str = "parquet") -> str:
    key = keys.clean_part(sha256(body).hexdigest(), extension)
    artifacts.write_once(key, body)
    return key
