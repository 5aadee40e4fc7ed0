"""Film a walk through a running front door: ``demo.py --url http://127.0.0.1:8080``.

What Chromium paints is taken from its screencast, with its moments, and encoded by the ffmpeg of
the package imageio-ffmpeg; captions are in both languages. Shops, files and runs are those that
are published.
"""

import argparse
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import imageio_ffmpeg  # type: ignore[import-not-found]
from playwright.sync_api import CDPSession, Page, expect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from frontend.screenshots import PATIENCE_MS, chromium, read

SIZE: Final[Any] = {"width": 1280, "height": 720}
LONGEST: Final = 90.0  # seconds
LAST_FRAME: Final = 1.5
QUALITY: Final = ["-c:v", "libvpx-vp9", "-crf", "38", "-b:v", "0", "-row-mt", "1", "-cpu-used", "4"]

# Light DOM of our own, above everything: what is told, and where the pointer is.
STAGE: Final = """() => {
  if (document.getElementById("demo-caption")) return;
  const caption = Object.assign(document.createElement("div"), {id: "demo-caption"});
  caption.style.cssText = "position:fixed;z-index:99;left:0;right:0;bottom:0;padding:16px 28px;"
    + "background:rgba(15,20,29,.94);color:#fff;font:700 21px/1.35 'IBM Plex Sans',sans-serif;"
    + "text-align:center;pointer-events:none";
  const pointer = Object.assign(document.createElement("div"), {id: "demo-pointer"});
  pointer.style.cssText = "position:fixed;z-index:100;width:22px;height:22px;margin:-11px;"
    + "border-radius:50%;background:rgba(15,115,109,.35);border:2px solid #0f736d;"
    + "pointer-events:none;left:-50px;top:0;transition:left .25s,top .25s";
  document.body.append(caption, pointer);
  addEventListener("mousemove", ({clientX: x, clientY: y}) => {
    pointer.style.left = `${x}px`; pointer.style.top = `${y}px`;
  }, true);
}"""
SAY: Final = """([es, en]) => {
  const box = document.getElementById("demo-caption");
  const small = Object.assign(document.createElement("div"), {textContent: en, lang: "en"});
  small.style.cssText = "margin-top:2px;color:#a8e2da;font-weight:400;font-size:16px";
  box.replaceChildren(document.createTextNode(es), small);
}"""


@dataclass
class Film:
    """Frames as Chromium painted them, each with its moment in seconds."""

    folder: Path
    moments: list[float] = field(default_factory=list)

    def take(self, session: CDPSession) -> None:
        """Film what this page paints."""

        def keep(frame: dict[str, Any]) -> None:
            (self.folder / f"{len(self.moments):05}.jpg").write_bytes(b64decode(frame["data"]))
            self.moments.append(float(frame["metadata"]["timestamp"]))
            session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

        session.on("Page.screencastFrame", keep)
        session.send("Page.startScreencast", {"format": "jpeg", "quality": 92})

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.moments[-1] - self.moments[0] + LAST_FRAME

    def script(self) -> str:
        """Return the frames and how long each is shown, as ffmpeg's concat demuxer reads them."""
        ends = [*self.moments[1:], self.moments[-1] + LAST_FRAME]
        lines = [
            f"file {i:05}.jpg\nduration {max(end - begin, 0.001):.4f}"
            for i, (begin, end) in enumerate(zip(self.moments, ends, strict=True))
        ]
        return "\n".join(["ffconcat version 1.0", *lines, f"file {len(ends) - 1:05}.jpg"])


def encode(film: Film, out: Path) -> None:
    """Write the film as webm."""
    script = film.folder / "frames.txt"
    script.write_text(film.script())
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-f", "concat"]
    command += ["-i", str(script), "-vf", "fps=15,format=yuv420p", *QUALITY, str(out)]
    subprocess.run(command, check=True)


