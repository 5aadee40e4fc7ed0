"""The site as Gradio Blocks: ``export_static.py`` writes it as files, this module serves it.

Every event is client-side (``fn=None, js=...``). Forms are Gradio components; living views are
custom elements of ``client/``, placed by ``gr.HTML`` with a constant value, so that Gradio never
redraws them and no data ever reach a template.
"""

import json
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Final

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
import gradio as gr
import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from gradio.themes.utils.colors import Color

HERE: Final = Path(__file__).resolve().parent
CLIENT: Final = HERE / "client"
LANGUAGES: Final = ("es", "en")  # the first one is the default

# Most families that Gradio ships are cut down: this one holds Spanish in Regular and Bold.
PLEX: Final = gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700))
SHADES: Final = {
    "ink": "#f6f7f9 #eceef2 #dde1e8 #c3cad5 #8c97a8 #667287 #4a5568 #364052 #232b3a #161c28 "
    "#0f141d",
    "teal": "#eefaf8 #d3f1ec #a8e2da #71ccc2 #3fb0a6 #1c8f87 #0f736d #0d5c58 #0e4a47 #0f3d3b "
    "#062423",
}
STEPS: Final = ("c50", *(f"c{step}00" for step in range(1, 10)), "c950")
# Theme variables that differ from gr.themes.Base, as (light, dark); None keeps Gradio's own.
COLOURS: Final[dict[str, tuple[str, str | None]]] = {
    "body_background_fill": ("*neutral_50", "*neutral_950"),
    "body_text_color": ("*neutral_900", "*neutral_100"),
    "body_text_color_subdued": ("*neutral_600", "*neutral_300"),
    "block_background_fill": ("white", "*neutral_900"),
    "block_border_color": ("*neutral_200", "*neutral_800"),
    "block_label_text_color": ("*neutral_600", None),
    "block_info_text_color": ("*neutral_600", "*neutral_300"),
    "border_color_primary": ("*neutral_200", "*neutral_800"),
    "input_background_fill": ("white", "*neutral_950"),
    "input_border_color": ("*neutral_300", "*neutral_700"),
    "input_placeholder_color": ("*neutral_500", "*neutral_400"),
    "button_primary_background_fill": ("*primary_600", "*primary_400"),
    "button_primary_background_fill_hover": ("*primary_700", "*primary_300"),
    "button_primary_text_color": ("white", "*neutral_950"),
}


def words() -> dict[str, dict[str, str]]:
    """Return every text of the site by language and key."""
    return {name: json.loads((HERE / f"locales/{name}.json").read_text()) for name in LANGUAGES}


@cache
def handler_names() -> frozenset[str]:
    """Return what Gradio's events may call: the methods of ``client/handlers.js``."""
    source = (CLIENT / "handlers.js").read_text()
    return frozenset(re.findall(r"^  (?:async )?(\w+)[:(]", source, re.MULTILINE))


@cache
def element_names() -> frozenset[str]:
    """Return the custom elements that the modules of ``client/`` define."""
    sources = (module.read_text() for module in sorted(CLIENT.glob("*.js")))
    found = (re.findall(r'customElements\.define\("([\w-]+)"', source) for source in sources)
    return frozenset(name for names in found for name in names)


def js(handler: str, *fixed: str) -> str:
    """Return the event code that calls a handler of the client.

    Raises
    ------
    KeyError
        If ``handlers.js`` has no such function: a wrong name fails the build, not the click.
    """
    if handler not in handler_names():
        raise KeyError(f"handlers.js has no {handler!r}: {sorted(handler_names())}")
    arguments = "".join(json.dumps(value) + ", " for value in fixed)
    return f"(...a) => window.sodai.{handler}({arguments}...a)"


def element(*names: str, wrapper: str = "", elem_id: str | None = None) -> gr.HTML:
    """Place custom elements of the client; the markup never changes and holds no data.

    Raises
    ------
    KeyError
        If no module defines one of them.
    """
    if unknown := set(names) - element_names():
        raise KeyError(f"no module defines {sorted(unknown)}: {sorted(element_names())}")
    inner = "".join(f"<{name}></{name}>" for name in names)
    markup = f'<div class="{wrapper}">{inner}</div>' if wrapper else inner
    return gr.HTML(markup, elem_id=elem_id, apply_default_css=False, js_on_load=None)


def build() -> gr.Blocks:
    """Build the site."""
    text = gr.I18n(**words())
    quiet: dict[str, Any] = {"fn": None, "api_visibility": "private", "queue": False}
    pages: dict[str, gr.Tab] = {}
    site = gr.Blocks(title="SodAI Drinks", analytics_enabled=False, fill_width=True)
    with site:
        element("sodai-topbar")
        # Its trigger lets the client set Gradio's outputs: "submit" the tab, "input" the choices.
        link = gr.HTML("", elem_id="link", js_on_load="window.sodai.link = trigger")
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab(text("tab_calls"), id="calls") as pages["calls"]:
                element("sodai-worklist", "sodai-shop", wrapper="calls")
            with gr.Tab(text("tab_predict"), id="predict") as pages["predict"]:
                customer, product, predict, answer = _prediction_form(text)
                element("sodai-newcomer")
            with gr.Tab(text("tab_batch"), id="batch") as pages["batch"]:
                element("sodai-batch", wrapper="page")
            with gr.Tab(text("tab_monitoring"), id="monitoring") as pages["monitoring"]:
                element("sodai-monitoring", wrapper="page")
            with gr.Tab(text("tab_ask"), id="ask") as pages["ask"]:
                element("sodai-ask", wrapper="page")
            with gr.Tab(text("tab_help"), id="help") as pages["help"]:
                element("sodai-help", wrapper="page")
        pair: list[gr.components.Component] = [customer, product]
        gr.on([site.load, link.submit], outputs=[tabs, *pair], js=js("route"), **quiet)
        gr.on([site.load, link.input], outputs=pair, js=js("choices"), **quiet)
        for name, page in pages.items():
            page.select(js=js("tab", name), **quiet)
        # The button is disabled first, or three clicks would ask three times.
        predict.click(outputs=[predict], js=js("busy"), **quiet).then(
            inputs=pair, outputs=[answer, predict], js=js("predict"), **quiet
        )
    return site


