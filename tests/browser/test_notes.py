"""What a caller notes: the outcome and a remark, kept by the browser."""

import csv

import pytest
from playwright.sync_api import expect

from tests.browser.visits import LIST, visit


@pytest.fixture(scope="module")
def ids(api):
    return [str(call["customer_id"]) for call in api("/calls")["items"]]


def open_shop(page, shop):
    visit(page, f"#/shop/{shop}", "sodai-shop .outcome")


def note(page, outcome):
    page.get_by_role("button", name=outcome, exact=True).click()


def tag(page, shop):
    return page.locator(f"{LIST}[data-id='{shop}'] .tag")


def test_a_call_is_noted_and_outlasts_the_page(page, ids):
    open_shop(page, ids[0])
    page.get_by_placeholder("Nota para la próxima vez").fill("volver el jueves")
    note(page, "Más tarde")
    expect(tag(page, ids[0])).to_have_text("Más tarde")
    open_shop(page, ids[0])
    expect(page.get_by_role("button", name="Más tarde")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_placeholder("Nota para la próxima vez")).to_have_value("volver el jueves")
    expect(page.locator(".called")).to_contain_text(f"1 de {len(ids)} llamadas")


def test_a_note_is_undone(page, ids):
    open_shop(page, ids[0])
    note(page, "Pidió")
    page.get_by_role("button", name="Deshacer").click()
    expect(tag(page, ids[0])).to_have_count(0)
    expect(page.get_by_role("button", name="Pidió")).to_have_attribute("aria-pressed", "false")


def test_the_same_outcome_again_takes_it_back(page, ids):
    open_shop(page, ids[0])
    note(page, "Pidió")
    expect(tag(page, ids[0])).to_be_visible()
    note(page, "Pidió")
    expect(tag(page, ids[0])).to_have_count(0)


def test_called_shops_are_sifted_and_next_passes_over_them(page, ids):
    open_shop(page, ids[1])
    note(page, "No contesta")
    page.get_by_role("combobox", name="Estado de la llamada").select_option("pending")
    expect(page.locator(LIST)).to_have_count(len(ids) - 1)
    page.get_by_role("link", name="Siguiente").click()
    expect(page.locator("sodai-shop h2")).to_have_text(ids[2])
    open_shop(page, ids[0])
    page.get_by_role("link", name="Siguiente").click()
    expect(page.locator("sodai-shop h2")).to_have_text(ids[2])


def test_another_tab_sees_the_note_at_once_and_neither_is_lost(page, ids):
    other = page.context.new_page()
    open_shop(page, ids[0])
    open_shop(other, ids[1])
    note(page, "Pidió")
    expect(tag(other, ids[0])).to_have_text("Pidió")
    note(other, "No quiere")
    expect(tag(page, ids[1])).to_have_text("No quiere")
    expect(tag(page, ids[0])).to_have_text("Pidió")


def test_a_browser_that_keeps_nothing_says_so(page, ids):
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    open_shop(page, ids[0])
    note(page, "Pidió")
    expect(tag(page, ids[0])).to_have_text("Pidió")
    expect(page.locator(".called [role=alert]")).to_contain_text("expórtelas antes de cerrar")


def test_notes_are_exported_with_formulas_defused(page, ids, tmp_path):
    open_shop(page, ids[0])
    page.get_by_placeholder("Nota para la próxima vez").fill('=HYPERLINK("http://x")')
    note(page, "Pidió")
    with page.expect_download() as started:
        page.get_by_role("button", name="Exportar").click()
    started.value.save_as(tmp_path / "calls.csv")
    with (tmp_path / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["customer_id"] == ids[0]
    assert row["outcome"] == "Pidió"
    assert row["note"] == '\'=HYPERLINK("http://x")'


def test_exporting_nothing_says_so(page, ids):
    visit(page)
    page.get_by_role("button", name="Exportar").click()
    expect(page.locator(".toast")).to_contain_text("Todavía no hay llamadas anotadas")


def test_a_place_sifts_the_list(page, api):
    calls = api("/calls")["items"]
    visit(page)
    place = next(call["place"] for call in calls if call["place"] is not None)
    page.get_by_role("combobox", name="Sector").select_option(str(place))
    expect(page.locator(LIST)).to_have_count(sum(call["place"] == place for call in calls))


def test_an_older_week_is_shown_with_its_own_notes(page, api, ids):
    older = next(one["week"] for one in api("/weeks")["items"] if not one["current"])
    first = str(api(f"/calls?week={older}")["items"][0]["customer_id"])
    visit(page)
    page.get_by_role("combobox", name="Semana que se muestra").select_option(older)
    expect(page.locator(LIST).first).to_have_attribute("data-id", first)
    assert f"week={older}" in page.url
    page.locator(LIST).first.click()
    note(page, "Pidió")
    expect(tag(page, first)).to_have_text("Pidió")
    page.get_by_role("combobox", name="Semana que se muestra").select_option("")
    expect(page.locator(LIST).first).to_have_attribute("data-id", ids[0])
    expect(page.locator(".called")).to_contain_text(f"0 de {len(ids)} llamadas")


def test_the_offer_is_downloaded_with_its_reasons(page, api, ids, tmp_path):
    offer = api("/recommendations", {"customer_id": int(ids[0]), "top_k": 10})["recommendations"]
    open_shop(page, ids[0])
    with page.expect_download() as started:
        page.get_by_role("button", name="CSV").click()
    started.value.save_as(tmp_path / "offer.csv")
    with (tmp_path / "offer.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["product_id"]) for row in rows] == [item["product_id"] for item in offer]
    assert all(row["why"] for row in rows)