class Guide:
    """Walks through the site and says what is seen."""

    def __init__(self, page: Page, root: str, film: Film) -> None:
        self.page, self.root, self._film = page, root, film
        self._session: CDPSession | None = None

    def open(self, address: str, shown: str) -> None:
        """Go to an address, and film from there."""
        self.page.goto(f"{self.root}{address}")
        expect(self.page.locator(shown).first).to_be_visible()
        self.page.evaluate(STAGE)
        if self._session is None:
            self._session = self.page.context.new_cdp_session(self.page)
            self._film.take(self._session)

    def end(self) -> None:
        """Stop filming."""
        if self._session is not None:
            self._session.send("Page.stopScreencast")
            self.page.wait_for_timeout(500)  # what is under way arrives

    def say(self, es: str, en: str, seconds: float) -> None:
        """Show a caption for a while."""
        self.page.evaluate(SAY, [es, en])
        self.page.wait_for_timeout(seconds * 1000)

    def press(self, selector: str, rest: float = 0.8) -> None:
        """Move to something, press it and rest."""
        found = self.page.locator(selector).first
        found.scroll_into_view_if_needed()
        found.hover()
        self.page.wait_for_timeout(350)
        found.click()
        self.page.wait_for_timeout(rest * 1000)

    def scroll(self, pixels: int, seconds: float) -> None:
        """Scroll down smoothly."""
        self.page.evaluate("y => scrollBy({top: y, behavior: 'smooth'})", pixels)
        self.page.wait_for_timeout(seconds * 1000)

    def tab(self, name: str, shown: str) -> None:
        """Open a tab."""
        self.page.evaluate("scrollTo(0, 0)")
        self.page.get_by_role("tab", name=name).hover()
        self.page.wait_for_timeout(300)
        self.page.get_by_role("tab", name=name).click()
        expect(self.page.locator(shown).first).to_be_visible()


Scene = Callable[[Guide, dict[str, Any]], None]


def calls(guide: Guide, facts: dict[str, Any]) -> None:
    """Show the work list, a shop with its reasons, and a call that is noted."""
    guide.open("?lang=es#/calls", "sodai-worklist a[data-id]")
    guide.say(
        "Lunes, 9:00. ¿A qué tienda llamar primero, qué ofrecerle y por qué?",
        "Monday, 9 am. Which shop to call first, what to offer, and why?",
        4.5,
    )
    guide.press("sodai-worklist a[data-id]")
    guide.say(
        "Cada tienda: lo que pedirá, con qué probabilidad y las razones en palabras.",
        "Each shop: what it will order, how probably, and the reasons in words.",
        4.5,
    )
    if guide.page.locator(".offer .weighed summary").count():
        guide.press(".offer .weighed summary")
        guide.say(
            "Qué pesó: señales que suben o bajan la probabilidad y que suman exacto.",
            "What weighed: signals that raise or lower the probability and add up exactly.",
            4.5,
        )
    guide.page.evaluate("scrollTo({top: 0, behavior: 'smooth'})")
    guide.press("[data-outcome=ordered]")
    guide.say(
        "La llamada se anota aquí; «Siguiente» salta a la próxima que falta.",
        "The call is noted here; “Next” goes to the next one still to make.",
        2.5,
    )
    guide.press(".shop-head nav .primary", 2)


def predict(guide: Guide, facts: dict[str, Any]) -> None:
    """Ask for one shop and one product."""
    guide.tab("Predicción individual", "#predict")
    guide.say(
        "Una tienda y un producto cualquiera: se eligen de listas.",
        "Any shop and any product, chosen from lists.",
        0.5,
    )
    for name in ("customer", "product"):
        guide.press(f"#{name} input", 0.3)
        guide.page.keyboard.type(str(facts[name]), delay=70)
        guide.page.wait_for_timeout(400)
        guide.page.keyboard.press("Enter")
    guide.press("#predict", 0.5)
    expect(guide.page.locator("#answer .gauge")).to_be_visible()
    guide.say(
        "La probabilidad está calibrada: de cien pares con 60 %, se piden unos sesenta.",
        "The probability is calibrated: of a hundred pairs at 60 %, about sixty are ordered.",
        3,
    )
    guide.scroll(320, 2.5)


