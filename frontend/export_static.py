"""Write the site and the run console as static files: ``export_static.py --out DIR``.

No port is opened and no network is used: Gradio's own routes are read in this process. The same
sources give the same bytes.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from frontend import app as site  # isort: skip  (quiets Gradio before it is imported)
import gradio as gr
from fastapi import FastAPI
from fastapi.testclient import TestClient

from frontend import gradio_files

TESTED: Final = "6.31.0"
ENTRIES: Final = ("main.js", "console.js")
PROVIDER: Final = "provider.js"  # the library that signs in, apart: most stacks do without
SERVER_ONLY: Final = frozenset(
    ["file", "uploadbutton", "downloadbutton", "image", "audio", "video", "gallery"]
)
ENTRY_SCRIPT: Final = r'<script type="module" crossorigin src="(\./assets/[^"]+)">'
ENTRY_STYLES: Final = r'<link rel="stylesheet" crossorigin href="(\./assets/[^"]+)">'
START: Final = """
window.gradio_config.root = new URL(".", document.baseURI).href.replace(/\\/$/, "");
window.gradio_api_info = {named_endpoints: {}, unnamed_endpoints: {}};
window.__gradio_mode__ = "app";
"""


class ExportError(Exception):
    """The Blocks hold something that only works with a server behind them."""


def digest(*texts: str) -> str:
    """Return a short hash that changes with any of the texts."""
    return sha256("\0".join(texts).encode()).hexdigest()[:10]


def read_gradio(blocks: gr.Blocks) -> tuple[str, str, dict[str, Any]]:
    """Return the page, the theme and the config that Gradio's server would send."""
    server = gr.mount_gradio_app(FastAPI(), blocks, path="/", **site.gradio_options())
    with TestClient(server) as client:
        page = client.get("/").raise_for_status().text
        theme = client.get("/theme.css").raise_for_status().text
    found = re.search(r"<script>window\.gradio_config = (.*?);</script>", page, re.DOTALL)
    if found is None:
        raise ExportError("Gradio's page holds no config: its template has changed")
    config: dict[str, Any] = json.loads(found.group(1))
    return page, theme, config


def faults(config: dict[str, Any]) -> dict[str, list[Any]]:
    """Return what cannot work without a server, by reason; empty when all is well."""
    parts, events = config["components"], config["dependencies"]
    found = {
        "events need fn=None and js=...": [
            event["id"] for event in events if event["backend_fn"] or not event["js"]
        ],
        "gr.State, unload or streaming keeps a heartbeat to a server": [
            *filter(None, [config.get("connect_heartbeat")])
        ],
        "style sheets of a foreign host": config.get("stylesheets") or [],
        "components that send files to a server": [
            part["type"] for part in parts if part["type"] in SERVER_ONLY
        ],
        "html_template is run as code, its data included": [
            part["id"] for part in parts if "{{" in str(part["props"].get("html_template"))
        ],
    }
    return {reason: where for reason, where in found.items() if where}


def client_config(config: dict[str, Any]) -> str:
    """Return the script that Gradio's entry reads, free of what differs between machines."""
    config = config | {
        "root": "",
        "username": None,
        "dev_mode": False,
        "app_id": None,
        "connect_heartbeat": False,
    }
    for part in config["components"]:  # Gradio hashes the path of its own installation here
        part["component_class_id"] = sha256(part["type"].encode()).hexdigest()
    text = json.dumps(config, ensure_ascii=False).replace("</", "<\\/")
    return f"window.gradio_config = {text};{START}"


def esbuild() -> str | None:
    """Return the bundler where it is at hand: beside the sources or on the path."""
    beside = site.HERE / "node_modules" / ".bin" / "esbuild"
    return str(beside) if beside.exists() else shutil.which("esbuild")


def client_files(bundler: str | None) -> dict[str, str]:
    """Return the client's modules by name: one small file per page, or the modules as they are."""
    if bundler is None:
        paths = sorted(site.CLIENT.glob("*.js"))
        return {path.name: path.read_text() for path in paths if path.name != PROVIDER}
    options = ("--format=esm", f"--external:./{PROVIDER}")
    return {entry: bundled(bundler, site.CLIENT / entry, *options) for entry in ENTRIES}


def provider_file(bundler: str | None) -> dict[str, str]:
    """Return the library that signs in, which only a bundler can make a file of."""
    try:
        if bundler is not None:
            return {PROVIDER: bundled(bundler, site.CLIENT / PROVIDER, "--format=esm")}
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.stderr)
    raise ExportError(
        "A site that signs in needs Node and the packages of frontend/package-lock.json. "
        "Run: npm ci --prefix frontend"
    )


