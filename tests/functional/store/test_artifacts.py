"""The store on a bucket: written once, swung conditionally, sealed by hashes."""

import pytest
from sodai.domain.errors import ArtifactDamaged
from sodai.store.artifacts import Artifacts, Conflict, NotFound
from sodai.store.folders import Folder, FolderWriter


def test_what_is_written_once_is_never_rewritten(store: Artifacts) -> None:
    store.write_once("raw/a", b"first")
    store.write_once("raw/a", b"second")
    assert store.read("raw/a") == b"first"


def test_missing_object_is_named(store: Artifacts) -> None:
    with pytest.raises(NotFound, match="runs/none"):
        store.read("runs/none")
    assert not store.exists("runs/none")


def test_pointer_swings_only_from_the_state_that_was_seen(store: Artifacts) -> None:
    etag = store.swing("models/champion.json", {"version": "v1"}, None)
    store.swing("models/champion.json", {"version": "v2"}, etag)
    with pytest.raises(Conflict):
        store.swing("models/champion.json", {"version": "v3"}, etag)
    with pytest.raises(Conflict):
        store.swing("models/champion.json", {"version": "v3"}, None)
    assert store.read_json("models/champion.json") == {"version": "v2"}


def test_pointer_is_reread_only_when_it_changed(store: Artifacts) -> None:
    store.swing("predictions/latest.json", {"run": "a"}, None)
    first = store.read_if_changed("predictions/latest.json", None)
    assert first is not None
    assert store.read_if_changed("predictions/latest.json", first[1]) is None


@pytest.mark.parametrize("first", [None, ["old"]], ids=["none yet", "one there"])
def test_update_that_loses_a_race_is_made_again_on_what_won(
    store: Artifacts, first: list[str] | None
) -> None:
    if first:
        store.swing("runs/r.json", first, None)
    rivals = iter(["rival", "another rival"])

    def add(before: list[str] | None) -> list[str]:
        if rival := next(rivals, None):
            store.update_json("runs/r.json", lambda now: [*(now or []), rival])
        return [*(before or []), "mine"]

    store.update_json("runs/r.json", add)
    expected = [*(first or []), "rival", "another rival", "mine"]
    assert store.read_json("runs/r.json") == expected


def test_update_without_a_change_writes_nothing(store: Artifacts) -> None:
    etag = store.swing("runs/r.json", {"a": 1}, None)
    store.update_json("runs/r.json", lambda before: before)
    assert store.read_with_etag("runs/r.json")[1] == etag


def test_folder_without_its_manifest_does_not_exist(store: Artifacts) -> None:
    writer = FolderWriter(store, "models/v1/")
    writer.write("model.txt", b"tree")
    assert Folder.open(store, "models/v1/") is None
    writer.seal({"version": "v1"})
    sealed = Folder.open(store, "models/v1/")
    assert sealed is not None
    assert (sealed.read("model.txt"), sealed.facts) == (b"tree", {"version": "v1"})


def test_altered_file_is_refused(store: Artifacts) -> None:
    writer = FolderWriter(store, "models/v1/")
    writer.write("model.txt", b"tree")
    writer.seal({})
    store.delete("models/v1/model.txt")
    sealed = Folder.open(store, "models/v1/")
    assert sealed is not None
    with pytest.raises(ArtifactDamaged, match="missing"):
        sealed.read("model.txt")
    store.write_once("models/v1/model.txt", b"other tree")
    with pytest.raises(ArtifactDamaged, match="does not match"):
        sealed.read("model.txt")


def test_folder_that_a_broken_off_attempt_left_unsealed_is_sealed_as_it_lies(
    store: Artifacts,
) -> None:
    FolderWriter(store, "models/v1/").write("metadata.json", b"made at noon")
    again = FolderWriter(store, "models/v1/")
    again.write("metadata.json", b"made a minute later")
    again.seal({})
    folder = Folder.open(store, "models/v1/")
    assert folder
    assert folder.read("metadata.json") == b"made at noon"
