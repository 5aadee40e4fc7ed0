"""Turn the folders a template names into zip files, named by the hash of their content."""

import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sodai_local.errors import LocalError
from sodai_local.template import FUNCTION, LAYER, STATE_MACHINE, Template, resources

LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # a zip's bytes depend on its content alone
LEFT_OUT: Final = frozenset({"__pycache__", ".DS_Store"})
WORKER: Final = "sodai_worker.py"
BOOTSTRAP: Final = f"""#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT"
export AWS_LAMBDA_LOG_GROUP_NAME="/aws/lambda/$AWS_LAMBDA_FUNCTION_NAME"
exec "{{python}}" -u "$LAMBDA_TASK_ROOT/{WORKER}" "$_HANDLER"
"""

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Package:
    """What is uploaded before a template that points to it."""

    template: Template
    objects: Mapping[str, bytes]


def package(template: Template, root: Path, bucket: str) -> Package:
    """Do what ``sam package`` does, without uploading.

    Parameters
    ----------
    template : dict
        A template, localized or not.
    root : Path
        The folder its paths start from.
    bucket : str
        The bucket its packages will lie in.

    Returns
    -------
    Package
        The template with every local path replaced, and the objects by key.
    """
    objects: dict[str, bytes] = {}
    archives: dict[str, bytes] = {}  # most functions share one folder

    def put(body: bytes, ending: str) -> dict[str, str]:
        key = hashlib.sha256(body).hexdigest()[:32] + ending
        objects[key] = body
        return {"Bucket": bucket, "Key": key}

    for function in resources(template, FUNCTION).values():
        properties = function["Properties"]
        if properties.get("PackageType") != "Image":
            source = f"{properties['CodeUri']} {function.get('Metadata')}"
            if source not in archives:
                archives[source] = zipped(_code_of(function, root))
            properties["CodeUri"] = put(archives[source], ".zip")
    for layer in resources(template, LAYER).values():
        properties = layer["Properties"]
        properties["ContentUri"] = put(zipped(read_files(root / properties["ContentUri"])), ".zip")
    for machine in resources(template, STATE_MACHINE).values():
        if path := machine["Properties"].get("DefinitionUri"):
            machine["Properties"]["DefinitionUri"] = put(_read(root / path), ".json")
    return Package(template, objects)


def zipped(files: Files) -> bytes:
    """Return a zip file; the same files give the same bytes."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", compresslevel=1) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name == "bootstrap" else 0o644) << 16
            archive.writestr(entry, files[name])
    return body.getvalue()


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by their path in it, without what Python leaves behind.

    Raises
    ------
    LocalError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise LocalError(f"no folder {folder}", f"The template names {folder}, which is missing.")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not LEFT_OUT.intersection(path.parts)
    }


def fingerprint(*values: bytes | str) -> str:
    """Return a SHA-256 (first 32 hex digits) over the values and their borders."""
    digest = hashlib.sha256()
    for value in values:
        body = value.encode() if isinstance(value, str) else value
        digest.update(len(body).to_bytes(8, "big") + body)
    return digest.hexdigest()[:32]


def _code_of(function: dict[str, Any], root: Path) -> Files:
    files = read_files(root / function["Properties"]["CodeUri"])
    folders = function.get("Metadata", {}).get("LayerFolders")
    if folders is None:
        return files
    for folder in folders:
        files = {**dict(_importable(root / folder)), **files}
    return {
        **files,
        WORKER: (Path(__file__).parent / "worker.py").read_bytes(),
        "bootstrap": BOOTSTRAP.format(python=sys.executable).encode(),
    }


def _importable(layer: Path) -> Iterator[tuple[str, bytes]]:
    for name, body in read_files(layer).items():
        if name.startswith("python/"):
            yield name.removeprefix("python/"), body


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalError(str(error), f"The template names {path}, which is missing.") from error
