"""Versions of the model: which there are, which are intact, and which one forecasts."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sodai.domain.calendar import Window
from sodai.domain.errors import ArtifactDamaged, ModelMissing, RollbackRefused
from sodai.store.artifacts import Artifacts, Conflict, NotFound
from sodai.store.folders import MANIFEST, Folder
from sodai.store.keys import CHALLENGER, MODEL_MEMBERS, Keys

Metadata = dict[str, Any]
Pointer = dict[str, Any]
LINEAGE: Final = (
    "version", "kind", "run", "created_at", "trained_through", "window", "replaced", "study",
    "clean", "code",
)  # fmt: skip


def read_champion(artifacts: Artifacts, keys: Keys) -> Pointer | None:
    """Return the pointer to the champion, or None before the first."""
    try:
        pointer: Pointer = artifacts.read_json(keys.champion)
    except NotFound:
        return None
    return pointer


def check_version(artifacts: Artifacts, keys: Keys, version: str) -> Metadata:
    """Read every file of a version; return its metadata.

    Raises
    ------
    ModelMissing
        If there is no such version.
    ArtifactDamaged
        If a file is missing, or is not the one that was sealed.
    """
    folder = Folder.open(artifacts, keys.model(version))
    if folder is None:
        raise ModelMissing(f"no sealed model {version}")
    if folder.facts["kind"] == "lightgbm" and not set(MODEL_MEMBERS) <= set(folder.files):
        raise ArtifactDamaged(f"{folder.prefix} was made by another release")
    for name in folder.files:
        folder.read(name)
    return folder.facts


def open_version(artifacts: Artifacts, keys: Keys, version: str, part: str = "") -> Folder | None:
    """Return a version's folder, or None if there is none or its manifest is damaged."""
    try:
        return Folder.open(artifacts, keys.model(version) + part)
    except ArtifactDamaged:
        return None


def list_versions(artifacts: Artifacts, keys: Keys) -> list[Metadata]:
    """Return the metadata of every version, newest first.

    ``status`` is ``champion``, ``former``, or ``refused`` for a challenger that did not win;
    ``intact`` tells whether its files are the ones that were sealed.
    """
    champion = (read_champion(artifacts, keys) or {}).get("version")
    found = [_described(artifacts, keys, name, champion) for name in _names(artifacts, keys)]
    return sorted(found, key=_moment, reverse=True)


def newest_intact(
    artifacts: Artifacts, keys: Keys, target: Window
) -> tuple[Metadata | None, list[dict[str, str]]]:
    """Return the champion, or the newest intact version before it, and what was refused.

    Parameters
    ----------
    artifacts : Artifacts
        The bucket.
    keys : Keys
        Keys of the run.
    target : Window
        Only versions made for its weekdays stand in for the champion.

    Returns
    -------
    metadata : dict or None
        Of the version to forecast with; None without a champion or if nothing is intact.
    refused : list of dict
        ``version`` and ``reason`` of every one that was asked before and is not intact.
    """
    refused: list[dict[str, str]] = []
    pointer = read_champion(artifacts, keys)
    if pointer is None:
        return None, refused
    for version in [pointer["version"], *_stand_ins(artifacts, keys, pointer, target)]:
        try:
            return check_version(artifacts, keys, version), refused
        except (ArtifactDamaged, ModelMissing) as error:
            refused.append({"version": version, "reason": str(error)})
    return None, refused


