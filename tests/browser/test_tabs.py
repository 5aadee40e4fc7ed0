"""The other tabs, the languages, the looks, the addresses."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visits import LIST, TABS, choose, overflow, visit, visit_console

PHONE = {"viewport": {"width": 390, "height": 844}}
SHOWN = [
    LIST,
    "#predict",
    "sodai-batch .drop",
    "sodai-monitoring .board",
    "#question",
    "sodai-help .steps",
]

MISSING = r"document.body.innerText.match(/\b[a-z]+_[a-z_]+\b|\{\w+\}|undefined|NaN/g)"
COLUMNS = {"customer_id", "product_id"}  # a file of pairs has them


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_tab_speaks_the_language(page, language):
    visit(page, language=language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    for name, shown in zip(TABS[language], SHOWN, strict=True):
        page.get_by_role("tab", name=name).click()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.locator(shown).first).to_be_visible()


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("tab", ["calls", "predict", "batch", "monitoring", "ask", "help"])
def test_no_text_is_missing(page, language, tab):
    visit(page, f"#/{tab}", "sodai-topbar", language=language)
    page.wait_for_load_state("networkidle")
    found = page.evaluate(MISSING)
    assert set(found or []) <= COLUMNS


def test_language_is_remembered(page):
    visit(page)
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("tab", name="Today's calls")).to_be_visible()
    visit(page)
    expect(page.get_by_role("tab", name="Today's calls")).to_be_visible()
    visit_console(page)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()


def test_dark_mode_is_switched_at_once_and_remembered(page):
    visit(page)
    page.get_by_role("button", name="Modo oscuro").click()
    expect(page.locator("body.dark")).to_be_visible()
    visit(page)
    expect(page.locator("body.dark")).to_be_visible()
    page.get_by_role("button", name="Modo claro").click()
    expect(page.locator("body.dark")).to_have_count(0)


def test_a_deep_link_opens_its_tab_and_back_returns(page):
    visit(page, "#/help", "sodai-help .steps")
    expect(page.get_by_role("tab", name="Ayuda")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Seguimiento").click()
    page.wait_for_url("**#/monitoring")
    page.go_back()
    expect(page.get_by_role("tab", name="Ayuda")).to_have_attribute("aria-selected", "true")


def test_a_prediction_shows_what_the_api_answers(page, api):
    first = api("/calls")["items"][0]
    pair = {"customer_id": first["customer_id"], "product_id": first["top_product_id"]}
    answer = api("/predict", pair)
    visit(page, "#/predict", "#predict")
    choose(page, "customer", str(pair["customer_id"]))
    choose(page, "product", str(pair["product_id"]))
    page.locator("#predict").dblclick()
    expect(page.locator(f"#answer .chip.{answer['recommendation_confidence']}")).to_be_visible()
    expect(page.locator("#answer .pair .card")).to_have_count(2)
    expect(page.locator("#answer .because")).to_have_text(answer["why"]["es"])
    expect(page.locator("#answer .bar")).to_have_count(len(answer["contributions"]))
    expect(page.locator("#answer .card").first).to_contain_text(str(pair["customer_id"]))
    expect(page.locator("#answer")).to_contain_text(f"semana del {int(answer['week'][8:])}")
    assert page.watched.posts("/predict") == 1
    assert f"customer={pair['customer_id']}" in page.url


def filled_in(page, call):
    """Wait until the lists came and the pair of the address is chosen."""
    for name, key in (("customer", "customer_id"), ("product", "top_product_id")):
        expect(page.locator(f"#{name} input")).to_have_value(re.compile(f"^{call[key]}"))


def test_a_prediction_is_opened_by_its_address(page, api):
    last = api("/calls")["items"][-1]
    route = f"#/predict?customer={last['customer_id']}&product={last['top_product_id']}"
    visit(page, route, "#predict")
    filled_in(page, last)
    page.locator("#predict").click()
    expect(page.locator("#answer .gauge")).to_be_visible()


def test_an_example_fills_the_form_in(page):
    visit(page, "#/predict", "sodai-invitation .btn")
    page.locator("sodai-invitation .btn").first.click()
    expect(page.locator("#customer input")).to_have_value(re.compile(r"\d"))
    page.locator("#predict").click()
    expect(page.locator("#answer .gauge")).to_be_visible()


def test_a_prediction_without_a_shop_says_what_is_missing(page):
    visit(page, "#/predict", "#predict")
    page.locator("#predict").click()
    expect(page.locator("#answer [role=alert]")).to_contain_text("Elija una tienda y un producto")


def test_a_failed_prediction_leaves_the_button_ready(page, api):
    first = api("/calls")["items"][0]
    route = f"#/predict?customer={first['customer_id']}&product={first['top_product_id']}"
    page.route(
        "**/api/predict",
        lambda way: way.fulfill(
            status=500, json={"title": "x", "detail": "secret", "correlation_id": "abc-1"}
        ),
    )
    visit(page, route, "#predict")
    filled_in(page, first)
    page.locator("#predict").click()
    expect(page.locator("#answer [role=alert]")).to_contain_text("tuvo un problema")
    expect(page.locator("#answer")).to_contain_text("abc-1")
    expect(page.locator("#answer")).not_to_contain_text("secret")
    expect(page.locator("#predict")).to_be_enabled()


def test_help_leads_to_shops_of_the_week(page, api):
    known = {str(call["customer_id"]) for call in api("/calls")["items"]}
    visit(page, "#/help", "sodai-help .samples a")
    sample = page.locator("sodai-help .samples b").last.inner_text()
    assert sample in known
    page.locator("sodai-help .samples a").last.click()
    expect(page.locator("sodai-shop h2")).to_have_text(sample)


@pytest.mark.parametrize("context_options", [PHONE], indirect=True, ids=["phone"])
@pytest.mark.parametrize("tab", ["calls", "predict", "batch", "monitoring", "ask", "help"])
def test_a_phone_shows_it_whole(page, tab):
    visit(page, f"#/{tab}", "sodai-topbar")
    page.wait_for_load_state("networkidle")
    assert overflow(page) <= 0


@pytest.mark.parametrize("context_options", [PHONE], indirect=True, ids=["phone"])
def test_a_phone_shows_list_or_shop(page):
    visit(page)
    page.locator(LIST).first.click()
    expect(page.locator("sodai-shop .offer li").first).to_be_visible()
    expect(page.locator("sodai-worklist")).to_be_hidden()
    assert overflow(page) <= 0
    page.get_by_role("button", name="Lista").click()
    expect(page.locator(LIST).first).to_be_visible()


def test_the_policy_is_sent_and_holds(page, site):
    policy = page.goto("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    visit(page)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.hit=1>')"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None
    page.watched.complaints.clear()  # the refusal is noted on the console, as it should be


def test_a_shop_in_no_table_is_described_and_gets_an_offer(page, api):
    call = api("/calls")["items"][0]
    visit(page, "#/predict", "sodai-newcomer summary")
    form = page.locator("sodai-newcomer")
    form.locator("summary").click()
    form.get_by_label("Tipo de tienda").select_option(call["customer_type"])
    form.get_by_label("Cerca de la tienda").fill(str(call["customer_id"]))
    form.get_by_label("Entregas por semana").select_option("3")
    form.get_by_role("button").click()
    expect(form.locator(".offer li")).to_have_count(5)
    expect(form.locator(".offer li > p").first).to_contain_text("tiendas")
    expect(form).to_contain_text("parecidas por el tipo, el lugar")
    form.get_by_label("Cerca de la tienda").fill("999999999999")
    form.get_by_role("button").click()
    expect(form.locator("[role=alert]")).to_contain_text("No existe.")
    expect(form.get_by_label("Tipo de tienda")).to_have_value(call["customer_type"])


def test_words_stand_to_the_left_in_a_table_and_numbers_to_the_right(page):
    visit(page, "#/ask", "#question")
    page.locator("#question").fill("top 5 productos")
    page.locator("#question").press("Enter")
    row = page.locator("sodai-ask tbody tr").first
    expect(row.locator("td").first).to_have_css("text-align", "left")
    expect(row.locator("td").last).to_have_css("text-align", "right")


def test_a_list_in_pages_is_shown_whole(page, api):
    calls = api("/calls")["items"]
    assert len(calls) > 5

    def paged(route):
        cursor = "cursor=" in route.request.url
        some = calls[5:] if cursor else calls[:5]
        told = {**api("/calls"), "items": some, "next_cursor": None if cursor else "there"}
        route.fulfill(json=told)

    page.route("**/api/calls*", paged)
    visit(page)
    expect(page.locator(LIST)).to_have_count(len(calls))
