"""Real Chromium against a front door, watched: no console error and no foreign host.

The front door is that of the deployed stack with two weeks that were really produced, so that
the first forecast has come true, or the one that SODAI_SITE_URL names.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from data.generate import following
from frontend.screenshots import DESKTOP, FLAGS
from tests.conftest import ROOT
from tests.stack import RECIPE, Stack

CHROMIUM = Path("/usr/bin/chromium")
AXE = "axe-core@4.14.1"
PATIENCE_MS = 15_000  # on a busy machine
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def two_weeks(published_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The stack after the week that follows: what was forecast first can be judged."""
    target = date.fromisoformat(published_stack.json("status")["target_week"])
    newest = target - timedelta(days=1)
    week = tmp_path_factory.mktemp("week") / "next.parquet"
    following(RECIPE, newest, newest + timedelta(weeks=1)).to_parquet(week, index=False)
    ended = published_stack.sodai("ingest", str(week), "--run")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return published_stack


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> str:
    """Base address of the front door, ending with a slash."""
    url = os.environ.get("SODAI_SITE_URL")
    return (url or request.getfixturevalue("two_weeks").url).rstrip("/") + "/"


@pytest.fixture(scope="session")
def api(site: str) -> Callable[..., Any]:
    """Ask the API: what the pages must show."""

    def ask(path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{site}api{path}", data, {"content-type": "application/json"})
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)

    return ask


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """What a page complained of and asked for."""

    def __init__(self, page: Page, site: str) -> None:
        self.complaints: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self._site = site
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append((request.method, request.url)))

    def _console(self, message: Any) -> None:
        # The browser itself notes every failed answer; the tests of trouble make them fail.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    @property
    def strangers(self) -> list[str]:
        """Addresses asked for that are not ours, or that only a Gradio server answers."""
        own = (self._site, "data:", "blob:")
        return [url for _, url in self.asked if not url.startswith(own) or "gradio_api" in url]

    def posts(self, path: str) -> int:
        """How often something was posted to a path of the API."""
        return sum(m == "POST" and url == f"{self._site}api{path}" for m, url in self.asked)


@pytest.fixture
def context_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Options of the browser's context; tests give theirs by indirect parameters."""
    return getattr(request, "param", {})


@pytest.fixture
def page(chromium: Browser, site: str, context_options: dict[str, Any]) -> Iterator[Page]:
    options = {"viewport": DESKTOP, "locale": "en-US", "base_url": site, **context_options}
    context = chromium.new_context(**options)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    watched = page.watched = Watched(page, site)  # type: ignore[attr-defined]
    yield page
    context.close()
    assert watched.strangers == []
    assert watched.complaints == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, from the package registry where it is not installed."""
    installed = ROOT / "frontend" / "node_modules"
    source = installed / "axe-core" / "axe.min.js"
    if not source.is_file():
        folder = tmp_path_factory.mktemp("axe")
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("axe-core is not installed, and there is no npm to fetch it")
        command = [npm, "install", "--prefix", str(folder), "--silent", AXE]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("axe-core could not be fetched")
        source = folder / "node_modules" / "axe-core" / "axe.min.js"
    return source.read_text()
