"""How the model does: each picture says what the API answers, and has its table."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visits import visit


@pytest.fixture
def board(page):
    visit(page, "#/monitoring", "sodai-monitoring .board")
    return page.locator("sodai-monitoring")


def rows(board, title):
    """Rows of the table behind a picture."""
    chart = board.locator("figure", has=board.page.get_by_text(title, exact=True)).first
    chart.locator("summary").click()
    return chart.locator("tbody tr")


def spanish(x, digits=3):
    return f"{x:.{digits}f}".replace(".", ",")


def test_realised_quality_stands_beside_the_naive_ranking(board, api):
    points = api("/performance")["points"]
    assert points
    for metric, title in (("f1", "F1"), ("precision", "Precisión"), ("recall", "Cobertura")):
        shown = rows(board, f"{title} realizad{'o' if metric == 'f1' else 'a'} por semana")
        expect(shown).to_have_count(len(points))
        newest = points[-1]
        expect(shown.last).to_contain_text(spanish(newest["metrics"][metric]))
        expect(shown.last).to_contain_text(spanish(newest["naive"][metric]))


def test_the_lead_is_charted_or_says_why_it_has_no_limit(board, api):
    points = api("/performance")["points"]
    title = "Ventaja sobre repetir lo habitual, con su límite de control"
    expect(rows(board, title).last).to_contain_text(spanish(points[-1]["gap"]))
    if all(point["limit"] is None for point in points):
        expect(board).to_contain_text("El límite de control necesita más semanas cumplidas")


def test_every_feature_is_judged_against_the_limit(board, api):
    told = api("/drift")
    measured = [one for one in told["statistics"] or [] if one["z"] is not None]
    if not told["drift"]["evaluated"]:
        expect(board).to_contain_text("no hay semanas suficientes")
        return
    shown = rows(board, "Desviación de cada medida (z robusto)")
    expect(shown).to_have_count(len(measured))
    expect(board.locator(".bar .alarm")).to_have_count(
        sum(one["z"] > told["drift"]["limit"] for one in measured)
    )


def test_calibration_is_that_of_the_newest_judged_week(board, api):
    told = api("/performance")["calibration"]
    filled = [one for one in told["bins"] if one["mean_probability"] is not None]
    expect(rows(board, "Calibración: lo pronosticado y lo observado")).to_have_count(len(filled))


def test_what_weighs_in_the_model_is_named_in_words(board, api):
    told = api("/model/importance")["features"]
    shown = rows(board, "Importancia de cada variable (SHAP medio)")
    expect(shown).to_have_count(len(told))
    expect(shown.first).to_contain_text(told[0]["label_es"])
    assert told[0]["feature"] not in board.inner_text()


def test_every_model_is_listed_and_the_one_in_use_is_marked(board, api):
    versions = api("/model/versions")["items"]
    table = board.get_by_role("region", name="Modelos")
    expect(table.locator("tbody tr")).to_have_count(len(versions))
    used = next(one["version"] for one in versions if one["champion"])
    expect(table.locator("tr", has_text="en uso")).to_contain_text(used)


def test_every_week_tells_its_decision_reasons_and_cost(board, api):
    runs = [run for run in api("/runs")["items"] if run["outcome"] == "published"]
    shown = board.get_by_role("region", name="La decisión de cada semana").locator("tbody tr")
    expect(shown).to_have_count(len(runs))
    for row, run in zip(shown.all(), runs, strict=True):
        decision = "Entrenar de nuevo" if run["decision"]["retrain"] else "Mantener el modelo"
        expect(row).to_contain_text(decision)
        expect(row).to_contain_text(run["decision"]["sentences"]["es"][0])
        expect(row).to_contain_text(re.compile(r"\d (s|min)"))


def test_the_newest_run_tells_what_each_state_took(board, api):
    runs = [run for run in api("/runs")["items"] if run["outcome"] == "published"]
    states = api(f"/runs/{runs[0]['run']}")["states"].values()
    spent = [one for one in states if one.get("seconds") and not one.get("reused")]
    expect(rows(board, "Duración por paso de la última ejecución")).to_have_count(len(spent))


def test_a_week_leads_to_its_run(board, page, api):
    runs = [run for run in api("/runs")["items"] if run["outcome"] == "published"]
    board.get_by_role("region", name="La decisión de cada semana").locator("a").first.click()
    expect(page.locator("sodai-run h1")).to_be_visible()
    assert runs[0]["run"] in page.url
