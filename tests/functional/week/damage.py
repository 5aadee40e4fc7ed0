"""Models that are not what they should be, put into a bucket for the week to notice."""

import re
from collections.abc import Mapping
from typing import Any

from sodai.domain.features import LabelledTable
from sodai.domain.history import History, labels
from sodai.domain.training import Recipe, Vocabulary, fit
from sodai.step import window_of
from sodai.store import keys
from sodai.store.artifacts import Artifacts
from sodai.store.clean import load_tables, read_manifest
from sodai.store.feature_sets import plan_features, read_table
from sodai.store.folders import Folder, FolderWriter
from sodai.store.keys import MODEL_MEMBERS, Keys
from sodai.store.versions import pointer_to

KEYS = Keys()


def champion(store: Artifacts) -> dict[str, Any]:
    pointer: dict[str, Any] = store.read_json(KEYS.champion)
    return pointer


def damage(store: Artifacts, key: str) -> None:
    """Add a byte to an object, as a bad disk would."""
    body, etag = store.read_with_etag(key)
    store._put(key, body + b"x", "", IfMatch=etag)


def put_champion(
    store: Artifacts,
    version: str,
    members: Mapping[str, str] | None = None,
    *,
    insane: bool = False,
    **facts: Any,
) -> None:
    """Seal a copy of the champion under another name, with other members if given, and swing it."""
    replaced = {f"{name}.txt": text.encode() for name, text in (members or {}).items()}
    pointer = champion(store)
    folder = Folder.open(store, KEYS.model(pointer["version"]))
    assert folder
    copy = FolderWriter(store, KEYS.model(version))
    for name in folder.files:
        body = replaced.get(name, folder.read(name))
        copy.write(name, turned(body) if insane and name in MODEL_MEMBERS else body)
    metadata = copy.seal({**folder.facts, **facts, "version": version})
    swung = pointer_to(
        metadata, previous=pointer["version"], last_attempt=pointer["last_attempt"], by="a test"
    )
    store.update_json(KEYS.champion, lambda _: swung)


def put_champion_that_knows_the_answers(store: Artifacts, version: str) -> None:
    """Make a model the champion that has learned by heart the windows that will judge it."""
    latest = store.read_json(keys.LATEST_FORECAST)
    manifest, _ = read_manifest(store)
    clean = load_tables(store, latest["clean_fingerprint"])
    history = History.from_tables(clean.customers, clean.products, clean.transactions)
    wanted = plan_features(manifest or {}, window_of(latest), None, 1).held_out
    judged = [
        LabelledTable(read_table(store, KEYS, one), labels(history, one.window)) for one in wanted
    ]
    by_heart = Recipe(
        rounds=150, leaves=127, min_rows_per_leaf=1, feature_fraction=1, bagging_fraction=1, l2=0
    )
    folder = Folder.open(store, KEYS.model(champion(store)["version"]))
    assert folder
    vocabulary = Vocabulary.from_json(folder.read("vocabulary.json").decode())
    model = fit(judged, by_heart, vocabulary)
    put_champion(store, version, model.to_texts(), trained_through="2025-01-01")


def turned(model: bytes) -> bytes:
    """Turn every leaf of a LightGBM model around: what was likely is unlikely."""
    text = re.sub(r"^tree_sizes=.*\n", "", model.decode(), flags=re.M)  # they no longer fit
    return re.sub(r"^leaf_value=.*$", _with_other_signs, text, flags=re.M).encode()


def _with_other_signs(found: re.Match[str]) -> str:
    name, values = found[0].split("=")
    return f"{name}={' '.join(str(-float(value)) for value in values.split())}"
