"""Fingerprints: SHA-256 over inputs, the code that turned them into a result, and parameters."""

import json
import os
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import ModuleType


def fingerprint(*inputs: object) -> str:
    """Return the SHA-256 (first 32 hex digits) over inputs; modules count by their source."""
    digest = sha256()
    for value in inputs:
        body = _source(value) if isinstance(value, ModuleType) else _json(value)
        digest.update(len(body).to_bytes(8, "big") + body)
    return digest.hexdigest()[:32]


@cache
def _source(module: ModuleType) -> bytes:
    path = Path(str(module.__file__))
    files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    return b"\0".join(file.read_bytes() for file in files)


@cache
def code_fingerprint() -> str:
    """Return the fingerprint of everything that runs: the library and the functions."""
    library = Path(__file__).parent
    functions = Path(os.environ.get("LAMBDA_TASK_ROOT", "."))
    digest = sha256()
    for folder in (library, functions):
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:32]


def package_versions(*names: str) -> dict[str, str]:
    """Return the installed version of each package, by its name."""
    return {name: version(name) for name in names}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()
