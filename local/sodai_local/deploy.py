"""Make the stack what ``template.yaml`` says; nothing is done if it is that already."""

import contextlib
import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sodai_local.cloud import Cloud
from sodai_local.environment import ACCOUNT
from sodai_local.errors import DeployFailed, LocalError, StackUnusable
from sodai_local.packaging import Package, fingerprint, package
from sodai_local.state import ROOT
from sodai_local.template import Template, localize, read_template

FINGERPRINT_TAG: Final = "SodaiFingerprint"
DEPLOY_SECONDS: Final = 300.0
CAPABILITIES: Final = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
USABLE: Final = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
)
GONE: Final = frozenset({"", "DELETE_COMPLETE"})
INLINE_BYTES: Final = 51_200

Report = Callable[[str], None]


@dataclass(frozen=True)
class Deployment:
    """What a deployment did."""

    outputs: Mapping[str, str]
    changed: bool
    seconds: float = field(compare=False, default=0.0)


def deploy(
    cloud: Cloud,
    template: Path = ROOT / "template.yaml",
    parameters: Mapping[str, str] | None = None,
    report: Report = lambda _: None,
) -> Deployment:
    """Bring the stack to the template, by CloudFormation.

    Parameters
    ----------
    cloud : Cloud
        Where to, and the stack's name.
    template : Path
        A SAM template; its paths start from its own folder.
    parameters : mapping, optional
        The stack's parameters; ``Target`` is set where the template has it.
    report : callable
        Told what is going on.

    Raises
    ------
    DeployFailed
        With the resources at fault and their reasons.
    StackUnusable
        If a killed deployment left the stack half made.
    """
    began = time.monotonic()
    wanted = _prepare(cloud, template, dict(parameters or {}))
    status, tag = _present(cloud)
    if status in USABLE and tag == wanted.fingerprint:
        return Deployment(cloud.outputs, changed=False, seconds=time.monotonic() - began)
    if status not in USABLE | GONE:
        raise StackUnusable(
            f"stack {cloud.stack} is {status}",
            f"Stack {cloud.stack} is {status}: an earlier deployment was cut off or failed. "
            "Run: sodai up",
        )
    report(f"Deploying stack {cloud.stack} ...")
    _upload(cloud, wanted.package)
    _apply(cloud, wanted, create=status in GONE)
    _await(cloud)
    checkpoint(cloud)
    cloud.refresh()
    return Deployment(cloud.outputs, changed=True, seconds=time.monotonic() - began)


def checkpoint(cloud: Cloud) -> None:
    """Let the embedded cloud save what it knows, so that it survives being killed."""
    if cloud.target == "embedded" and cloud.endpoint:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{cloud.endpoint}/_sodai/checkpoint", timeout=60):
            return


@dataclass(frozen=True)
class _Wanted:
    package: Package
    body: str
    parameters: list[dict[str, str]]
    fingerprint: str


def _bucket(cloud: Cloud) -> str:
    return f"{cloud.stack}-packages-{ACCOUNT}"


def _prepare(cloud: Cloud, path: Path, parameters: dict[str, str]) -> _Wanted:
    template = read_template(path)
    declared = template.get("Parameters", {})
    if unknown := sorted(set(parameters) - set(declared)):
        raise LocalError(
            f"unknown parameters {unknown}",
            f"The template has no parameter {', '.join(unknown)}. "
            f"It has: {', '.join(sorted(declared))}.",
        )
    if "Target" in declared:
        parameters.setdefault("Target", cloud.target)
    ready: Template = localize(template, parameters) if cloud.target == "embedded" else template
    built = package(ready, path.parent, _bucket(cloud))
    body = json.dumps(built.template, separators=(",", ":"), default=str)
    pairs = [
        {"ParameterKey": name, "ParameterValue": str(value)}
        for name, value in sorted(parameters.items())
    ]
    return _Wanted(built, body, pairs, fingerprint(body, json.dumps(pairs)))


def _present(cloud: Cloud) -> tuple[str, str]:
    formation = cloud.client("cloudformation")
    try:
        stack = formation.describe_stacks(StackName=cloud.stack)["Stacks"][0]
    except formation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return "", ""
        raise
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
    return stack["StackStatus"], tags.get(FINGERPRINT_TAG, "")


def _upload(cloud: Cloud, built: Package) -> None:
    s3, bucket = cloud.client("s3"), _bucket(cloud)
    present_before = (s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists)
    with contextlib.suppress(*present_before):
        s3.create_bucket(Bucket=bucket)
    listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    present = {item["Key"] for page in listed for item in page.get("Contents", [])}
    for key, body in built.objects.items():
        if key not in present:
            s3.put_object(Bucket=bucket, Key=key, Body=body)


def _apply(cloud: Cloud, wanted: _Wanted, *, create: bool) -> None:
    formation, s3 = cloud.client("cloudformation"), cloud.client("s3")
    source = {"TemplateBody": wanted.body}
    if len(wanted.body.encode()) >= INLINE_BYTES:
        key = f"{wanted.fingerprint}.template"
        s3.put_object(Bucket=_bucket(cloud), Key=key, Body=wanted.body.encode())
        source = {"TemplateURL": f"{s3.meta.endpoint_url}/{_bucket(cloud)}/{key}"}
    request: dict[str, Any] = {
        "StackName": cloud.stack,
        "Parameters": wanted.parameters,
        "Capabilities": list(CAPABILITIES),
        "Tags": [{"Key": FINGERPRINT_TAG, "Value": wanted.fingerprint}],
        **source,
    }
    try:
        if create:
            formation.create_stack(**request)
        else:
            formation.update_stack(**request)
    except formation.exceptions.ClientError as error:
        message = error.response["Error"]["Message"]
        if "No updates are to be performed" not in message:
            raise DeployFailed(message, f"The template was refused: {message}") from error


def _await(cloud: Cloud) -> None:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := _present(cloud)[0]).endswith("IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeployFailed(
                f"stack {cloud.stack} is {status} after {DEPLOY_SECONDS:.0f} s",
                f"The deployment did not end within {DEPLOY_SECONDS:.0f} s.",
            )
        time.sleep(0.05)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        reasons = _reasons(cloud)
        told = "\n".join(f"  {name}: {reason}" for name, reason in reasons) or "  no reason given"
        raise DeployFailed(
            f"stack {cloud.stack} is {status}: {reasons}",
            f"The deployment failed ({status}); the stack is as it was before.\n{told}",
        )


def _reasons(cloud: Cloud) -> list[tuple[str, str]]:
    """Return the resources at fault in the newest operation, in the order they failed."""
    formation = cloud.client("cloudformation")
    pages = formation.get_paginator("describe_stack_events").paginate(StackName=cloud.stack)
    found: list[tuple[str, str]] = []
    for event in (event for page in pages for event in page["StackEvents"]):  # newest first
        name, status = event["LogicalResourceId"], event["ResourceStatus"]
        if name == cloud.stack and status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}:
            break
        if "FAILED" in status:
            found.append((name, event.get("ResourceStatusReason", "")))
    return _refused_before_it_began(cloud) or found[::-1]


def _refused_before_it_began(cloud: Cloud) -> list[tuple[str, str]]:
    """Return what CloudFormation found wrong before it touched anything."""
    events = cloud.client("cloudformation").describe_events(StackName=cloud.stack)
    newest = [event["OperationId"] for event in events["OperationEvents"][:1]]
    return [
        (event["LogicalResourceId"], event["ValidationStatusReason"])
        for event in events["OperationEvents"]
        if event["OperationId"] in newest and event.get("ValidationStatusReason")
    ]
