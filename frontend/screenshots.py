"""Take the pictures of the documentation from a running front door.

``screenshots.py --url http://127.0.0.1:8080 --out docs/screenshots``: every tab and the console,
as they are, in real Chromium; shops, pairs and runs are those that are published.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS: Final = 30_000
DESKTOP: Final = {"width": 1280, "height": 860}
PHONE: Final = {"width": 390, "height": 844}
LOOKS: Final[dict[str, dict[str, Any]]] = {
    "desktop": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2},
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, or the browser driver's own where there is none."""
    path = CHROMIUM if CHROMIUM.exists() else None
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def read(url: str) -> Any:
    """Return the JSON that an address answers."""
    with urlopen(url, timeout=30) as answer:
        return json.load(answer)


def calls(page: Page) -> None:
    """Show the work list."""
    expect(page.locator("sodai-worklist a[data-id]").first).to_be_visible()


def shop(page: Page) -> None:
    """Show a shop with its products, and what weighed for the first."""
    expect(page.locator("sodai-worklist a[aria-current]")).to_have_count(1)
    expect(page.locator("sodai-shop .offer li").first).to_be_visible()
    page.locator("sodai-shop .weighed summary").first.click()


def predict(page: Page) -> None:
    """Press the button for the pair that the address names."""
    expect(page.locator("#product input")).to_have_value(re.compile(r"\d"))
    page.locator("#predict").click()
    expect(page.locator("#answer .gauge")).to_be_visible()
    page.mouse.move(0, 0)


def batch(page: Page) -> None:
    """Score a file of pairs, some of them broken."""
    listed = read(f"{page.url.partition('?')[0].partition('#')[0]}api/calls?limit=300")["items"]
    pairs = [f"{call['customer_id']};{call['top_product_id']}" for call in listed]
    text = "\r\n".join(["customer_id;product_id", "x;1", "999999999;5", "12", *pairs[:240]])
    file = {"name": "pares.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator(".drop input").set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator("sodai-batch tbody tr").first).to_be_visible()


def monitoring(page: Page) -> None:
    """Show how the model does."""
    expect(page.locator("sodai-monitoring .board")).to_be_visible()


def ask(page: Page) -> None:
    """Show an answer and the query behind it."""
    expect(page.locator("sodai-ask .card table")).to_be_visible()
    page.locator("sodai-ask .query summary").click()


def usage(page: Page) -> None:
    """Show the help."""
    expect(page.locator("sodai-help .samples")).to_be_visible()


def runs(page: Page) -> None:
    """Show the list of runs."""
    expect(page.locator("sodai-runs .runs a").first).to_be_visible()


def run(page: Page) -> None:
    """Show an opened run."""
    expect(page.locator("sodai-run .steps-list li").first).to_be_visible()


CUT: Final = {"calls", "batch"}  # their lists are long
Scene = tuple[str, str, Callable[[Page], None]]


def scenes(api_url: str) -> list[Scene]:
    """Return name, address and what to wait for, with ids that are published now."""
    first = read(f"{api_url}/calls")["items"][0]
    customer, product = first["customer_id"], first["top_product_id"]
    newest = read(f"{api_url}/runs")["items"][0]["run"]
    return [
        ("calls", "#/calls", calls),
        ("shop", f"#/shop/{customer}", shop),
        ("predict", f"#/predict?customer={customer}&product={product}", predict),
        ("batch", "#/batch", batch),
        ("monitoring", "#/monitoring", monitoring),
        ("ask", f"#/ask?q={quote('Top 5 productos del mes pasado')}", ask),
        ("help", "#/help", usage),
        ("runs", "runs", runs),
        ("run", f"runs#/{newest}", run),
    ]


def take(url: str, out: Path, looks: list[str], language: str = "es") -> list[Path]:
    """Write one picture of each scene in each look, and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    root = url.rstrip("/") + "/"
    taken = []
    with chromium() as browser:
        for look in looks:
            context = browser.new_context(locale=language, reduced_motion="reduce", **LOOKS[look])
            page = context.new_page()
            for name, address, show in scenes(f"{root}api"):
                path, _, hash_part = address.partition("#")
                page.goto("about:blank")
                page.goto(f"{root}{path}?lang={language}#{hash_part}")
                show(page)
                page.mouse.move(0, 0)
                page.wait_for_timeout(500)
                target = out / (f"{name}.png" if look == "desktop" else f"{name}-{look}.png")
                page.screenshot(path=target, full_page=look != "phone" and name not in CUT)
                taken.append(target)
            context.close()
    return taken


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--look", choices=list(LOOKS), action="append", help="default: all")
    parser.add_argument("--language", choices=["es", "en"], default="es")
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    for path in take(options.url, options.out, options.look or list(LOOKS), options.language):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
