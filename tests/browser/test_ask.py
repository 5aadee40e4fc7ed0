"""Questions in plain words, in a real browser against a week that was really produced."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.visits import visit

FIELD = "#question"
ANSWER = "sodai-ask .card h3"


def ask(page, question):
    page.locator(FIELD).fill(question)
    page.locator(FIELD).press("Enter")


def digits(text):
    return int(re.sub(r"\D", "", text))


def test_a_question_is_answered_with_its_number_and_its_query(page, api):
    total = api("/customers?limit=1")["total"]
    visit(page, "#/ask", FIELD)
    ask(page, "¿Cuántos clientes hay?")
    expect(page.locator(ANSWER)).to_contain_text("clientes.")
    assert digits(page.locator(ANSWER).inner_text()) == total
    page.get_by_text("Ver la consulta").click()
    expect(page.locator("sodai-ask pre")).to_contain_text("FROM customers")


def test_a_table_is_shown_leads_to_its_shops_and_is_downloaded(page, api):
    visit(page, "#/ask", FIELD, language="en")
    ask(page, "top 3 customers by orders")
    rows = page.locator("sodai-ask tbody tr")
    expect(rows).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the table").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    answer = api("/ask", {"question": "top 3 customers by orders", "language": "en"})
    assert [line.split(",")[0] for line in lines[1:]] == [str(row[0]) for row in answer["rows"]]
    shop = rows.first.locator("a").inner_text()
    rows.first.locator("a").click()
    expect(page.locator("sodai-shop h2")).to_contain_text(shop)


def test_the_forecast_of_a_shop_is_that_of_the_work_list(page, api):
    first = api("/calls")["items"][0]
    visit(page, "#/ask", FIELD)
    ask(page, f"¿Qué va a pedir el cliente {first['customer_id']}?")
    rows = page.locator("sodai-ask tbody tr")
    expect(rows).to_have_count(first["predicted_products"])
    expect(rows.first).to_contain_text(str(first["top_product_id"]))


def test_what_is_not_understood_offers_what_can_be_asked(page):
    visit(page, "#/ask", FIELD)
    ask(page, "¿Cuántos cleintes hay?")
    expect(page.locator(ANSWER)).to_have_text("No sé. No entiendo: «cleintes».")
    page.locator("sodai-ask .asks a").first.click()
    expect(page.locator(ANSWER)).to_contain_text("clientes.")
    expect(page.locator(FIELD)).to_have_value("¿Cuántos clientes hay?")


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_example_has_an_answer(page, api, language):
    visit(page, "#/ask", "sodai-ask .asks a >> nth=7", language=language)
    for question in page.locator("sodai-ask .asks a").all_inner_texts():
        assert api("/ask", {"question": question, "language": language})["understood"], question


def test_a_question_stands_in_the_address_and_back_returns_to_the_one_before(page):
    visit(page, "#/ask?q=ventas+por+mes", "sodai-ask tbody tr")
    expect(page.locator(FIELD)).to_have_value("ventas por mes")
    ask(page, "devoluciones por mes")
    expect(page.locator(ANSWER)).to_have_text("Devoluciones por mes.")
    page.go_back()
    expect(page.locator(ANSWER)).to_have_text("Unidades por mes.")


def test_script_in_a_question_stays_text(page):
    visit(page, "#/ask", FIELD)
    ask(page, "<img src=x onerror=alert(1)>${alert(1)}{{x}}")
    expect(page.locator(ANSWER)).to_contain_text("No sé.")
    expect(page.locator("sodai-ask img")).to_have_count(0)


def test_an_answer_that_fails_says_so_and_comes_by_itself(page):
    broken = {
        "status": 500,
        "content_type": "application/json",
        "body": json.dumps({"detail": "x"}),
    }
    page.route("**/api/ask", lambda route: route.fulfill(**broken), times=1)
    visit(page, "#/ask?q=ventas+por+mes", "sodai-ask [role=alert], sodai-ask tbody tr")
    expect(page.locator(ANSWER)).to_have_text("Unidades por mes.")
    assert page.watched.posts("/ask") >= 2


@pytest.mark.parametrize(
    "context_options", [{"viewport": {"width": 390, "height": 844}}], indirect=True
)
def test_a_wide_table_scrolls_in_itself_on_a_phone(page):
    visit(page, "#/ask?q=top+10+productos", "sodai-ask tbody tr")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
