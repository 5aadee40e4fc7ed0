"""Feature tables in S3: one sealed folder per window, content-addressed and shared by all."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sodai.domain import features, history
from sodai.domain.calendar import Window, training_windows
from sodai.domain.errors import ArtifactDamaged
from sodai.domain.features import FeatureTable
from sodai.fingerprints import fingerprint
from sodai.store.artifacts import Artifacts, NotFound
from sodai.store.keys import Keys, table_part

TRAINING_SAMPLE: Final = 0.2  # of the candidates a customer never bought
HELD_OUT_WINDOWS: Final = 2  # challenger and champion are compared on these


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """One window's features and where they lie.

    A ``sample`` of None keeps every candidate; else the never-bought ones are thinned to it.
    """

    fingerprint: str
    window: Window
    sample: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return what travels to the functions that compute it."""
        return {
            "fingerprint": self.fingerprint,
            "cutoff": str(self.window.cutoff),
            "horizon_days": self.window.horizon_days,
            "sample": self.sample,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "FeatureSet":
        """Read what `to_dict` wrote."""
        window = Window(date.fromisoformat(told["cutoff"]), told["horizon_days"])
        return cls(told["fingerprint"], window, told["sample"])


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """The target's features and those of every past window of its shape, oldest first."""

    target: FeatureSet
    past: tuple[FeatureSet, ...]

    @property
    def training(self) -> tuple[FeatureSet, ...]:
        """The windows a challenger is fitted on before it is judged."""
        return self.past[:-HELD_OUT_WINDOWS]

    @property
    def held_out(self) -> tuple[FeatureSet, ...]:
        """The newest windows, on which challenger, champion and baselines are compared."""
        return self.past[-HELD_OUT_WINDOWS:]

    def __iter__(self) -> Iterator[FeatureSet]:
        """Go through all sets, the target last."""
        return iter((*self.past, self.target))


def plan_features(
    manifest: Mapping[str, Any], target: Window, until: date | None, shards: int
) -> FeaturePlan:
    """Name the feature sets a run needs; each depends only on the data before its cutoff."""
    first, newest = (date.fromisoformat(manifest[key]) for key in ("first_day", "newest_day"))
    windows = training_windows(first, min(newest, until or newest), target)

    def named(window: Window, sample: float | None) -> FeatureSet:
        cutoff = str(window.cutoff)
        parts = [part["key"] for part in manifest["parts"] if part["week"] < cutoff]
        inputs = (parts, manifest["tables"], cutoff, window.horizon_days, sample, shards)
        return FeatureSet(fingerprint(*inputs, features, history), window, sample)

    whole = len(windows) - HELD_OUT_WINDOWS
    past = (named(w, TRAINING_SAMPLE if i < whole else None) for i, w in enumerate(windows))
    return FeaturePlan(named(target, None), tuple(past))


def has_seen(metadata: Mapping[str, Any], target: Window) -> bool:
    """Tell whether a model was trained on windows that judge the challenger for a target."""
    first_judged = target.shift(-HELD_OUT_WINDOWS).cutoff
    return str(metadata["trained_through"]) >= str(first_judged)


def is_sealed(artifacts: Artifacts, keys: Keys, wanted: FeatureSet) -> bool:
    """Tell whether a set is complete."""
    return artifacts.exists(keys.features(wanted.fingerprint) + "manifest.json")


def seal(artifacts: Artifacts, keys: Keys, made: FeatureSet, shards: int) -> dict[str, Any]:
    """Write a set's manifest once every shard's table is there.

    Raises
    ------
    ArtifactDamaged
        If a shard's table is missing.
    """
    prefix = keys.features(made.fingerprint)
    found = {entry.key.removeprefix(prefix): entry for entry in artifacts.list(prefix)}
    missing = [table_part(i) for i in range(shards) if table_part(i) not in found]
    if missing:
        raise ArtifactDamaged(f"{prefix} lacks {missing}")
    tables = {table_part(i): found[table_part(i)].etag for i in range(shards)}
    manifest = {**made.to_dict(), "tables": tables}
    artifacts.write_json_once(prefix + "manifest.json", manifest)
    return manifest


def read_table(
    artifacts: Artifacts, keys: Keys, wanted: FeatureSet, shard: int | None = None
) -> FeatureTable:
    """Read a sealed set: one shard's table, or all of them as one.

    Raises
    ------
    ArtifactDamaged
        If the set is not complete, or a table is not the one that was sealed.
    """
    prefix = keys.features(wanted.fingerprint)
    try:
        manifest = json.loads(artifacts.read(prefix + "manifest.json"))
    except NotFound as error:
        raise ArtifactDamaged(f"the features of {wanted.window.cutoff} are missing") from error
    names: Sequence[str] = sorted(manifest["tables"]) if shard is None else [table_part(shard)]
    tables = []
    for name in names:
        body, etag = artifacts.read_with_etag(prefix + name)
        if etag != manifest["tables"][name]:
            raise ArtifactDamaged(f"{prefix}{name} is not the table that was sealed")
        tables.append(FeatureTable.from_parquet(body))
    return tables[0] if len(tables) == 1 else FeatureTable.concat(tables)
