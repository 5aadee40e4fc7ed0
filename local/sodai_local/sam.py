"""LocalStack and AWS are deployed by the SAM CLI, which also builds the image."""

import functools
import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from typing import Any

from sodai_local.environment import ACCESS_KEY, REGION
from sodai_local.errors import LocalError
from sodai_local.state import ROOT
from sodai_local.targets import Target


def config_environment(target: Target) -> str:
    """Return the environment in ``samconfig.toml``: ``SODAI_ENV``, else ``dev`` on AWS."""
    return "localstack" if target == "localstack" else os.environ.get("SODAI_ENV") or "dev"


def configured_stack(target: Target) -> str:
    """Return the stack's name: ``SODAI_STACK``, else that of the environment."""
    return os.environ.get("SODAI_STACK") or str(_configured(target)["stack_name"])


def sam_command(target: Target, parameters: Mapping[str, str]) -> list[str]:
    """Return the words of ``sam deploy``; parameters are added to those of the environment."""
    configured = str(_configured(target).get("parameter_overrides", ""))
    merged = {**dict(pair.split("=", 1) for pair in configured.split()), **parameters}
    command = ["deploy", "--config-env", config_environment(target)]
    command += ["--stack-name", configured_stack(target)]
    if merged:
        command += ["--parameter-overrides", *(f"{name}={merged[name]}" for name in merged)]
    return command


def deploy_with_sam(target: Target, parameters: Mapping[str, str], endpoint: str | None) -> None:
    """Build and deploy with SAM.

    Parameters
    ----------
    target : str
        ``localstack`` or ``aws``.
    parameters : mapping
        Parameters of the stack.
    endpoint : str or None
        Where the cloud answers; None is AWS itself.

    Raises
    ------
    LocalError
        If SAM is missing or says no.
    """
    command = sam_command(target, parameters)
    sam = shutil.which("sam")
    if sam is None:
        raise LocalError(
            "sam is not installed",
            f"TARGET={target} is deployed by the SAM CLI, which is not installed. Install it and "
            f"Docker, then run: sam build && sam {' '.join(command)}",
        )
    for step in (["build"], command):
        ended = subprocess.run([sam, *step], cwd=ROOT, env=_environment(endpoint), check=False)
        if ended.returncode:
            raise LocalError(
                f"sam {step[0]} ended with {ended.returncode}",
                f"`sam {' '.join(step)}` failed; what it printed says why.",
            )


def _environment(endpoint: str | None) -> dict[str, str]:
    if endpoint is None:
        return dict(os.environ)
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ACCESS_KEY)
    return {**os.environ, **keys, "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION}


@functools.cache
def _configuration() -> dict[str, Any]:
    return tomllib.loads((ROOT / "samconfig.toml").read_text())


def _configured(target: Target) -> dict[str, Any]:
    name = config_environment(target)
    try:
        found: dict[str, Any] = _configuration()[name]["deploy"]["parameters"]
    except (KeyError, OSError) as error:
        raise LocalError(
            f"no environment {name}: {error}", f"samconfig.toml has no environment {name!r}."
        ) from error
    return found
