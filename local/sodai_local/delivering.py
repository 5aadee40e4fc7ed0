"""Put files into the drop zone, as they are; the contract judges them there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sodai.store import keys
from sodai.store.artifacts import NotFound

from sodai_local.cloud import Cloud
from sodai_local.errors import LocalError
from sodai_local.state import State

ENDINGS: Final = (".parquet", ".csv")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file of a delivery; a ``known`` one was accepted before, byte for byte."""

    name: str
    sha256: str
    size: int
    known: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON."""
        return asdict(self)


def deliver(cloud: Cloud, paths: Sequence[Path]) -> list[Delivered]:
    """Upload every file that was not accepted before.

    Raises
    ------
    LocalError
        If a path does not exist, or holds no tables, or another data set lives here.
    """
    files = find_files(paths)
    remember_data_set(paths)
    store = cloud.artifacts()
    try:
        accepted = set(store.read_json(keys.CLEAN_MANIFEST)["accepted"])
    except NotFound:
        accepted = set()
    delivered = []
    for file in files:
        body = file.read_bytes()
        digest = sha256(body).hexdigest()
        known = digest in accepted
        if not known:
            store.write_once(keys.incoming(file.name, digest), body)
        delivered.append(Delivered(file.name, digest, len(body), known))
    return delivered


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files named, and those of the folders named."""
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise LocalError(
                f"no such path: {path}",
                f"There is no file or folder {path}. Give the folder with the three tables, "
                "for instance: make run DATA=path/to/tables",
            )
        found = [path]
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.suffix in ENDINGS)
            if not found:
                raise LocalError(
                    f"no tables in {path}",
                    f"The folder {path} holds no .parquet or .csv file.",
                )
        files.extend(found)
    return files


def remember_data_set(paths: Sequence[Path]) -> None:
    """Keep which folder this cloud works on; two distributors never share one."""
    folders = [path.resolve() for path in paths if path.is_dir()]
    if not folders:
        return
    state, folder = State.find(), str(folders[0])
    before = state.read("dataset").get("path")
    if before and before != folder:
        raise LocalError(
            f"{state.folder} works on {before}, not on {folder}",
            f"This cloud already works on the data of {before}. To keep the two apart, give the "
            "other one its own state and port, for instance: "
            f"SODAI_STATE=.sodai-other PORT=8081 make run DATA={folder}",
        )
    state.write("dataset", {"path": folder})
