"""API down, slow, refusing, not published yet: said in words, and mended by itself."""

from playwright.sync_api import expect

from tests.browser.visits import LIST, visit, visit_console

SOON_MS = 20_000
PROBLEM = {
    "type": "x",
    "title": "Not available",
    "detail": "inner words",
    "correlation_id": "c0ffee",
}


def test_a_service_that_is_down_is_told_and_comes_back(page):
    page.route("**/api/**", lambda route: route.abort())
    page.goto("/")
    expect(page.locator(".banner")).to_contain_text("Se reintenta solo")
    expect(page.locator(".api")).to_have_text("Servicio caído")
    expect(page.locator("sodai-worklist")).to_contain_text("El servicio no responde")
    page.unroute("**/api/**")
    expect(page.locator(LIST).first).to_be_visible(timeout=SOON_MS)
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator(".api")).to_have_text("En línea")


def test_a_service_that_is_too_slow_is_told_and_comes_back(page):
    page.route("**/api/calls*", lambda route: None)  # never answered
    page.goto("/")
    expect(page.locator("sodai-worklist .skeleton")).to_be_visible()
    expect(page.locator("sodai-worklist")).to_contain_text("tarda demasiado", timeout=SOON_MS)
    page.unroute("**/api/calls*")
    expect(page.locator(LIST).first).to_be_visible(timeout=SOON_MS)


def test_the_lists_of_the_form_come_back_too(page):
    page.route("**/api/**", lambda route: route.abort())
    page.goto("/#/predict")
    expect(page.locator(".banner")).to_be_visible()
    page.unroute("**/api/**")
    expect(page.locator(".banner")).to_have_count(0, timeout=SOON_MS)
    page.locator("#customer input").click()
    expect(page.get_by_role("option").first).to_be_visible(timeout=SOON_MS)


def test_before_the_first_forecast_the_next_step_is_told(page, api):
    health = {
        **api("/health"),
        "status": "waiting",
        "model_loaded": False,
        "data_available": False,
        "target_week": None,
        "model_version": None,
        "published_at": None,
    }
    page.route("**/api/**", lambda route: route.fulfill(status=503, json=PROBLEM))
    page.route("**/api/health*", lambda route: route.fulfill(json=health))
    page.goto("/")
    expect(page.locator("sodai-worklist")).to_contain_text("Todavía no hay un pronóstico publicado")
    expect(page.locator("sodai-worklist")).not_to_contain_text("inner words")
    expect(page.locator("sodai-worklist a[href='/runs']")).to_be_visible()
    expect(page.locator(".api")).to_have_text("En línea")
    page.unroute_all()
    expect(page.locator(LIST).first).to_be_visible(timeout=SOON_MS)


def test_one_answer_that_fails_says_so_in_its_place_and_is_asked_again(page):
    page.route("**/api/calls*", lambda route: route.fulfill(status=500, json=PROBLEM))
    page.goto("/")
    expect(page.locator("sodai-worklist [role=alert]")).to_contain_text("tuvo un problema")
    expect(page.locator("sodai-worklist")).to_contain_text("c0ffee")
    expect(page.locator(".banner")).to_have_count(0)
    page.unroute("**/api/calls*")
    expect(page.locator(LIST).first).to_be_visible(timeout=SOON_MS)


def test_an_expired_sign_in_waits_for_a_person(page):
    page.route("**/api/calls*", lambda route: route.fulfill(status=401, json={}))
    page.goto("/")
    expect(page.locator("sodai-worklist")).to_contain_text("La sesión venció")
    page.unroute("**/api/calls*")
    page.get_by_role("button", name="Reintentar").click()
    expect(page.locator(LIST).first).to_be_visible()


def test_a_page_instead_of_json_is_a_problem_of_the_service(page):
    page.route(
        "**/api/calls*", lambda route: route.fulfill(body="<html></html>", content_type="text/html")
    )
    page.goto("/")
    expect(page.locator("sodai-worklist [role=alert]")).to_contain_text("tuvo un problema")


def test_a_forecast_without_shops_is_empty_not_broken(page, api):
    calls = {**api("/calls"), "items": [], "total": 0}
    page.route("**/api/calls*", lambda route: route.fulfill(json=calls))
    page.goto("/")
    expect(page.locator("sodai-worklist")).to_contain_text("no trae tiendas por llamar")


def test_help_is_readable_while_the_service_is_down(page):
    page.route("**/api/**", lambda route: route.abort())
    page.goto("/#/help")
    expect(page.locator("sodai-help .steps li")).to_have_count(5)


def test_monitoring_is_readable_while_some_answers_fail(page):
    for path in ("drift", "runs", "performance", "model/"):
        page.route(f"**/api/{path}*", lambda route: route.fulfill(status=503, json=PROBLEM))
    visit(page, "#/monitoring", "sodai-monitoring .health .facts")
    expect(page.locator("sodai-monitoring")).to_contain_text("no hay semanas suficientes")
    expect(page.locator("sodai-monitoring")).to_contain_text("Aún no se cumple ninguna semana")


def test_the_console_keeps_what_it_shows_while_the_service_is_away(page, api):
    record = {**api(f"/runs/{api('/runs')['items'][0]['run']}"), "status": "running"}
    page.route("**/api/runs/*", lambda route: route.fulfill(json=record))
    visit_console(page, record["run"])
    page.unroute("**/api/runs/*")
    page.route("**/api/**", lambda route: route.abort())
    expect(page.locator(".banner")).to_be_visible(timeout=SOON_MS)
    expect(page.locator("sodai-run .steps-list li").first).to_be_visible()
