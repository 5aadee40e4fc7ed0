"""Folders of artifacts, complete once their manifest stands."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Final

from sodai.domain.errors import ArtifactDamaged
from sodai.store.artifacts import Artifacts, NotFound

MANIFEST: Final = "manifest.json"
WRITERS: Final = 16


class FolderWriter:
    """Writes a folder's files, then seals it with a manifest of their hashes.

    A folder without its manifest does not exist for readers, so a crash leaves nothing half.
    """

    def __init__(self, artifacts: Artifacts, prefix: str, manifest: str = MANIFEST) -> None:
        self._artifacts = artifacts
        self.prefix = prefix
        self._manifest = manifest
        self._hashes: dict[str, str] = {}

    def write(self, name: str, body: bytes, content_type: str = "") -> None:
        """Write one file; where an attempt that broke off left one, that one is sealed."""
        if not self._artifacts.write_once(self.prefix + name, body, content_type):
            body = self._artifacts.read(self.prefix + name)
        self._hashes[name] = sha256(body).hexdigest()

    def write_all(self, files: Iterable[tuple[str, bytes]], content_type: str = "") -> None:
        """Write many small files side by side."""
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(lambda file: self.write(file[0], file[1], content_type), files))

    def seal(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Write the manifest, after which the folder exists; return the facts."""
        self._artifacts.write_json_once(
            self.prefix + self._manifest,
            {"files": dict(sorted(self._hashes.items())), "facts": facts},
        )
        return facts


class Folder:
    """A sealed folder; every read is checked against the manifest's hash."""

    def __init__(self, prefix: str, manifest: dict[str, Any], fetch: Callable[[str], bytes]):
        self.prefix = prefix
        self.facts: dict[str, Any] = manifest["facts"]
        self.files: dict[str, str] = manifest["files"]
        self._fetch = fetch

    @classmethod
    def open(cls, artifacts: Artifacts, prefix: str, manifest: str = MANIFEST) -> "Folder | None":
        """Return the sealed folder, or None if there is none.

        Raises
        ------
        ArtifactDamaged
            If its manifest is none.
        """
        try:
            return cls(prefix, json.loads(artifacts.read(prefix + manifest)), artifacts.read)
        except NotFound:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ArtifactDamaged(f"{prefix}{manifest} is not a manifest") from error

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raise `ArtifactDamaged` if they are not what was sealed."""
        try:
            body = self._fetch(self.prefix + name)
        except NotFound as error:
            raise ArtifactDamaged(f"{self.prefix}{name} is missing") from error
        if sha256(body).hexdigest() != self.files.get(name):
            raise ArtifactDamaged(f"{self.prefix}{name} does not match its manifest")
        return body

    def read_json(self, name: str) -> Any:
        """Return a file's parsed JSON."""
        return json.loads(self.read(name))
