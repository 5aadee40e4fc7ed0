"""Put files into the drop zone, as they are; the contract judges them there."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sodai.store import keys
from sodai.store.artifacts import NotFound

from sodai_local.adapting import adapt_delivery
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


def deliver(
    cloud: Cloud, paths: Sequence[Path], columns: str | None = None, *, again: bool = False
) -> list[Delivered]:
    """Upload every file that was not accepted before.

    Parameters
    ----------
    cloud : Cloud
        Where to.
    paths : sequence of Path
        Files, and folders of files.
    columns : str, optional
        A mapping, if the files are another retailer's: our three tables are delivered then.
    again : bool
        Upload accepted files, too: what they hold takes the place of later corrections.

    Raises
    ------
    LocalError
        If a path does not exist, or holds no tables, or another data set lives here.
    """
    files = find_files(paths)
    remember_data_set(paths, columns)
    store = cloud.artifacts()
    try:
        accepted = set(store.read_json(keys.CLEAN_MANIFEST)["accepted"])
    except NotFound:
        accepted = set()
    delivered = []
    for name, body in read_files(files, columns):
        digest = sha256(body).hexdigest()
        known = digest in accepted and not again
        if not known:
            store.write_once(keys.incoming(name, digest), body)
        delivered.append(Delivered(name, digest, len(body), known))
    return delivered


def read_files(files: Sequence[Path], columns: str | None) -> Iterator[tuple[str, bytes]]:
    """Return name and content of what is delivered: the files as they are, or adapted."""
    if columns is not None:
        return adapt_delivery(files, columns)
    return ((file.name, file.read_bytes()) for file in files)


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


def remember_data_set(paths: Sequence[Path], columns: str | None = None) -> None:
    """Keep which folder this cloud works on, and its mapping; two distributors never share one."""
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
    state.write("dataset", {"path": folder, "columns": columns})
