"""Today's calls: the work list and the shop that is open."""

import pytest
from playwright.sync_api import expect

from tests.browser.visits import LIST, visit


@pytest.fixture(scope="module")
def calls(api):
    return api("/calls")


def test_every_shop_of_the_forecast_is_listed_in_its_order(page, calls):
    visit(page)
    shown = page.locator(LIST).evaluate_all("links => links.map(a => Number(a.dataset.id))")
    assert shown == [call["customer_id"] for call in calls["items"]]


def test_search_narrows_the_list_and_stays_in_the_address(page, calls):
    wanted = calls["items"][-1]
    visit(page)
    page.get_by_role("searchbox").press_sequentially(str(wanted["customer_id"]))
    expect(page.locator(f"{LIST}[data-id='{wanted['customer_id']}']")).to_be_visible()
    narrowed = page.locator(LIST).count()
    assert narrowed < calls["total"]
    assert f"q={wanted['customer_id']}" in page.url
    page.reload()
    expect(page.locator(LIST)).to_have_count(narrowed)


def test_type_filters_the_list(page, calls):
    kind = calls["items"][0]["customer_type"]
    visit(page)
    page.get_by_role("combobox", name="Tipo de tienda").select_option(kind)
    expected = sum(call["customer_type"] == kind for call in calls["items"])
    expect(page.locator(LIST)).to_have_count(expected)


def test_a_search_without_a_match_says_so_and_is_undone(page, calls):
    visit(page)
    page.get_by_role("searchbox").fill("zzzzzz")
    expect(page.get_by_text("Ninguna tienda cumple la búsqueda.")).to_be_visible()
    page.get_by_role("button", name="Quitar los filtros").click()
    expect(page.locator(LIST)).to_have_count(len(calls["items"]))


def test_an_opened_shop_shows_its_ranked_products(page, api, calls):
    shop = calls["items"][0]["customer_id"]
    offer = api("/recommendations", {"customer_id": shop, "top_k": 10})["recommendations"]
    visit(page)
    page.locator(LIST).first.click()
    expect(page.locator("sodai-shop h2")).to_have_text(str(shop))
    items = page.locator("sodai-shop .offer li")
    expect(items).to_have_count(len(offer))
    for shown, expected in zip(items.all(), offer, strict=True):
        expect(shown).to_contain_text(str(expected["product_id"]))
        expect(shown.locator(f".chip.{expected['recommendation_confidence']}")).to_be_visible()
    expect(page.locator("sodai-shop > .chart .bar")).to_have_count(len(offer))


def test_reasons_are_told_in_the_language_of_the_page(page, api, calls):
    shop = calls["items"][0]["customer_id"]
    offer = api("/recommendations", {"customer_id": shop, "top_k": 10})["recommendations"]
    for language in ("es", "en"):
        visit(page, f"#/shop/{shop}", "sodai-shop .offer li", language)
        told = page.locator("sodai-shop .offer li > p").all_inner_texts()
        assert told == [item["why"][language] for item in offer]


def test_what_a_shop_ordered_before_is_shown_when_asked_for(page, api, calls):
    shop = calls["items"][0]["customer_id"]
    told = api(f"/customers/{shop}/history")
    visit(page, f"#/shop/{shop}", "sodai-shop .offer li")
    page.get_by_role("button", name="Ver su historia").click()
    bought = page.get_by_role("region", name="Lo que más pide").locator("tbody tr")
    expect(bought).to_have_count(len(told["products"]))
    expect(bought.first).to_contain_text(str(told["products"][0]["product_id"]))
    expect(page.locator("sodai-shop .past rect")).to_have_count(len(told["weeks"]))


def test_what_weighed_adds_up_to_the_probability(page, api, calls):
    shop = calls["items"][0]["customer_id"]
    offer = api("/recommendations", {"customer_id": shop, "top_k": 10})["recommendations"]
    visit(page, f"#/shop/{shop}", "sodai-shop .offer li")
    explained = [item for item in offer if item["contributions"]]
    rows = page.locator("sodai-shop .offer li", has=page.locator(".weighed"))
    expect(rows).to_have_count(len(explained))
    for shown, item in zip(rows.all(), explained, strict=True):
        shown.locator("summary").first.click()
        expect(shown.locator(".bar")).to_have_count(len(item["contributions"]))
        chance = shown.locator(".chip").inner_text().split()[0]
        expect(shown.locator(".hint")).to_contain_text(f"es la probabilidad de {chance}")


