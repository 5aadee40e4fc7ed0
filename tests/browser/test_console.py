"""The run console: what ran, what it decided, what failed and why."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.visits import overflow, visit_console

STATES = [
    "plan",
    "validate",
    "observe",
    "features",
    "drift",
    "evaluate",
    "predict",
    "publish",
    "record",
]
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def published(api):
    """The record of a run that published."""
    entry = next(run for run in api("/runs")["items"] if run["outcome"] == "published")
    return api(f"/runs/{entry['run']}")


@pytest.mark.parametrize("path", ["runs", "runs/"])
def test_runs_are_listed_whatever_the_address_ends_with(page, api, path):
    visit_console(page, path=path)
    shown = page.locator("sodai-runs .runs a").evaluate_all(
        "links => links.map(a => a.dataset.run)"
    )
    assert shown == [run["run"] for run in api("/runs")["items"]]


def test_a_run_opens_and_closes_with_the_focus_where_it_was(page, published):
    visit_console(page)
    row = page.locator(f"sodai-runs [data-run='{published['run']}']")
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("sodai-run h1")).to_be_focused()
    page.go_back()
    expect(row).to_be_focused()
    expect(page.locator("sodai-run h1")).to_have_count(0)


def test_states_stand_in_their_order_with_status_and_duration(page, published):
    visit_console(page, published["run"])
    steps = page.locator("sodai-run .steps-list li")
    names = steps.locator(".step").evaluate_all("steps => steps.map(s => s.dataset.step)")
    assert [name for name in names if name in STATES] == STATES
    for name in STATES:
        step = page.locator(f"#step-{name}")
        expect(step).to_contain_text("listo")
        if not published["states"][name]["reused"]:
            expect(step.locator("em")).to_contain_text("s")


def test_decision_is_told_with_every_reason(page, published):
    visit_console(page, published["run"])
    decision = page.locator("[data-part=decision]")
    expect(decision.locator(".verdict")).to_have_text(
        "Entrenar de nuevo" if published["decision"]["retrain"] else "Mantener el modelo"
    )
    expect(decision.locator(".reasons li")).to_have_count(len(published["decision"]["reasons"]))


def test_model_stands_against_the_baselines(page, published):
    methods = published["evaluation"]["mean"]
    visit_console(page, published["run"])
    rows = page.locator("[data-part=evaluation] tbody tr")
    expect(rows).to_have_count(sum(metrics["f1"] is not None for metrics in methods.values()))
    for name in ("Repetir la semana pasada", "Regresión logística"):
        expect(page.locator("[data-part=evaluation] table")).to_contain_text(name)


def test_the_record_is_readable_and_can_be_kept(page, published):
    visit_console(page, published["run"])
    page.locator("details.json summary").click()
    shown = json.loads(page.locator("details.json pre").inner_text())
    assert shown == published
    with page.expect_download() as download:
        page.get_by_role("button", name="Descargar").click()
    assert download.value.suggested_filename == f"{published['run']}.json"
    assert json.loads(Path(download.value.path()).read_text()) == published


def test_a_step_opens_by_keyboard_and_shows_its_log(page, api, published):
    lines = api(f"/runs/{published['run']}/logs?state=validate")["lines"]
    visit_console(page, published["run"])
    page.locator("#step-validate").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#step-validate")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#step-validate")).to_be_focused()
    page.get_by_role("button", name="Ver el registro").click()
    if lines:
        expect(page.locator(".logs li")).to_have_count(len(lines))
        expect(page.locator(".logs")).to_contain_text(lines[0]["message"].strip()[:60])
    else:
        expect(page.get_by_text("no dejó líneas")).to_be_visible()


def running(record, done):
    """Return a record as it was while training."""
    before = ("plan", "validate", "observe", "features", "drift")
    train = {"status": "running", "started_at": datetime.now(UTC).isoformat(), "reused": False}
    states = {name: record["states"][name] for name in before} | {"train": train}
    kept = {k: record[k] for k in ("run", "created_at", "updated_at", "attempts")}
    return {
        **kept,
        "status": "running",
        "outcome": None,
        "states": states,
        "progress": {"state": "train", "done": done, "of": 40},
    }


def test_a_run_in_progress_is_followed_to_its_end(page, published):
    answers = [running(published, 3), running(published, 21), published]
    page.route(
        "**/api/runs/*",
        lambda route: route.fulfill(json=answers.pop(0) if len(answers) > 1 else answers[0]),
    )
    visit_console(page, published["run"])
    expect(page.locator("#step-train")).to_contain_text("3 de 40")
    page.locator("#step-validate").click()
    expect(page.locator("#step-train")).to_contain_text("21 de 40")
    expect(page.locator("#step-publish")).to_contain_text("listo")
    expect(page.locator(".run-head .status")).to_have_text("Terminada")
    expect(page.locator("#step-validate")).to_have_attribute("aria-expanded", "true")


def failed(record):
    """Return a record of a run that failed early, as a broken delivery leaves it."""
    error = {
        "name": "DataContractError",
        "message": "boom {'NULL_KEY': 3}",
        "user_message": "The transactions file was not accepted.",
    }
    states = {
        "plan": record["states"]["plan"],
        "validate": {
            **record["states"]["validate"],
            "status": "failed",
            "facts": {},
            "error": error,
        },
    }
    kept = {k: record[k] for k in ("run", "created_at", "updated_at", "attempts")}
    empty = dict.fromkeys(
        ("data_stats", "drift", "training", "evaluation", "predictions", "target")
    )
    return {
        **kept,
        **empty,
        "status": "failed",
        "outcome": "failed",
        "states": states,
        "decision": {},
        "artifacts": dict.fromkeys(("clean", "model")),
        "progress": None,
        "error": {**error, "state": "validate"},
    }


def test_a_failure_is_told_in_words_first(page, published):
    page.route("**/api/runs/*", lambda route: route.fulfill(json=failed(published)))
    visit_console(page, published["run"])
    fault = page.locator(".fault")
    expect(fault).to_contain_text("Falló en «Validar los datos»")
    expect(fault).to_contain_text("no cumplen el contrato de datos")
    expect(fault).to_contain_text("Hay filas sin código de tienda, de producto o de pedido.")
    expect(fault).to_contain_text("The transactions file was not accepted.")
    expect(fault.get_by_text("NULL_KEY")).to_be_hidden()
    fault.locator("summary").click()
    expect(fault.get_by_text("NULL_KEY")).to_be_visible()
    expect(page.locator("#step-publish")).to_contain_text("no llegó")


def test_an_unknown_run_is_told_in_words(page):
    page.goto("runs#/no-such-run")
    expect(page.locator("sodai-run [role=alert]")).to_contain_text("No existe.")
    page.get_by_role("link", name="Ejecuciones").last.click()
    expect(page.locator("sodai-runs .runs a").first).to_be_visible()


def test_no_run_yet_says_what_to_do(page):
    page.route("**/api/runs", lambda route: route.fulfill(json={"items": []}))
    page.goto("runs")
    expect(page.get_by_text("Todavía no hay ejecuciones")).to_be_visible()


@pytest.mark.parametrize("language", ["es", "en"])
def test_console_speaks_both_languages_without_gaps(page, published, language):
    visit_console(page, language=language)
    expect(
        page.get_by_role("heading", name="Runs" if language == "en" else "Ejecuciones")
    ).to_be_visible()
    visit_console(page, published["run"], language=language)
    assert (
        page.evaluate(
            r"document.querySelector('sodai-run').innerText.match(/\{\w+\}|undefined|NaN/g)"
        )
        is None
    )


@pytest.mark.parametrize("context_options", [PHONE], indirect=True, ids=["phone"])
def test_a_phone_shows_the_console_whole(page, published):
    visit_console(page)
    assert overflow(page) <= 0
    visit_console(page, published["run"])
    page.locator("#step-validate").click()
    assert overflow(page) <= 0


@pytest.mark.parametrize("context_options", [{"color_scheme": "dark"}], indirect=True, ids=["dark"])
def test_the_console_follows_the_system_and_then_the_choice(page):
    visit_console(page)
    expect(page.locator("body.dark")).to_be_visible()
    page.get_by_role("button", name="Modo claro").click()
    expect(page.locator("body.dark")).to_have_count(0)
    visit_console(page)
    expect(page.get_by_role("button", name="Modo oscuro")).to_be_visible()


def test_the_console_obeys_the_same_policy(page):
    assert "default-src 'none'" in page.goto("runs").headers["content-security-policy"]