def roll_back(artifacts: Artifacts, keys: Keys, version: str, now: datetime) -> Pointer:
    """Make an earlier version the champion again, by one conditional write.

    Raises
    ------
    RollbackRefused
        If the version is unknown, damaged, or the champion already, or if a run promoted
        another one at the same moment.
    """
    try:
        body, etag = artifacts.read_with_etag(keys.champion)
    except NotFound:
        raise RollbackRefused("there is no champion", "There is no champion yet.") from None
    before = json.loads(body)
    if before["version"] == version:
        raise RollbackRefused(f"{version} is champion", f"{version} is the champion already.")
    try:
        metadata = check_version(artifacts, keys, version)
    except ModelMissing as error:
        known = [one["version"] for one in list_versions(artifacts, keys) if one["intact"]]
        words = f"There is no model {version!r}. There are: {', '.join(known)}."
        raise RollbackRefused(str(error), words) from error
    except ArtifactDamaged as error:
        words = f"The model {version} is damaged ({error}); the champion stays {before['version']}."
        raise RollbackRefused(str(error), words) from error
    pointer = {
        **pointer_to(metadata, previous=before["version"], last_attempt=before["last_attempt"]),
        "rolled_back_at": now.isoformat(),
    }
    try:
        artifacts.swing(keys.champion, pointer, etag)
    except Conflict as error:
        words = "Another model was promoted at this moment; look at: sodai models"
        raise RollbackRefused(f"{keys.champion} changed", words) from error
    return pointer


def pointer_to(
    metadata: Mapping[str, Any], *, previous: str | None, last_attempt: str, by: str | None = None
) -> Pointer:
    """Return a pointer that names a version the champion.

    Parameters
    ----------
    metadata : mapping
        Of the version.
    previous : str or None
        The champion before.
    last_attempt : str
        Target week of the last run that trained.
    by : str, optional
        The run that promotes it; nobody's when it is rolled back to.
    """
    return {
        **{key: metadata[key] for key in ("version", "kind", "window", "trained_through")},
        "promoted_by": by,
        "previous": previous,
        "last_attempt": last_attempt,
    }


def _names(artifacts: Artifacts, keys: Keys) -> list[str]:
    prefix = keys.root + keys.models
    tails = (entry.key.removeprefix(prefix) for entry in artifacts.list(prefix))
    sealed = (tail.removesuffix(MANIFEST) for tail in tails if tail.endswith("/" + MANIFEST))
    return sorted({name.removesuffix(CHALLENGER).rstrip("/") for name in sealed})


def _described(artifacts: Artifacts, keys: Keys, version: str, champion: str | None) -> Metadata:
    status = "former" if artifacts.exists(keys.model(version) + MANIFEST) else "refused"
    folder = open_version(artifacts, keys, version, "" if status == "former" else CHALLENGER)
    facts = folder.facts if folder else {}
    mean = facts.get("evaluation", {}).get("mean", {})
    return {
        **{key: facts.get(key) for key in LINEAGE},
        "version": version,
        "status": "champion" if version == champion else status,
        "intact": status == "refused" or _is_intact(artifacts, keys, version),
        "evaluation": mean.get("challenger") or mean.get(facts.get("baseline")),
    }


def _is_intact(artifacts: Artifacts, keys: Keys, version: str) -> bool:
    try:
        check_version(artifacts, keys, version)
    except (ArtifactDamaged, ModelMissing):
        return False
    return True


def _stand_ins(artifacts: Artifacts, keys: Keys, champion: Pointer, target: Window) -> list[str]:
    """Name the versions made before the champion for the target's weekdays, newest first.

    A later one was rolled back from: it does not come back by itself.
    """
    found = []
    for version in _names(artifacts, keys):
        folder = open_version(artifacts, keys, version)
        if folder is None or version == champion["version"]:
            continue
        window, seen = folder.facts["window"], folder.facts["trained_through"] or ""
        shape = (date.fromisoformat(window["from"]).weekday(), window["horizon_days"])
        if shape != (target.cutoff.weekday(), target.horizon_days):
            continue
        if seen <= (champion["trained_through"] or ""):
            found.append(folder.facts)
    return [facts["version"] for facts in sorted(found, key=_moment, reverse=True)]


def _moment(metadata: Metadata) -> tuple[str, str]:
    return metadata["trained_through"] or "", metadata["created_at"] or ""