def test_every_bar_has_its_table(page, calls):
    visit(page, f"#/shop/{calls['items'][0]['customer_id']}", "sodai-shop > .chart")
    chart = page.locator("sodai-shop > .chart")
    chart.locator("summary").click()
    rows = chart.locator("tbody tr")
    expect(rows).to_have_count(chart.locator(".bar").count())
    expect(rows.first).to_contain_text("%")


def test_more_products_are_offered_where_there_are_more(page, api, calls):
    shop = calls["items"][0]["customer_id"]
    ranked = api("/recommendations", {"customer_id": shop, "top_k": 40})["recommendations"]
    visit(page, f"#/shop/{shop}", "sodai-shop .offer li")
    more = page.get_by_role("button", name="Ver más productos")
    if len(ranked) >= 10:
        more.click()
    else:
        expect(more).to_have_count(0)
    expect(page.locator("sodai-shop .offer li")).to_have_count(len(ranked))


def test_next_goes_down_the_list(page, calls):
    first, second = (call["customer_id"] for call in calls["items"][:2])
    visit(page, f"#/shop/{first}", "sodai-shop .offer li")
    page.get_by_role("link", name="Siguiente").click()
    expect(page.locator("sodai-shop h2")).to_have_text(str(second))
    expect(page.locator("sodai-shop h2")).to_be_focused()


def test_back_and_forward_follow_the_shops(page, calls):
    visit(page)
    page.locator(LIST).nth(1).click()
    expect(page.locator("sodai-shop h2")).to_be_focused()
    page.go_back()
    expect(page.locator("sodai-shop")).to_contain_text("Elija una tienda")
    expect(page.locator(LIST).nth(1)).to_be_focused()
    page.go_forward()
    expect(page.locator("sodai-shop h2")).to_have_text(str(calls["items"][1]["customer_id"]))


def test_offer_is_copied_as_text(page, calls):
    visit(page, f"#/shop/{calls['items'][0]['customer_id']}", "sodai-shop .offer li")
    page.get_by_role("button", name="Copiar").click()
    expect(page.locator(".toast")).to_have_text("Copiado.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"Tienda {calls['items'][0]['customer_id']}\n")


def test_a_caller_works_by_keyboard_alone(page, calls):
    ids = [str(call["customer_id"]) for call in calls["items"][:3]]
    visit(page)
    page.locator(LIST).first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator(LIST).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("sodai-shop h2")).to_have_text(ids[1])
    expect(page.locator("sodai-shop h2")).to_be_focused()
    page.keyboard.press("Tab")  # to the previous shop
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # to the next one
    expect(page.locator("sodai-shop h2")).to_have_text(ids[2])


def test_an_unknown_shop_is_told_in_words(page):
    visit(page, "#/shop/999999999", "sodai-shop [role=alert]")
    expect(page.locator("sodai-shop")).to_contain_text("No existe.")


def test_a_shop_that_is_no_number_is_told_in_words(page):
    visit(page, "#/shop/abc", "sodai-shop .notice")
    expect(page.locator("sodai-shop")).to_contain_text("abc no es el código de una tienda.")


def test_script_in_names_stays_text(page, calls):
    evil = "<img src=x onerror=window.hit=1>${window.hit=1}{{x}}"
    changed = {
        **calls,
        "items": [{**calls["items"][0], "customer_type": evil, "top_product_name": evil}],
    }
    page.route("**/api/calls*", lambda route: route.fulfill(json=changed))
    visit(page)
    expect(page.locator(f"{LIST} .top")).to_have_text(evil)
    assert page.evaluate("window.hit") is None


def test_a_newly_published_forecast_appears_by_itself(page, api, calls):
    visit(page)
    renewed = {**calls, "items": calls["items"][:1], "total": 1}
    page.route("**/api/calls*", lambda route: route.fulfill(json=renewed))
    health = {**api("/health"), "published_at": "2030-01-07T05:00:00+00:00"}
    page.route("**/api/health*", lambda route: route.fulfill(json=health))
    page.evaluate("dispatchEvent(new Event('online'))")  # asks for health now, not in a minute
    expect(page.locator(LIST)).to_have_count(1)


def test_calls_are_valued_in_money_where_the_margin_is_known(page, api, calls):
    told = {"apiBaseUrl": "api", "unitMargin": 1000, "currency": "CLP"}
    page.route("**/config.json", lambda route: route.fulfill(json=told))
    visit(page)
    worth = round(calls["items"][0]["expected_units"] * 1000)
    # Not the inner text: a row outside the view is not rendered, and has none.
    shown = page.locator(f"{LIST} .val b").first.text_content() or ""
    assert "$" in shown
    assert abs(int("".join(filter(str.isdigit, shown))) - worth) <= 1
    expect(page.locator(f"{LIST} .val").first).to_contain_text("unidades")
