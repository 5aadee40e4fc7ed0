"""Where the stack's parameters come from: the environment, else what was chosen before."""

import os
from collections.abc import Mapping
from typing import Final

from sodai_local.errors import LocalError
from sodai_local.state import State

FROM_ENVIRONMENT: Final = {
    "OPTIMIZATION_TRIALS": "Trials",
    "DRIFT_THRESHOLD": "DriftThreshold",
    "MAX_MODEL_AGE_WEEKS": "MaxModelAgeWeeks",
    "SODAI_MODELS_PATH": "ModelsPath",
    "SHARDS": "Shards",
    "UNIT_MARGIN": "UnitMargin",
    "TRACKING_URI": "TrackingUri",
}
DEFAULT_PORT: Final = 8080


def stack_parameters(state: State, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the stack's parameters and remember what was chosen for the next time.

    Parameters
    ----------
    state : State
        Where earlier choices are kept.
    chosen : mapping
        What was given on the command line.
    """
    remembered: dict[str, str] = state.read("parameters")
    if chosen:
        remembered = {**remembered, **chosen}
        state.write("parameters", remembered)
    told = {
        name: os.environ[variable]
        for variable, name in FROM_ENVIRONMENT.items()
        if os.environ.get(variable)
    }
    return {**remembered, **told, **chosen}


def parse_parameters(pairs: list[str]) -> dict[str, str]:
    """Return ``Name=value`` pairs as a mapping."""
    for pair in pairs:
        if "=" not in pair:
            raise LocalError(f"bad parameter {pair}", f"{pair!r} is not of the form Name=value.")
    return dict(pair.split("=", 1) for pair in pairs)


def chosen_port() -> int:
    """Return the front door's port: ``PORT``, else 8080."""
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise LocalError(f"bad port {text}", f"PORT={text} is not a port (1 to 65535).")
    return port


def roles_are_enforced() -> bool:
    """Tell whether the embedded cloud enforces the functions' roles: ``SODAI_CLOUD_AUTH=true``."""
    text = os.environ.get("SODAI_CLOUD_AUTH") or "false"
    if text not in {"true", "false"}:
        raise LocalError(f"bad SODAI_CLOUD_AUTH {text}", f"SODAI_CLOUD_AUTH={text}: true or false.")
    return text == "true"
