"""Read a SAM template and make it fit for a cloud that builds no images.

`localize` is the only place where local differs from AWS.
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from sodai_local.errors import LocalError

Template = dict[str, Any]
FUNCTION: Final = "AWS::Serverless::Function"
API: Final = "AWS::Serverless::Api"
LAYER: Final = "AWS::Serverless::LayerVersion"
STATE_MACHINE: Final = "AWS::Serverless::StateMachine"
CUSTOM_RUNTIME: Final = "provided.al2023"
IMAGE_PROPERTIES: Final = ("PackageType", "ImageUri", "ImageConfig")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with CloudFormation's short forms."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _short_form)
# A date such as a template's version stays text.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_template(path: Path) -> Template:
    """Return a template with its short forms written out.

    Raises
    ------
    LocalError
        If the file is missing or not a template.
    """
    try:
        template = yaml.load(path.read_text(), _Loader)
    except FileNotFoundError as error:
        raise LocalError(str(error), f"There is no template at {path}.") from error
    except yaml.YAMLError as error:
        raise LocalError(str(error), f"{path} is not valid YAML: {error}") from error
    if not isinstance(template, dict) or "Resources" not in template:
        raise LocalError(f"{path} has no Resources", f"{path} is not a template: no Resources.")
    return template


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Return the resources of one type by logical id."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def localize(template: Template, parameters: Mapping[str, str] | None = None) -> Template:
    """Return the template as the embedded cloud can run it.

    Every function becomes a zip function on a custom runtime. The folders of its layers are
    listed under ``Metadata.LayerFolders``, for the packaging to put them beside its code: that
    cloud mounts no layers under a custom runtime, and an image holds the library anyway. Media
    types lose the escape that AWS asks for and that cloud takes literally. The values chosen for
    parameters become their defaults: its SAM transform knows no others.
    """
    local = copy.deepcopy(template)
    shared = local.get("Globals", {}).get("Function", {})
    shared_layers = shared.pop("Layers", [])
    for name in ("Runtime", "SnapStart", "ImageConfig"):
        shared.pop(name, None)
    for function in resources(local, FUNCTION).values():
        properties = function["Properties"]
        layers = [*shared_layers, *properties.pop("Layers", [])]
        if properties.get("PackageType") == "Image":
            _image_to_zip(function)
            layers = [{"Ref": name} for name in resources(local, LAYER)]
        properties.pop("SnapStart", None)
        properties["Runtime"] = CUSTOM_RUNTIME
        function["Metadata"] = {"LayerFolders": [_layer_folder(local, layer) for layer in layers]}
    for api in resources(local, API).values():
        if binary := api["Properties"].get("BinaryMediaTypes"):
            unescaped = [kind.replace("~1", "/") for kind in binary]
            api["Properties"]["BinaryMediaTypes"] = unescaped
    for name, value in (parameters or {}).items():
        local["Parameters"][name]["Default"] = value
    return local


def _image_to_zip(function: dict[str, Any]) -> None:
    properties, metadata = function["Properties"], function["Metadata"]
    command = properties["ImageConfig"]["Command"]
    # Beside the Dockerfile lies what the image copies to its task root.
    folder = (Path(metadata["DockerContext"]) / metadata["Dockerfile"]).parent
    for name in IMAGE_PROPERTIES:
        properties.pop(name, None)
    properties.update(CodeUri=str(folder), Handler=command[0])


def _layer_folder(template: Template, layer: Any) -> str:
    try:
        return str(template["Resources"][layer["Ref"]]["Properties"]["ContentUri"])
    except (KeyError, TypeError) as error:
        raise LocalError(
            f"layer {layer} is not part of the template",
            f"The layer {layer} is not made by this template, so it cannot be run locally.",
        ) from error
