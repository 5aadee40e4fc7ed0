"""Copy what a page reaches of the files that Gradio ships: a quarter of them."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import gradio as gr

FRONTEND: Final = Path(gr.__file__).parent / "templates" / "frontend"
STATIC_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport) ?["'`]\./([\w.-]+)["'`]""")
LAZY_IMPORT: Final = re.compile(r"\bimport\(`\./([\w.-]+)`\)")
LISTED: Final = re.compile(r"m\.f=\[(.*?)\]")
# In the one module that maps component types to modules, and languages to texts:
COMPONENT: Final = re.compile(r"[{,](\w+):\{(?=(?:base|component|example):)")
OF_COMPONENT: Final = re.compile(
    r"\b(?:base|component|example):\(\)=>\w+\(\(\)=>import\(`\./([\w.-]+)`\)[^,]*"
    r",(?:__vite__mapDeps\(\[([\d,]*)\]\)|\[\])"
)
OF_LANGUAGE: Final = re.compile(r'"\./lang/([\w-]+)\.json":\(\)=>\w+\(\(\)=>import\(`\./([\w.-]+)`')
STYLE_URL: Final = re.compile(r"url\(['\"]?\./([\w.-]+)['\"]?\)")


def copy(
    out: Path, entries: Iterable[str], types: set[str], languages: set[str], theme: str
) -> None:
    """Copy to a folder the files that entries, component types and a theme reach.

    Parameters
    ----------
    out : Path
        Folder of the site.
    entries : iterable of str
        What Gradio's page loads, as ``./assets/<name>``.
    types : set of str
        Component types of the config: Gradio loads each by its name.
    languages : set of str
        Languages of the site: Gradio loads its own texts in each.
    theme : str
        Style sheet of the theme; only the fonts it names are copied.
    """
    for name in sorted(reached([Path(entry).name for entry in entries], types, languages)):
        _copy(out, f"assets/{name}")
    for font in sorted(set(re.findall(r"url\('(static/fonts/[^']+)'\)", theme))):
        _copy(out, font)


def _copy(out: Path, name: str) -> None:
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FRONTEND / name, out / name)


def reached(entries: Iterable[str], types: set[str], languages: set[str]) -> set[str]:
    """Return the names of the assets that entries reach with these components and languages."""
    found, todo = set[str](), list(entries)
    while todo:
        name = todo.pop()
        path = FRONTEND / "assets" / name
        if name in found or not path.is_file():
            continue
        found.add(name)
        if path.suffix == ".js":
            todo += _imports(path.read_text("utf-8"), types, languages)
        elif path.suffix == ".css":
            todo += STYLE_URL.findall(path.read_text("utf-8"))
    return found


def _imports(source: str, types: set[str], languages: set[str]) -> list[str]:
    names = STATIC_IMPORT.findall(source)
    found = LISTED.search(source)
    listed = re.findall(r'"\./([\w.-]+)"', found.group(1)) if found else []
    owners = [(match.start(), match.group(1)) for match in COMPONENT.finditer(source)]
    if len(owners) <= len(types):  # an ordinary module
        return names + listed + LAZY_IMPORT.findall(source)
    names += [name for language, name in OF_LANGUAGE.findall(source) if language in languages]
    for match in OF_COMPONENT.finditer(source):
        owner = max((start, name) for start, name in owners if start < match.start())[1]
        if owner in types:
            names.append(match.group(1))
            names += [listed[int(i)] for i in (match.group(2) or "").split(",") if i]
    return names
