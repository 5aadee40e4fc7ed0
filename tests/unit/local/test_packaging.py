import io
import zipfile
from pathlib import Path

import pytest
from sodai_local.errors import LocalError
from sodai_local.packaging import fingerprint, package, zipped


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "functions/plan/app.py": "import sodai",
        "functions/plan/__pycache__/app.pyc": "left behind",
        "layers/sodai/python/sodai/__init__.py": "",
        "layers/sodai/requirements.txt": "boto3",
        "machine.json": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def template(**function: object) -> dict:
    return {
        "Resources": {
            "Plan": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"CodeUri": "functions/plan/", "Handler": "app.handler"},
                **function,
            },
            "Week": {
                "Type": "AWS::Serverless::StateMachine",
                "Properties": {"DefinitionUri": "machine.json"},
            },
        }
    }


def names_in(archive: bytes) -> dict[str, int]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {entry.filename: entry.external_attr >> 16 for entry in opened.infolist()}


def test_same_files_give_the_same_bytes():
    assert zipped({"b": b"2", "a": b"1"}) == zipped({"a": b"1", "b": b"2"})


def test_function_is_packed_with_its_library_and_an_executable_bootstrap(project: Path):
    metadata = {"LayerFolders": ["layers/sodai/"]}
    built = package(template(Metadata=metadata), project, "packages")
    code = built.template["Resources"]["Plan"]["Properties"]["CodeUri"]
    assert code["Bucket"] == "packages"
    assert names_in(built.objects[code["Key"]]) == {
        "app.py": 0o644,
        "bootstrap": 0o755,
        "sodai/__init__.py": 0o644,
        "sodai_worker.py": 0o644,
    }


def test_function_for_aws_is_its_folder_alone(project: Path):
    built = package(template(), project, "packages")
    code = built.template["Resources"]["Plan"]["Properties"]["CodeUri"]
    assert list(names_in(built.objects[code["Key"]])) == ["app.py"]
    definition = built.template["Resources"]["Week"]["Properties"]["DefinitionUri"]
    assert built.objects[definition["Key"]] == b"{}"


def test_changed_library_changes_the_key(project: Path):
    def key() -> str:
        built = package(template(Metadata={"LayerFolders": ["layers/sodai/"]}), project, "b")
        return str(built.template["Resources"]["Plan"]["Properties"]["CodeUri"]["Key"])

    before = key()
    assert key() == before
    (project / "layers/sodai/python/sodai/__init__.py").write_text("CHANGED = 1")
    assert key() != before


def test_missing_folder_is_named(project: Path):
    wrong = template()
    wrong["Resources"]["Plan"]["Properties"]["CodeUri"] = "functions/nowhere/"
    with pytest.raises(LocalError) as refused:
        package(wrong, project, "packages")
    assert "nowhere" in refused.value.user_message


def test_fingerprint_knows_where_a_value_ends():
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
