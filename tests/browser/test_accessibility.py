"""axe finds nothing, in three looks."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visits import LIST, visit, visit_console

LOOKS = {
    "desktop": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}
FIND = """axe.run().then(found => found.violations.map(
  fault => [fault.id, fault.impact, fault.nodes.length, fault.nodes[0].html.slice(0, 160)]))"""


def faults(page, axe):
    page.evaluate(axe)
    return page.evaluate(FIND)


@pytest.mark.parametrize("context_options", LOOKS.values(), indirect=True, ids=LOOKS)
def test_site_can_be_used_by_everybody(page, api, axe):
    first = api("/calls")["items"][0]
    shop, product = first["customer_id"], first["top_product_id"]
    views = {
        "#/calls": LIST,
        f"#/shop/{shop}": "sodai-shop .offer li",
        "#/batch": "sodai-batch .drop",
        "#/monitoring": "sodai-monitoring .board",
        "#/ask?q=top+10+productos": "sodai-ask tbody tr",
        "#/help": "sodai-help .samples",
    }
    found = {}
    for route, shown in views.items():
        visit(page, route, shown)
        page.wait_for_load_state("networkidle")
        found[route] = faults(page, axe)
    visit(page, "#/batch", "sodai-batch .drop")
    pairs = f"{shop},{product}\nx,1\n".encode()
    file = {"name": "pairs.csv", "mimeType": "text/csv", "buffer": pairs}
    page.locator(".drop input").set_input_files(file)
    expect(page.locator("sodai-batch tbody tr")).to_have_count(2)
    found["batch scored"] = faults(page, axe)
    visit(page, f"#/shop/{shop}", "sodai-shop .offer li")
    page.get_by_role("button", name="Pidió").click()
    page.locator("sodai-shop summary").first.click()
    page.get_by_role("button", name="Ver su historia").click()
    expect(page.locator("sodai-shop .past table").first).to_be_attached()
    found["call noted"] = faults(page, axe)
    visit(page, f"#/predict?customer={shop}&product={product}", "#predict")
    expect(page.locator("#product input")).to_have_value(re.compile(r"\d"))
    page.locator("#predict").click()
    expect(page.locator("#answer .gauge")).to_be_visible()
    found["#/predict"] = faults(page, axe)
    assert {route: some for route, some in found.items() if some} == {}


@pytest.mark.parametrize("context_options", LOOKS.values(), indirect=True, ids=LOOKS)
def test_console_can_be_used_by_everybody(page, api, axe):
    visit_console(page)
    found = faults(page, axe)
    visit_console(page, api("/runs")["items"][0]["run"])
    page.locator("#step-validate").click()
    assert found + faults(page, axe) == []
