"""A file of pairs: read as people have it, scored in chunks, nothing lost."""

import csv

import pytest
from playwright.sync_api import expect

from tests.browser.visits import visit

DROP = "sodai-batch .drop"


@pytest.fixture(scope="module")
def pair(api):
    first = api("/calls")["items"][0]
    return first["customer_id"], first["top_product_id"]


def give(page, content, name="pares.csv"):
    visit(page, "#/batch", DROP)
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.locator(f"{DROP} input").set_input_files(file)


def saved(page, folder):
    with page.expect_download() as started:
        page.get_by_role("button", name="Descargar el resultado").click()
    path = folder / "scores.csv"
    started.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fact(page, name):
    return page.locator("sodai-batch .facts > div", has_text=name).locator("b")


def test_pairs_are_scored_and_errors_stand_first(page, api, pair, tmp_path):
    shop, product = pair
    lines = ["\ufeffcustomer_id;product_id", f"{shop};{product}", "", f"x;{product}"]
    lines += [f"999999999;{product}", f"{shop}"]
    give(page, "\r\n".join(lines).encode())
    expect(fact(page, "Con pronóstico")).to_have_text("1")
    expect(fact(page, "Con error")).to_have_text("3")
    rows = page.locator("sodai-batch tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("no es un número entero")
    expect(rows.nth(1)).to_contain_text("La tienda no existe")
    expect(rows.nth(3).locator(".chip")).to_be_visible()
    found = saved(page, tmp_path)
    assert [row["line"] for row in found] == ["2", "4", "5", "6"]
    answer = api("/predict", {"customer_id": shop, "product_id": product})
    assert float(found[0]["probability"]) == answer["prediction_score"]
    assert all(row["error"] for row in found[1:])


def test_a_file_of_windows_1252_is_read(page, pair):
    give(page, f"código;artículo\r\n{pair[0]};{pair[1]}\r\n".encode("windows-1252"))
    expect(fact(page, "Con pronóstico")).to_have_text("1")


def test_many_pairs_go_in_chunks_and_failed_ones_are_asked_again(page, pair, tmp_path):
    asked = []

    def second_fails(route):
        asked.append(len(route.request.post_data_json["customer_product_pairs"]))
        if len(asked) == 2:
            route.fulfill(status=500, json={"title": "x", "correlation_id": "abc"})
        else:
            route.continue_()

    page.route("**/api/predict/batch", second_fails)
    give(page, "".join(f"{pair[0]},{pair[1]}\n" for _ in range(1_200)).encode())
    expect(fact(page, "Con error")).to_have_text("500")
    assert asked == [500, 500, 200]
    page.get_by_role("button", name="Reintentar las que fallaron").click()
    expect(fact(page, "Con error")).to_have_text("0")
    assert asked[3:] == [500]
    assert len(saved(page, tmp_path)) == 1_200


def test_a_batch_is_cancelled_and_gone_on_with(page, pair):
    page.route("**/api/predict/batch", lambda route: None)  # never answered
    give(page, f"{pair[0]},{pair[1]}\n".encode() * 3)
    expect(page.get_by_role("progressbar", name="Avance")).to_be_visible()
    page.get_by_role("button", name="Cancelar").click()
    expect(fact(page, "Sin consultar")).to_have_text("3")
    expect(page.locator(".banner")).to_have_count(0)
    page.unroute("**/api/predict/batch")
    page.get_by_role("button", name="Seguir con las que faltan").click()
    expect(fact(page, "Con pronóstico")).to_have_text("3")


@pytest.mark.parametrize("content", [b"", b"customer_id,product_id\n"], ids=["empty", "only-head"])
def test_a_file_without_pairs_says_so(page, content):
    give(page, content)
    expect(page.locator("sodai-batch .result")).to_contain_text("No tiene ninguna línea")


def test_script_and_formulas_in_a_file_stay_text(page, tmp_path):
    give(page, b"<img src=x onerror=window.hit=1>,2\n=1+1,2\n", "<b>x</b>.csv")
    expect(fact(page, "Con error")).to_have_text("2")
    assert page.evaluate("window.hit") is None
    assert saved(page, tmp_path)[1]["customer_id"] == "'=1+1"


def test_the_example_file_is_scored_whole(page, tmp_path):
    visit(page)
    page.get_by_role("tab", name="Por lotes").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Descargar un archivo de ejemplo").click()
    started.value.save_as(tmp_path / "pairs.csv")
    page.locator(f"{DROP} input").set_input_files(tmp_path / "pairs.csv")
    expect(fact(page, "Con error")).to_have_text("0")
