"""Export the site and make its bucket hold just that, the page itself last."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sodai_local.cloud import Cloud
from sodai_local.errors import LocalError
from sodai_local.packaging import fingerprint
from sodai_local.state import ROOT, State

EXPORTER: Final = ROOT / "frontend" / "export_static.py"
NOT_SOURCES: Final = frozenset({"__pycache__", "node_modules", "tests"})
FOREVER: Final = "public,max-age=31536000,immutable"
CHECK_FIRST: Final = "no-cache"
MOST_DELETED: Final = 1_000  # by one request to S3
HASHED: Final = re.compile(r"^(assets|static)/|(^|/)[^/]+-[0-9a-f]{8,}[./]")
KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
SIGN_IN: Final = {
    "issuer": "OidcIssuer",
    "audience": "OidcAudience",
    "clientId": "OidcClientId",
    "scope": "OidcScope",
}

Report = Callable[[str], None]


@dataclass(frozen=True)
class SiteFile:
    """One file of the exported site."""

    key: str
    path: Path

    @property
    def content_type(self) -> str:
        """What the file is."""
        return KINDS.get(self.path.suffix, "application/octet-stream")

    @property
    def cache_control(self) -> str:
        """How long a browser may keep it: for ever where the name carries a hash."""
        return FOREVER if HASHED.search(self.key) else CHECK_FIRST

    @property
    def turn(self) -> int:
        """When it is uploaded: a page never names what is not there yet."""
        if self.path.suffix in {".html", ".json"}:
            return 3 if self.key in {"config.json", "index.html"} else 2
        return 0 if self.cache_control == FOREVER else 1


def publish_site(cloud: Cloud, state: State, report: Report = lambda _: None) -> int:
    """Export the site if its sources changed and upload what changed.

    Returns
    -------
    int
        How many files were uploaded.
    """
    if not EXPORTER.is_file() or "SiteBucket" not in cloud.outputs:
        return 0
    export(state, report, sign_in="OidcClientId" in cloud.outputs)
    configure(state.site, cloud.outputs)
    return upload(cloud.client("s3"), cloud.outputs["SiteBucket"], state.site)


def configure(folder: Path, outputs: Mapping[str, str]) -> None:
    """Tell the exported site what this stack is set to."""
    path = folder / "config.json"
    told: dict[str, Any] = {
        "unitMargin": float(outputs["UnitMargin"]),
        "currency": outputs["Currency"],
    }
    if "OidcClientId" in outputs:
        if not outputs.get("OidcOrigins"):
            raise LocalError(
                "OidcClientId without OidcOrigins",
                "The site cannot sign in: its policy allows no provider. Name the origins of the "
                "provider's discovery document and tokens: sodai deploy -p OidcOrigins=https://...",
            )
        told["signIn"] = {name: outputs[output] for name, output in SIGN_IN.items()}
    exported = {"apiBaseUrl": json.loads(path.read_text())["apiBaseUrl"]}
    path.write_text(json.dumps(exported | told))


def export(state: State, report: Report, *, sign_in: bool = False) -> None:
    """Export the site into the state folder, unless its sources are those of last time."""
    sources = f"{_sources()}{'+sign-in' * sign_in}"
    if state.read("site").get("sources") == sources and (state.site / "index.html").is_file():
        return
    report("Exporting the site ...")
    command = [sys.executable, str(EXPORTER), "--out", str(state.site), *["--sign-in"] * sign_in]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        told = (ended.stderr or ended.stdout).strip()
        (state.logs / "site.log").write_text(told)
        raise LocalError(
            f"{command} ended with {ended.returncode}: {told}",
            f"The site could not be exported: {told.splitlines()[-1] if told else 'no message'}. "
            f"The whole message: {state.logs / 'site.log'}",
        )
    state.write("site", {"sources": sources})


def upload(s3: Any, bucket: str, folder: Path) -> int:
    """Upload the files whose content is not in the bucket, then remove what the site left behind.

    A page that is open keeps what it has loaded; one that is loaded now names only what stays.

    Returns
    -------
    int
        How many files were uploaded.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    present = {
        item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])
    }
    files = site_files(folder)
    changed = [file for file in files if present.get(file.key) != _etag(file.path)]

    def put(file: SiteFile) -> None:
        s3.put_object(
            Bucket=bucket,
            Key=file.key,
            Body=file.path.read_bytes(),
            ContentType=file.content_type,
            CacheControl=file.cache_control,
        )

    with ThreadPoolExecutor(8) as threads:
        for turn in range(4):
            list(threads.map(put, (file for file in changed if file.turn == turn)))
    left_behind = sorted(present.keys() - {file.key for file in files})
    for start in range(0, len(left_behind), MOST_DELETED):
        keys = [{"Key": key} for key in left_behind[start : start + MOST_DELETED]]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    return len(changed)


def site_files(folder: Path) -> list[SiteFile]:
    """Return the files of an exported site."""
    return [
        SiteFile(path.relative_to(folder).as_posix(), path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def _sources() -> str:
    folder = EXPORTER.parent
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not NOT_SOURCES.intersection(path.relative_to(folder).parts)
    ]
    return fingerprint(*(part for path in files for part in (str(path), path.read_bytes())))


def _etag(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
