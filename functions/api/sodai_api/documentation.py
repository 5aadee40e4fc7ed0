"""The documentation page: Swagger UI from our own origin, no inline script, no foreign host.

Links are relative to ``docs``, so the page works under any prefix.
"""

from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

router = APIRouter(include_in_schema=False)

FOREVER: Final = "public, max-age=31536000, immutable"
KINDS: Final = {".js": "text/javascript", ".css": "text/css"}
OWN: Final = Path(__file__).parent / "docs"
FROM_PACKAGE: Final = ("swagger-ui-bundle.js", "swagger-ui.css")
FROM_HERE: Final = ("start.js", "page.css")


@router.get("/docs")
def page() -> Response:
    """Return the page; its scripts and styles carry their hash in their address."""
    text = (OWN / "page.html").read_text().replace("{stamp}", stamp())
    return Response(text, media_type="text/html")


@router.get("/docs/{version}/{name}")
def asset(version: str, name: str) -> Response:
    """Return a script or style; the address changes with the content, so caches keep it."""
    if name not in FROM_PACKAGE + FROM_HERE or version != stamp():
        raise HTTPException(404)
    kind = KINDS[Path(name).suffix]
    return Response(_content(name), media_type=kind, headers={"cache-control": FOREVER})


@cache
def stamp() -> str:
    """Return a hash of everything the page loads."""
    digest = blake2b(digest_size=6)
    for name in FROM_PACKAGE + FROM_HERE:
        digest.update(_content(name))
    return digest.hexdigest()


@cache
def _content(name: str) -> bytes:
    folder = OWN if name in FROM_HERE else _package()
    return (folder / name).read_bytes()


def _package() -> Path:
    # Only its files are wanted: importing the package would build a second application's routes.
    found = find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("fastapi-offline is not installed: it brings Swagger UI")
    return Path(found.origin).parent / "static"