def style_sheet(bundler: str | None, name: str) -> str:
    """Return one of the style sheets, small where a bundler is at hand."""
    path = site.HERE / name
    return path.read_text() if bundler is None else bundled(bundler, path)


def bundled(bundler: str, path: Path, *options: str) -> str:
    """Return a module or style sheet, bundled and minified."""
    command = [bundler, str(path), "--bundle", "--minify", "--charset=utf8", *options]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def preloads(folder: str, names: Iterable[str], entry: str) -> str:
    """Return links that fetch the modules of a page at once, where they were not bundled."""
    links = (f'<link rel="modulepreload" href="{folder}/{name}">' for name in sorted(names))
    return "\n".join(link for link, name in zip(links, sorted(names), strict=True) if name != entry)


def reached(modules: dict[str, str], entry: str) -> set[str]:
    """Return the modules that an entry imports, itself included."""
    found, todo = set[str](), [entry]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        todo += re.findall(r'^(?:import|.*\bfrom) "\./([\w-]+\.js)";', modules[name], re.MULTILINE)
    return found


def entry_of(page: str, pattern: str) -> str:
    """Return an address that Gradio's page names."""
    found = re.search(pattern, page)
    if found is None:
        raise ExportError(f"Gradio's page holds no {pattern}: its template has changed")
    return found.group(1)


def export(out: Path, api_base_url: str = "api", *, sign_in: bool = False) -> dict[str, int | bool]:
    """Write everything that the front door serves.

    Parameters
    ----------
    out : Path
        Folder to fill; what it held is removed.
    api_base_url : str
        Where the API answers; relative to the root of the site.
    sign_in : bool
        Whether the library that signs in goes along.

    Returns
    -------
    dict
        Number of ``files`` and ``bytes``, and whether the client was ``bundled``.

    Raises
    ------
    ExportError
        If the Blocks need a server, what signs in is not installed, or Gradio is not the version
        this was tested with.
    """
    if gr.__version__ != TESTED:
        raise ExportError(
            f"gradio {gr.__version__} is not the tested {TESTED}: "
            "run the browser tests with it, then change TESTED"
        )
    bundler = esbuild()
    modules = client_files(bundler) | (provider_file(bundler) if sign_in else {})
    page, theme, config = read_gradio(site.build())
    if wrong := faults(config):
        raise ExportError("; ".join(f"{reason}: {where}" for reason, where in wrong.items()))
    styles, console = (style_sheet(bundler, name) for name in ("styles.css", "console.css"))
    start, words = client_config(config), site.words_script()
    names = {
        "client": f"client-{digest(*modules.values())}",
        "styles": f"styles-{digest(styles)}.css",
        "console": f"console-{digest(console)}.css",
        "config": f"gradio-config-{digest(start)}.js",
        "words": f"words-{digest(words)}.js",
    }
    colours = config["body_css"]
    values = names | {
        "title": config["title"],
        "bg": colours["body_background_fill"],
        "fg": colours["body_text_color"],
        "bg_dark": colours["body_background_fill_dark"],
        "fg_dark": colours["body_text_color_dark"],
        "entry": entry_of(page, ENTRY_SCRIPT),
        "entry_css": entry_of(page, ENTRY_STYLES),
    }
    shutil.rmtree(out, ignore_errors=True)
    types = {part["type"] for part in config["components"]}
    entries = [values["entry"], values["entry_css"]]
    gradio_files.copy(out, entries, types, set(site.LANGUAGES), theme)
    texts = {
        names["styles"]: styles,
        names["console"]: console,
        names["config"]: start,
        names["words"]: words,
        "theme.css": theme,
        "icon.svg": (site.HERE / "icon.svg").read_text(),
        "config.json": json.dumps({"apiBaseUrl": api_base_url}),
        "index.html": filled("index.html", modules, "./", "main.js", values),
        "runs/index.html": filled("runs/index.html", modules, "/", "console.js", values),
        **{f"{names['client']}/{name}": text for name, text in modules.items()},
    }
    for name, text in texts.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, "utf-8")
    written = [path for path in out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in written)
    return {"files": len(written), "bytes": size, "bundled": bundler is not None}


def filled(
    name: str, modules: dict[str, str], root: str, entry: str, values: dict[str, str]
) -> str:
    """Return a page with the addresses of this export."""
    text = (site.HERE / name).read_text()
    links = preloads(f"{root}{values['client']}", reached(modules, entry), entry)
    return Template(text).substitute(values, preload=links)


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("dist"))
    parser.add_argument("--api-base-url", default="api")
    parser.add_argument("--sign-in", action="store_true")
    options = parser.parse_args()
    try:
        made = export(options.out, options.api_base_url, sign_in=options.sign_in)
    except ExportError as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
