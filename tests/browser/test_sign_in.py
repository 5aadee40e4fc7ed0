"""Signing in, in real Chromium: a stack that asks for it, a local issuer, a page that was left."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from frontend.screenshots import DESKTOP
from tests.browser.visits import LIST
from tests.conftest import ROOT
from tests.issuer import AUDIENCE, CLIENT_ID, Issuer, running_issuer
from tests.stack import Stack, deployed

SIGN_IN = "sodai-topbar [data-session=in]"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings with which the export finds its bundler and library, fetched as locked."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("the library that signs in comes by npm, and there is none")
    folder = tmp_path_factory.mktemp("packages")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "frontend" / name, folder)
    command = [npm, "ci", "--prefix", str(folder), "--silent"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("the library that signs in could not be fetched")
    modules = folder / "node_modules"
    return {"NODE_PATH": str(modules), "PATH": f"{modules / '.bin'}:{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as one:
        yield one


@pytest.fixture(scope="module")
def signed_stack(
    issuer: Issuer, packages: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    chosen = {
        "SignIn": "OpenIdConnect",
        "OidcIssuer": issuer.url,
        "OidcAudience": AUDIENCE,
        "OidcClientId": CLIENT_ID,
        "OidcOrigins": issuer.url,
    }
    folder: Path = tmp_path_factory.mktemp("signed")
    with deployed(folder, settings=packages, parameters=chosen) as stack:
        ended = stack.sodai("ingest", str(stack.tables), "--run")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        bearer = {"Authorization": f"Bearer {issuer.token()}"}
        started = httpx.get(f"{stack.api_url}/calls", headers=bearer, trust_env=False, timeout=120)
        assert started.status_code == 200, started.text  # no test waits for a cold start
        issuer.redirect_uri = f"{stack.url}/"
        yield stack


@pytest.fixture
def page(chromium: Browser, signed_stack: Stack) -> Iterator[Page]:
    context = chromium.new_context(viewport=DESKTOP, base_url=signed_stack.url)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_a_person_signs_in_and_sees_what_the_address_names(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/#/monitoring")
    expect(page.locator(SIGN_IN)).to_have_text("Entrar")
    expect(page.locator(".api")).to_have_text("Sin sesión")
    expect(page.locator("#tabs")).to_be_hidden()
    assert [url for url in asked if "/api/" in url] == []
    page.locator(SIGN_IN).click()
    expect(page.locator("sodai-monitoring .health .facts")).to_be_visible()
    assert page.url.endswith("/#/monitoring")
    page.goto("/#/calls")
    expect(page.locator(LIST).first).to_be_visible()


@pytest.mark.parametrize("noticed_by", ["the API", "the page"])
def test_an_expired_token_leads_back_through_signing_in(
    page: Page, issuer: Issuer, noticed_by: str
) -> None:
    page.goto("/")
    page.locator(SIGN_IN).click()
    expect(page.locator(LIST).first).to_be_visible()
    expired = {"access_token": issuer.token(aud=AUDIENCE, iat=1, exp=2)}
    page.evaluate(
        """changes => { for (const [key, text] of Object.entries(sessionStorage))
          if (key.startsWith("oidc.user:"))
            sessionStorage.setItem(key, JSON.stringify({...JSON.parse(text), ...changes})) }""",
        expired if noticed_by == "the API" else {"expires_at": 1},
    )
    page.evaluate("location.hash = '#/ask'")
    page.reload()
    expect(page.locator("sodai-topbar .notice")).to_contain_text("La sesión venció")
    page.locator(SIGN_IN).click()
    expect(page.locator("sodai-ask h1, sodai-ask h2").first).to_be_visible()
    assert page.url.endswith("/#/ask")


def test_the_console_signs_in_too_and_signing_out_closes_both(page: Page) -> None:
    page.goto("/runs")
    expect(page.locator("main")).to_be_hidden()
    page.locator(SIGN_IN).click()
    expect(page.locator("sodai-runs .runs a").first).to_be_visible()
    assert page.url.endswith("/runs")
    page.get_by_role("button", name="Salir").click()
    expect(page.locator(SIGN_IN)).to_be_visible()
    page.goto("/runs")
    expect(page.locator(SIGN_IN)).to_be_visible()


def test_an_answer_that_nobody_asked_for_is_refused_in_words(page: Page) -> None:
    page.goto("/?code=stolen&state=unknown")
    expect(page.locator("sodai-topbar .notice")).to_contain_text("No se pudo entrar")
    assert "code=" not in page.url
    expect(page.locator(SIGN_IN)).to_be_visible()