def batch(guide: Guide, facts: dict[str, Any]) -> None:
    """Score a file of pairs, three of them broken."""
    guide.tab("Por lotes", "sodai-batch .drop")
    guide.say(
        "Un CSV de pares, como sale de Excel: los errores se dicen línea por línea.",
        "A CSV of pairs, as Excel writes it: errors are told line by line.",
        2,
    )
    file = {"name": "pares.csv", "mimeType": "text/csv", "buffer": facts["pairs"].encode("cp1252")}
    guide.page.locator(".drop input").set_input_files(file)  # type: ignore[arg-type]
    expect(guide.page.locator("sodai-batch tbody tr").first).to_be_visible()
    guide.scroll(220, 4)


def monitoring(guide: Guide, facts: dict[str, Any]) -> None:
    """Show how the model does."""
    guide.tab("Seguimiento", "sodai-monitoring .board")
    guide.say(
        "¿Acertó? Cada semana cumplida, junto a repetir lo habitual.",
        "Was it right? Each week that came true, beside repeating what is usual.",
        4,
    )
    guide.scroll(560, 3)
    guide.say(
        "Deriva por variable contra su límite, calibración, importancia y sus cambios.",
        "Drift by feature against its limit, calibration, importance and its changes.",
        3.5,
    )
    guide.scroll(560, 3)
    guide.scroll(5000, 3)


def ask(guide: Guide, facts: dict[str, Any]) -> None:
    """Ask the data a question."""
    guide.tab("Preguntas", "#question")
    guide.say(
        "Preguntas a los datos: la respuesta trae su consulta, o dice «no sé».",
        "Questions to the data: the answer shows its query, or says “I don't know”.",
        1,
    )
    guide.press("#question", 0.2)
    guide.page.keyboard.type("Top 5 productos del mes pasado", delay=45)
    guide.page.keyboard.press("Enter")
    expect(guide.page.locator("sodai-ask .card table")).to_be_visible()
    guide.press("sodai-ask .query summary", 3)


def console(guide: Guide, facts: dict[str, Any]) -> None:
    """Show a run, state by state."""
    guide.open(f"runs?lang=es#/{facts['run']}", "sodai-run .steps-list li")
    guide.say(
        "Cada ejecución: qué hizo cada paso, qué decidió y por qué.",
        "Each run: what every state did, what it decided, and why.",
        4,
    )
    guide.scroll(620, 3)
    guide.open("?lang=en&__theme=dark#/calls", "sodai-worklist a[data-id]")
    guide.say("También en inglés, de noche y en el teléfono.", "At night and on a phone too.", 3)


SCENES: Final[tuple[Scene, ...]] = (calls, predict, batch, monitoring, ask, console)


def facts_of(api_url: str) -> dict[str, Any]:
    """Return what the walk needs, as it is published now."""
    listed = read(f"{api_url}/calls?limit=300")["items"]
    pairs = [f"{call['customer_id']};{call['top_product_id']}" for call in listed]
    return {
        "customer": listed[3]["customer_id"],
        "product": listed[3]["top_product_id"],
        "pairs": "\r\n".join(["código;artículo", "tienda;1", "999999999;5", *pairs]),
        "run": read(f"{api_url}/runs")["items"][0]["run"],
    }


def record(url: str, out: Path) -> float:
    """Film the walk, and return how many seconds it lasts.

    Raises
    ------
    ValueError
        If it lasts longer than it may.
    """
    root = url.rstrip("/") + "/"
    facts = facts_of(f"{root}api")
    with TemporaryDirectory() as folder, chromium() as browser:
        page = browser.new_page(viewport=SIZE, locale="es", color_scheme="light")
        film = Film(Path(folder))
        guide = Guide(page, root, film)
        for scene in SCENES:
            scene(guide, facts)
        guide.end()
        if film.seconds > LONGEST:
            raise ValueError(f"the film lasts {film.seconds:.0f} s, at most {LONGEST:.0f} s")
        out.parent.mkdir(parents=True, exist_ok=True)
        encode(film, out)
        return film.seconds


def main() -> None:
    """Read the command line and film."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--out", type=Path, default=Path("docs/demo.webm"))
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    seconds = record(options.url, options.out)
    size = options.out.stat().st_size / 1e6
    sys.stdout.write(f"{options.out}: {seconds:.0f} s, {size:.1f} MB\n")


if __name__ == "__main__":
    main()
