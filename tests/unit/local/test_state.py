import json
from pathlib import Path

import pytest
from sodai_local import part
from sodai_local.errors import LocalError
from sodai_local.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_facts_are_kept_by_name(state: State):
    assert state.read("dataset") == {}
    state.write("dataset", {"path": "data/sample"})
    assert state.read("dataset") == {"path": "data/sample"}
    assert [file.name for file in state.folder.glob("*json*")] == ["dataset.json"]


@pytest.mark.parametrize("torn", ["", "{", "[]"])
def test_broken_facts_count_as_none(state: State, torn: str):
    state.make()
    (state.folder / "dataset.json").write_text(torn)
    assert state.read("dataset") == {}


def test_folder_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SODAI_STATE", str(tmp_path))
    assert State.find().folder == tmp_path
    monkeypatch.delenv("SODAI_STATE")
    assert State.find().folder.name == ".sodai"


def test_place_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(LocalError) as refused:
        State(tmp_path / "file" / "state").make()
    assert "SODAI_STATE" in refused.value.user_message


def test_second_command_waits_for_the_first_and_says_so(state: State):
    told: list[str] = []
    with state.lock(), pytest.raises(LocalError, match="stays locked"):  # noqa: SIM117
        with state.lock(told.append, wait_seconds=0.1):
            pass
    assert len(told) == 1
    with state.lock(told.append):
        assert len(told) == 1


def test_part_is_found_only_while_it_lives(state: State):
    assert part.find(state, "cloud") is None
    place = part.registration(state, "cloud", "token")
    place.write(4566, ready=True)
    found = part.find(state, "cloud")
    assert found
    assert (found.port, found.token, found.ready) == (4566, "token", True)
    assert found.url == "http://127.0.0.1:4566"
    assert place.holds()
    (state.folder / "cloud.process").unlink()
    assert not place.holds()
    assert part.find(state, "cloud") is None


@pytest.mark.parametrize("body", ["", "{", "{}", json.dumps({"pid": 1, "port": 2})])
def test_file_without_a_living_owner_is_stale(state: State, body: str):
    state.make()
    (state.folder / "cloud.process").write_text(body)
    assert part.find(state, "cloud") is None
    assert not part.stop(state, "cloud")
