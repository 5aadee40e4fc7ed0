"""How the tests get to a page and know that it is there."""

import re

from playwright.sync_api import Page, expect

LIST = "sodai-worklist a[data-id]"
TABS = {
    "es": [
        "Llamadas de hoy",
        "Predicción individual",
        "Por lotes",
        "Seguimiento",
        "Preguntas",
        "Ayuda",
    ],
    "en": ["Today's calls", "Single prediction", "Batch", "Monitoring", "Ask the data", "Help"],
}


def visit(page: Page, hash_route: str = "", shown: str = LIST, language: str = "") -> None:
    """Open the site at a route, from scratch."""
    page.goto("about:blank")
    page.goto(f"{f'?lang={language}' if language else ''}{hash_route}" or "/")
    expect(page.locator(shown).first).to_be_visible()


def visit_console(page: Page, run: str = "", path: str = "runs", language: str = "") -> None:
    """Open the run console, or one run."""
    page.goto("about:blank")
    page.goto(f"{path}{f'?lang={language}' if language else ''}{f'#/{run}' if run else ''}")
    shown = "sodai-run h1" if run else "sodai-runs .runs a"
    expect(page.locator(shown).first).to_be_visible()


def choose(page: Page, name: str, typed: str) -> None:
    """Pick from one of Gradio's lists by typing, as one does."""
    field = page.locator(f"#{name} input")
    field.click()
    field.press_sequentially(typed)
    expect(page.get_by_role("option").first).to_be_visible()
    field.press("Enter")
    expect(field).to_have_value(re.compile(re.escape(typed)))


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
