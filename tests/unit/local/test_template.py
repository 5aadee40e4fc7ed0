from pathlib import Path

import pytest
from sodai_local.errors import LocalError
from sodai_local.template import localize, read_template

TEMPLATE = """
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  SignIn: {Type: String, Default: ""}
Globals:
  Function: {Runtime: python3.11, Layers: [!Ref Shared], Timeout: 9}
Resources:
  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/shared/}}
  Plan:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/plan/
      Handler: app.handler
      SnapStart: {ApplyOn: PublishedVersions}
      Environment: {Variables: {ARN: !GetAtt Machine.Arn, NAME: !Sub "${AWS::StackName}-x"}}
  Door:
    Type: AWS::Serverless::Api
    Properties: {StageName: live, BinaryMediaTypes: [text~1csv]}
  Train:
    Type: AWS::Serverless::Function
    Condition: WithModel
    Metadata: {Dockerfile: functions/pipeline.Dockerfile, DockerContext: .}
    Properties:
      PackageType: Image
      ImageConfig: {Command: [train.app.handler]}
      MemorySize: 6144
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


def test_short_forms_are_written_out_and_dates_stay_text(path: Path):
    template = read_template(path)
    assert template["AWSTemplateFormatVersion"] == "2010-09-09"
    variables = template["Resources"]["Plan"]["Properties"]["Environment"]["Variables"]
    assert variables["ARN"] == {"Fn::GetAtt": ["Machine", "Arn"]}
    assert variables["NAME"] == {"Fn::Sub": "${AWS::StackName}-x"}


def test_image_function_becomes_a_zip_of_the_folder_beside_its_dockerfile(path: Path):
    train = localize(read_template(path))["Resources"]["Train"]
    assert train["Properties"] == {
        "CodeUri": "functions",
        "Handler": "train.app.handler",
        "MemorySize": 6144,
        "Runtime": "provided.al2023",
    }
    assert train["Metadata"] == {"LayerFolders": ["layers/shared/"]}
    assert train["Condition"] == "WithModel"


def test_zip_function_takes_its_layers_along_and_loses_what_breaks_updates(path: Path):
    local = localize(read_template(path))
    plan = local["Resources"]["Plan"]
    assert plan["Metadata"] == {"LayerFolders": ["layers/shared/"]}
    assert "SnapStart" not in plan["Properties"]
    assert local["Globals"]["Function"] == {"Timeout": 9}


def test_media_types_lose_the_escape_that_the_embedded_cloud_takes_literally(path: Path):
    door = localize(read_template(path))["Resources"]["Door"]
    assert door["Properties"]["BinaryMediaTypes"] == ["text/csv"]


def test_a_chosen_value_becomes_the_default_of_its_parameter(path: Path):
    local = localize(read_template(path), {"SignIn": "OpenIdConnect"})
    assert local["Parameters"]["SignIn"]["Default"] == "OpenIdConnect"


def test_localizing_leaves_the_template_as_it_is(path: Path):
    template = read_template(path)
    localize(template)
    assert template == read_template(path)


def test_layer_from_elsewhere_is_refused(path: Path):
    path.write_text(TEMPLATE.replace("Layers: [!Ref Shared]", "Layers: [arn:aws:lambda:x]"))
    with pytest.raises(LocalError, match="is not part of the template"):
        localize(read_template(path))


@pytest.mark.parametrize("text", ["- a list", "Parameters: {}", "Resources: {{"])
def test_what_is_no_template_is_refused_by_name(path: Path, text: str):
    path.write_text(text)
    with pytest.raises(LocalError) as refused:
        read_template(path)
    assert "template.yaml" in refused.value.user_message
