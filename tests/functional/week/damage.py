"""Models that are not what they should be, put into a bucket for the week to notice."""

import re
from typing import Any

from sodai.store.artifacts import Artifacts
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


def put_champion(store: Artifacts, version: str, *, insane: bool = False, **facts: Any) -> None:
    """Seal a copy of the champion under another name and make it the champion."""
    pointer = champion(store)
    folder = Folder.open(store, KEYS.model(pointer["version"]))
    assert folder
    copy = FolderWriter(store, KEYS.model(version))
    for name in folder.files:
        body = folder.read(name)
        copy.write(name, turned(body) if insane and name in MODEL_MEMBERS else body)
    metadata = copy.seal({**folder.facts, **facts, "version": version})
    swung = pointer_to(
        metadata, previous=pointer["version"], last_attempt=pointer["last_attempt"], by="a test"
    )
    store.update_json(KEYS.champion, lambda _: swung)


def turned(model: bytes) -> bytes:
    """Turn every leaf of a LightGBM model around: what was likely is unlikely."""
    text = re.sub(r"^tree_sizes=.*\n", "", model.decode(), flags=re.M)  # they no longer fit
    return re.sub(r"^leaf_value=.*$", _with_other_signs, text, flags=re.M).encode()


def _with_other_signs(found: re.Match[str]) -> str:
    name, values = found[0].split("=")
    return f"{name}={' '.join(str(-float(value)) for value in values.split())}"
