"""Build the feature tables of the target and of every past window of its shape, each once."""

from collections.abc import Sequence

from sodai.domain.features import (
    MergedStatistics,
    PartialStatistics,
    feature_table,
    merge_statistics,
    partial_statistics,
)
from sodai.domain.history import History
from sodai.fingerprints import fingerprint
from sodai.step import Context, Event, Facts, Week, artifacts, logger, settings, step
from sodai.store.clean import load_tables, read_manifest
from sodai.store.feature_sets import FeaturePlan, FeatureSet, is_sealed, plan_features, seal
from sodai.store.keys import MERGED_STATISTICS, statistics_part, table_part

SETS_PER_ITEM = 12  # windows one call of a Map works on: bounds its time


def handler(event: Event, context: Context) -> Facts:
    """Do the part of the work that the event names."""
    facts: Facts = PARTS[event["part"]](event, context)
    return facts


@step("features", closes=False)
def plan(week: Week, event: Event, context: Context) -> Facts:
    """List the sets that are not there yet, cut into items for the Maps."""
    manifest, _ = read_manifest(artifacts())
    wanted = plan_features(manifest or {}, week.target, week.as_of, settings().shards)
    missing = [one.to_dict() for one in wanted if not is_sealed(artifacts(), week.keys, one)]
    chunks = [missing[i : i + SETS_PER_ITEM] for i in range(0, len(missing), SETS_PER_ITEM)]
    items = [
        {"shard": shard, "sets": chunk} for shard in range(settings().shards) for chunk in chunks
    ]
    shards = [{"shard": shard} for shard in range(settings().shards)]
    keys = {"items": week.keys.items("features", fingerprint(items))}
    keys["shards"] = week.keys.items("shards", fingerprint(shards))
    artifacts().write_json_once(keys["items"], items)
    artifacts().write_json_once(keys["shards"], shards)
    logger.info("planned", missing=len(missing))
    return keys


@step("features", opens=False, closes=False)
def statistics(week: Week, event: Event, context: Context) -> Facts:
    """Count, for one customer shard, what adds up over shards."""
    store, shard = artifacts(), event["item"]["shard"]
    history = load_history(week, shard)
    for one in sets_of(event):
        key = week.keys.features(one.fingerprint) + statistics_part(shard)
        if not store.exists(key):
            store.write_once(key, partial_statistics(history, one.window).to_bytes())
    return {}


@step("features", opens=False, closes=False)
def merge(week: Week, event: Event, context: Context) -> Facts:
    """Add the shards' counts up."""
    store = artifacts()
    for one in missing_sets(event):
        folder = week.keys.features(one.fingerprint)
        if not store.exists(folder + MERGED_STATISTICS):
            parts = [
                PartialStatistics.from_bytes(store.read(folder + statistics_part(shard)))
                for shard in range(settings().shards)
            ]
            store.write_once(folder + MERGED_STATISTICS, merge_statistics(parts).to_bytes())
    return {}


@step("features", opens=False, closes=False)
def tables(week: Week, event: Event, context: Context) -> Facts:
    """Write one customer shard's feature tables."""
    store, shard = artifacts(), event["item"]["shard"]
    history = load_history(week, shard)
    for one in sets_of(event):
        folder = week.keys.features(one.fingerprint)
        if not store.exists(folder + table_part(shard)):
            merged = MergedStatistics.from_bytes(store.read(folder + MERGED_STATISTICS))
            table = feature_table(history, merged, one.window, one.sample)
            store.write_once(folder + table_part(shard), table.to_parquet())
    return {}


@step("features", opens=False)
def finish(week: Week, event: Event, context: Context) -> Facts:
    """Seal the sets, after which they exist."""
    for one in missing_sets(event):
        seal(artifacts(), week.keys, one, settings().shards)
    manifest, _ = read_manifest(artifacts())
    wanted = plan_features(manifest or {}, week.target, week.as_of, settings().shards)
    return {"shards": event["features"]["shards"], **describe(wanted)}


def describe(wanted: FeaturePlan) -> Facts:
    """Return what the following states and people need to know of the sets."""
    return {
        "target": wanted.target.fingerprint,
        "windows": len(wanted.past),
        "first_window": str(wanted.past[0].window.cutoff) if wanted.past else None,
    }


def load_history(week: Week, shard: int) -> History:
    """Load one customer shard's purchases."""
    shards = settings().shards
    clean = load_tables(artifacts(), str(week.clean), shard=shard, shards=shards, until=week.as_of)
    return History.from_tables(
        clean.customers,
        clean.products,
        clean.transactions,
        first_sold=clean.first_sold,
        shard=shard,
        shards=shards,
    )


def sets_of(event: Event) -> Sequence[FeatureSet]:
    """Return the sets of a Map's item."""
    return [FeatureSet.from_dict(one) for one in event["item"]["sets"]]


def missing_sets(event: Event) -> Sequence[FeatureSet]:
    """Return every set that this run computes."""
    items = artifacts().read_json(event["features"]["items"])
    return [FeatureSet.from_dict(s) for item in items if item["shard"] == 0 for s in item["sets"]]


PARTS = {
    "plan": plan,
    "statistics": statistics,
    "merge": merge,
    "tables": tables,
    "finish": finish,
}
