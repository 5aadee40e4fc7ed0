"""The export: complete, reproducible, without a server, and strict about what needs one."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from tests.conftest import ROOT

EXPORTER = ROOT / "frontend" / "export_static.py"


ELSEWHERE = "https://example.org/v1"
WITHOUT_NETWORK = f"""
import runpy, socket
def refuse(*arguments):
    raise AssertionError(f"a connection or a port was opened: {{arguments}}")
socket.socket.connect = socket.socket.bind = refuse
runpy.run_path({str(EXPORTER)!r}, run_name="__main__")
"""


def export(*command):
    ended = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    return json.loads(ended.stdout)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Folder of an exported site."""
    out = tmp_path_factory.mktemp("site") / "dist"
    assert export(str(EXPORTER), "--out", str(out))["files"] > 20
    return out


@pytest.fixture(scope="session")
def again(tmp_path_factory):
    """The same, for an API elsewhere, over an older export and without a network."""
    out = tmp_path_factory.mktemp("again") / "dist"
    out.mkdir()
    (out / "old.js").write_text("old")
    export("-c", WITHOUT_NETWORK, "--out", str(out), "--api-base-url", ELSEWHERE)
    return out


@pytest.fixture(scope="session")
def exporter():
    """The exporter's module; Gradio warns about its own dependencies while it is imported."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from frontend import export_static
    return export_static


class Page(HTMLParser):
    """What a page loads, and whether it holds code of its own."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.inline, self._in_script = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self._in_script = tag == "script"
        self.loads += [v for k, v in attributes if k in {"src", "href"} and tag != "a"]
        self.inline += [name for name in values if name.startswith("on")]

    def handle_data(self, data):
        if self._in_script and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag):
        self._in_script = False


PAGES = ["index.html", "runs/index.html"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_load_only_files_of_the_export(site, name):
    loads = Page((site / name).read_text()).loads
    assert loads
    assert [path for path in loads if not (site / path.lstrip("./")).is_file()] == []


@pytest.mark.parametrize("name", PAGES)
def test_pages_hold_no_code_of_their_own(site, name):
    assert Page((site / name).read_text()).inline == []


def test_console_loads_from_the_root_whatever_its_address_ends_with(site):
    loads = Page((site / "runs" / "index.html").read_text()).loads
    assert all(path.startswith("/") for path in loads)


def test_modules_import_only_modules_of_the_export(site):
    for module in site.glob("client-*/*.js"):
        for name in re.findall(r'from ?"\./([\w-]+\.js)"', module.read_text()):
            assert (module.parent / name).is_file(), f"{module.name} imports {name}"


def test_gradio_files_import_only_files_of_the_export(site):
    registry = next(site.glob("assets/core-*.js"))
    for module in site.glob("assets/*.js"):
        if module == registry:  # it names every component; only those of the site are there
            continue
        for name in re.findall(r'(?:from|import)["`]\./([\w.-]+)["`]', module.read_text()):
            assert (module.parent / name).is_file(), f"{module.name} imports {name}"


def test_every_component_of_the_site_can_be_loaded(site):
    script = next(site.glob("gradio-config-*.js")).read_text()
    config, _ = json.JSONDecoder().raw_decode(script.removeprefix("window.gradio_config = "))
    registry = next(site.glob("assets/core-*.js")).read_text()
    for kind in {part["type"] for part in config["components"]}:
        found = re.search(rf"[{{,]{kind}:\{{.*?component:.*?import\(`\./([\w.-]+)`\)", registry)
        assert found is not None, kind
        assert (site / "assets" / found.group(1)).is_file(), kind


def test_same_sources_give_the_same_bytes(site, again):
    files = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    differ = [str(f) for f in files if (site / f).read_bytes() != (again / f).read_bytes()]
    assert differ == ["config.json"]


def test_api_address_is_relative_unless_told(site, again):
    assert json.loads((site / "config.json").read_text()) == {"apiBaseUrl": "api"}
    assert json.loads((again / "config.json").read_text()) == {"apiBaseUrl": ELSEWHERE}


def test_export_replaces_what_was_there_and_needs_no_network(again):
    assert (again / "index.html").is_file()
    assert not (again / "old.js").exists()


def component(**changes):
    return {"id": 1, "type": "html", "props": {}, **changes}


def event(**changes):
    return {"id": 1, "backend_fn": False, "js": "() => []", **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dependencies": [event(backend_fn=True)]}, "js="),
        ({"dependencies": [event(js=None)]}, "js="),
        ({"connect_heartbeat": True}, "heartbeat"),
        ({"stylesheets": ["https://fonts.example.org/x.css"]}, "foreign host"),
        ({"components": [component(type="file")]}, "send files"),
        ({"components": [component(props={"html_template": "{{value}}"})]}, "run as code"),
    ],
    ids=["python", "no-js", "heartbeat", "fonts", "upload", "template"],
)
def test_what_needs_a_server_is_named(exporter, changes, words):
    sound = {"components": [component()], "dependencies": [event()], "connect_heartbeat": False}
    assert exporter.faults(sound) == {}
    (reason,) = exporter.faults(sound | changes)
    assert words in reason


def test_another_gradio_is_refused(exporter, monkeypatch, tmp_path):
    monkeypatch.setattr(exporter, "TESTED", "0.0.0")
    with pytest.raises(exporter.ExportError, match=r"not the tested 0\.0\.0"):
        exporter.export(tmp_path / "dist")


def test_site_that_signs_in_is_refused_by_name_where_its_library_cannot_be_bundled(
    exporter, monkeypatch, tmp_path
):
    monkeypatch.setattr(exporter, "esbuild", lambda: None)
    with pytest.raises(exporter.ExportError, match="npm ci --prefix frontend"):
        exporter.export(tmp_path / "dist", sign_in=True)
    assert not (tmp_path / "dist").exists()


def test_site_that_does_not_sign_in_goes_without_the_library(site):
    assert [path.name for path in site.rglob("provider.js")] == []


def test_wrong_names_fail_the_build(exporter):
    with pytest.raises(KeyError, match="predicct"):
        exporter.site.js("predicct")
    with pytest.raises(KeyError, match="sodai-nothing"):
        exporter.site.element("sodai-nothing")


DEVELOPMENT = """
from frontend.app import development_site
from fastapi.testclient import TestClient
with TestClient(development_site("http://127.0.0.1:9/api")) as client:
    page = client.get("/").raise_for_status().text
    assert page.index("/client/main.js") < page.index("gradio_config")
    for path in ("styles.css", "console.css", "icon.svg", "words.js", "client/main.js", "runs"):
        client.get(f"/{path}").raise_for_status()
    assert client.get("/config.json").json() == {"apiBaseUrl": "api"}
"""


def test_development_server_serves_the_same_client():
    command = [sys.executable, "-c", DEVELOPMENT]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