def _prediction_form(text: gr.I18n) -> tuple[gr.Dropdown, gr.Dropdown, gr.Button, gr.HTML]:
    with gr.Row(elem_classes="single"):
        with gr.Column(scale=2, min_width=300, elem_classes="single-form"):
            customer = gr.Dropdown(
                [],
                label=text("predict_customer"),
                info=text("predict_customer_info"),
                elem_id="customer",
            )
            product = gr.Dropdown(
                [],
                label=text("predict_product"),
                info=text("predict_product_info"),
                elem_id="product",
            )
            predict = gr.Button(text("predict_button"), variant="primary", elem_id="predict")
        with gr.Column(scale=3, min_width=300):
            answer = element("sodai-invitation", elem_id="answer")
    return customer, product, predict, answer


def theme() -> gr.themes.Base:
    """Return the look: own colours in both modes, one font."""
    ink, teal = (
        Color(**dict(zip(STEPS, SHADES[name].split(), strict=True)), name=name)
        for name in ("ink", "teal")
    )
    base = gr.themes.Base(
        primary_hue=teal,
        secondary_hue=ink,
        neutral_hue=ink,
        font=[PLEX, "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
        radius_size="md",
        spacing_size="md",
        text_size="md",
    )
    dark = {f"{name}_dark": value for name, (_, value) in COLOURS.items() if value is not None}
    light = {name: value for name, (value, _) in COLOURS.items()}
    return base.set(**light, **dark, input_border_width="1px", block_label_text_size="*text_sm")


def gradio_options() -> dict[str, Any]:
    """Return what Gradio's server is told; ``styles.css`` is a file of its own, not Gradio's."""
    return {
        "theme": theme(),
        "i18n": gr.I18n(**words()),
        "footer_links": [],
        "run_history": False,
        "ssr_mode": False,
    }


def words_script() -> str:
    """Return the script that gives the console, which has no Gradio, its texts."""
    texts = json.dumps(words(), ensure_ascii=False, separators=(",", ":"))
    return f"globalThis.sodaiWords = {texts};\n"


def console_page() -> str:
    """Return the console's page with the client's files as they are."""
    names = {"styles": "styles.css", "console": "console.css", "words": "words.js"}
    page = Template((HERE / "runs" / "index.html").read_text())
    return page.substitute(names, client="client", preload="")


def _file(name: str) -> Callable[[], FileResponse]:
    def answer() -> FileResponse:
        return FileResponse(HERE / name)

    return answer


def development_site(api_url: str) -> FastAPI:
    """Return the same Blocks on a Gradio server, with the client's files as they are.

    It passes on what goes to ``/api/``, as the front door does, so that one origin serves both.
    """
    web = FastAPI()
    web.mount("/client", StaticFiles(directory=CLIENT))
    web.get("/config.json")(lambda: {"apiBaseUrl": "api"})

    @web.api_route("/api/{path:path}", methods=["GET", "POST"])
    async def pass_on(path: str, request: Request) -> Response:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            address = f"{api_url}/{path}?{request.url.query}"
            kind = {"content-type": request.headers.get("content-type", "application/json")}
            answer = await client.request(
                request.method, address, content=await request.body(), headers=kind
            )
        return Response(
            answer.content, answer.status_code, media_type=answer.headers["content-type"]
        )

    for name in ("styles.css", "console.css", "icon.svg"):
        web.get(f"/{name}")(_file(name))
    web.get("/words.js")(lambda: PlainTextResponse(words_script(), media_type="text/javascript"))
    web.get("/runs")(lambda: HTMLResponse(console_page()))
    first = (
        b'<head><link rel="stylesheet" href="/styles.css">'
        b'<script type="module" src="/client/main.js"></script>'
    )

    @web.middleware("http")
    async def client_first(request: Request, call_next: Any) -> Response:
        if request.url.path != "/":
            page: Response = await call_next(request)
            return page
        headers = request.scope["headers"]
        request.scope["headers"] = [pair for pair in headers if pair[0] != b"accept-encoding"]
        parts = [part async for part in (await call_next(request)).body_iterator]
        return HTMLResponse(b"".join(parts).replace(b"<head>", first, 1))

    site: FastAPI = gr.mount_gradio_app(web, build(), path="/", **gradio_options())
    return site


if __name__ == "__main__":
    front_door = os.environ.get("SODAI_API_URL", "http://127.0.0.1:8080/api")
    port = int(os.environ.get("PORT", "8810"))
    uvicorn.run(development_site(front_door), host="127.0.0.1", port=port, log_level="warning")
