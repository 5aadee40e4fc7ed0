import json
from pathlib import Path

import pytest
from sodai_local.errors import LocalError
from sodai_local.site import CHECK_FIRST, FOREVER, SiteFile, configure, site_files


@pytest.mark.parametrize(
    ("key", "kind", "kept", "turn"),
    [
        ("assets/index.js", "text/javascript; charset=utf-8", FOREVER, 0),
        ("static/fonts/plex.woff2", "font/woff2", FOREVER, 0),
        ("client-0123456789/main.js", "text/javascript; charset=utf-8", FOREVER, 0),
        ("gradio-config-89abcdef01.js", "text/javascript; charset=utf-8", FOREVER, 0),
        ("theme.css", "text/css; charset=utf-8", CHECK_FIRST, 1),
        ("runs/console.js", "text/javascript; charset=utf-8", CHECK_FIRST, 1),
        ("config.json", "application/json", CHECK_FIRST, 3),
        ("runs/index.html", "text/html; charset=utf-8", CHECK_FIRST, 2),
        ("index.html", "text/html; charset=utf-8", CHECK_FIRST, 3),
    ],
)
def test_file_has_its_kind_its_keeping_time_and_its_turn(key, kind, kept, turn):
    file = SiteFile(key, Path(key))
    assert (file.content_type, file.cache_control, file.turn) == (kind, kept, turn)


def test_keys_are_paths_in_the_exported_folder(tmp_path: Path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "index.html").touch()
    (tmp_path / "index.html").touch()
    assert [file.key for file in site_files(tmp_path)] == ["index.html", "runs/index.html"]


def test_site_is_told_the_margin_and_keeps_where_its_api_answers(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"apiBaseUrl": "api"}')
    configure(tmp_path, {"UnitMargin": "350", "Currency": "CLP", "SiteBucket": "x"})
    told = json.loads((tmp_path / "config.json").read_text())
    assert told == {"apiBaseUrl": "api", "unitMargin": 350.0, "currency": "CLP"}


def test_site_is_told_where_to_sign_in_as_long_as_the_stack_names_a_client(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"apiBaseUrl": "api"}')
    outputs = {"UnitMargin": "0", "Currency": "CLP"}
    named = {
        "OidcIssuer": "https://id.example.org/shop",
        "OidcAudience": "sodai",
        "OidcClientId": "site",
        "OidcScope": "openid",
        "OidcOrigins": "https://id.example.org",
    }
    configure(tmp_path, outputs | named)
    assert json.loads((tmp_path / "config.json").read_text())["signIn"] == {
        "issuer": "https://id.example.org/shop",
        "audience": "sodai",
        "clientId": "site",
        "scope": "openid",
    }
    with pytest.raises(LocalError, match="without OidcOrigins"):
        configure(tmp_path, outputs | named | {"OidcOrigins": ""})
    configure(tmp_path, outputs)
    assert "signIn" not in json.loads((tmp_path / "config.json").read_text())
