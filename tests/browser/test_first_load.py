"""The first load: small, and ready before the same Blocks on a Gradio server."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser

from frontend.screenshots import DESKTOP
from tests.browser.visits import LIST
from tests.conftest import ROOT
from tests.stack import free_port

LARGEST = 520_000  # bytes, as they come through the wire
ROUNDS = 7
READY = f"""new Promise(found => {{
  const look = () => document.querySelector({LIST!r})
    ? found(performance.now()) : requestAnimationFrame(look);
  look();
}})"""


@dataclass(frozen=True)
class Load:
    """One first visit."""

    bytes: int
    requests: int
    ready_ms: float


def load(chromium: Browser, url: str) -> Load:
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url, wait_until="commit")
    ready = page.evaluate(READY)
    page.wait_for_load_state("networkidle")
    context.close()
    return Load(sum(sizes), len(sizes), ready)


@pytest.fixture(scope="module")
def gradio_server(site: str) -> Iterator[str]:
    """The same Blocks on a Gradio server, with the same API behind it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    environment = {**os.environ, "SODAI_API_URL": f"{site}api", "PORT": str(port)}
    command = [sys.executable, "-m", "frontend.app"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _ in range(600):
            try:
                urlopen(url, timeout=5).close()
                break
            except URLError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


def test_the_site_is_small_and_lighter_than_the_same_on_a_gradio_server(
    chromium: Browser, site: str, gradio_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    loads: dict[str, list[Load]] = {site: [], gradio_server: []}
    for url in [site, gradio_server] * (ROUNDS + 1):  # the first round warms both
        loads[url].append(load(chromium, url))
    ours, server = (
        min(some[1:], key=lambda one: one.ready_ms) for some in (loads[site], loads[gradio_server])
    )
    with capsys.disabled():
        for name, one in (("static site", ours), ("Gradio server", server)):
            print(
                f"\n{name}: {one.bytes / 1000:.0f} KB, {one.requests} requests, "
                f"list on screen in {one.ready_ms / 1000:.2f} s",
                end="",
            )
        print(f"\nratio {ours.ready_ms / server.ready_ms:.2f}")
    assert ours.bytes <= LARGEST
    assert ours.bytes < server.bytes
