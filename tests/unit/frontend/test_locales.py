"""Both languages are complete, and no text is unused or missing."""

import json
import re

import pytest

from tests.conftest import ROOT

FRONTEND = ROOT / "frontend"
CODE = "\n".join(
    path.read_text() for path in [*sorted(FRONTEND.glob("client/*.js")), FRONTEND / "app.py"]
)
# Groups of which the code builds the key from a value: t(`level_${level}`), named("state", name).
BUILT = set(re.findall(r"`(\w+_)\$\{", CODE)) | {
    f"{prefix}_" for prefix in re.findall(r'named\("(\w+)"', CODE)
}
NAMED = set(re.findall(r'\b(?:t|text|knows)\(\s*"(\w+)"', CODE))
COUNTED = set(re.findall(r'\bcount\(\s*"(\w+)"', CODE))


def texts(language):
    return json.loads((FRONTEND / "locales" / f"{language}.json").read_text())


def test_both_languages_hold_the_same_keys():
    assert list(texts("es")) == list(texts("en"))


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_text_is_empty(language):
    assert [key for key, text in texts(language).items() if not text.strip()] == []


def test_both_languages_fill_in_the_same_values():
    spanish, english = texts("es"), texts("en")
    differ = [
        key
        for key, text in spanish.items()
        if set(re.findall(r"\{\w+\}", text)) != set(re.findall(r"\{\w+\}", english[key]))
    ]
    assert differ == []


def test_every_key_in_the_code_has_a_text():
    wanted = NAMED | COUNTED | {f"{key}_one" for key in COUNTED}
    assert sorted(wanted - set(texts("es"))) == []


def test_every_text_is_used():
    unused = [
        key
        for key in texts("es")
        if f'"{key}"' not in CODE
        and not any(key.startswith(prefix) for prefix in BUILT)
        and key.removesuffix("_one") not in COUNTED
    ]
    assert unused == []


def test_texts_are_sorted_so_that_changes_are_read_easily():
    assert list(texts("es")) == sorted(texts("es"))
