"""The bucket holds what the exported site holds, and nothing of an older one."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from sodai_local.site import upload

BUCKET = "sodai-site-test"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def site(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def keys(s3: Any) -> set[str]:
    return {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}


def test_files_of_an_older_site_are_removed(s3, tmp_path):
    old = {"index.html": "a", "client-0123456789/main.js": "old", "runs/index.html": "r"}
    new = {"index.html": "b", "client-abcdef0123/main.js": "new", "runs/index.html": "r"}
    assert upload(s3, BUCKET, site(tmp_path / "old", old)) == 3
    assert upload(s3, BUCKET, site(tmp_path / "new", new)) == 2
    assert keys(s3) == set(new)
    assert s3.get_object(Bucket=BUCKET, Key="index.html")["Body"].read() == b"b"


def test_what_is_there_already_is_not_sent_again(s3, tmp_path):
    folder = site(tmp_path, {"index.html": "a", "config.json": "{}"})
    upload(s3, BUCKET, folder)
    assert upload(s3, BUCKET, folder) == 0
    assert keys(s3) == {"index.html", "config.json"}


def test_pages_come_after_what_they_name_and_nothing_is_removed_before_them(s3, tmp_path):
    asked = []
    upload(s3, BUCKET, site(tmp_path / "old", {"assets/gone.js": "x"}))
    s3.meta.events.register(
        "before-call.s3",
        lambda model, params, **_: asked.append(
            (model.name, params["url_path"].removeprefix(f"/{BUCKET}").lstrip("/"))
        ),
    )
    new = {"index.html": "a", "config.json": "{}", "theme.css": "t", "assets/new.js": "n"}
    upload(s3, BUCKET, site(tmp_path / "new", new))
    sent = [key for name, key in asked if name == "PutObject"]
    assert sent[:2] == ["assets/new.js", "theme.css"]
    assert set(sent[2:]) == {"config.json", "index.html"}
    assert asked[-1][0] == "DeleteObjects"
