"""`sodai up` and `sodai down` as functions."""

import socket
from collections.abc import Callable, Mapping
from typing import Any

from sodai_local import part
from sodai_local.embedded import EmbeddedCloud
from sodai_local.errors import LocalError, PortTaken
from sodai_local.settings import chosen_port, roles_are_enforced, stack_parameters
from sodai_local.site import publish_site
from sodai_local.state import State, stack_name
from sodai_local.status import status
from sodai_local.targets import chosen_target

Report = Callable[[str], None]


def up(
    port: int | None = None,
    *,
    deploy: bool = True,
    parameters: Mapping[str, str] | None = None,
    state: State | None = None,
    report: Report = lambda _: None,
) -> dict[str, Any]:
    """Start what does not run yet, deploy what changed; return the status.

    Parameters
    ----------
    port : int, optional
        The front door's port; ``PORT``, else 8080. A running door moves only if asked.
    deploy : bool
        Whether to deploy the stack and the site.
    parameters : mapping, optional
        Parameters of the stack.
    state : State, optional
        The state folder.
    report : callable
        Told what is going on.

    Raises
    ------
    PortTaken
        If another program listens on the front door's port.
    DeployFailed
        If the stack could not be made.
    """
    if chosen_target() != "embedded":
        raise LocalError(
            "up is for the embedded cloud",
            "`sodai up` starts the embedded cloud; for LocalStack and AWS use: sodai deploy",
        )
    state = state or State.find()
    embedded = EmbeddedCloud(state, stack_name(), auth=roles_are_enforced())
    with state.lock(report):
        door = part.find(state, "door")
        wanted = port or (door.port if door else chosen_port())
        if door is None or door.port != wanted:
            require_free(wanted)
            part.stop(state, "door")
        if embedded.up():
            report("The embedded cloud is up.")
        if deploy:
            deploy_embedded(embedded, parameters or {}, report)
        open_door(embedded, wanted)
    return status(state)


def down(state: State | None = None, report: Report = lambda _: None) -> list[str]:
    """Stop what `up` started and only that; return what was stopped."""
    state = state or State.find()
    if not state.folder.is_dir():
        return []
    with state.lock(report):
        names: tuple[part.Name, ...] = ("door", "cloud")
        return [name for name in names if part.stop(state, name)]


def deploy_embedded(
    embedded: EmbeddedCloud, parameters: Mapping[str, str], report: Report
) -> Mapping[str, str]:
    """Deploy stack and site to the embedded cloud; return the stack's outputs."""
    wanted = stack_parameters(embedded.state, parameters)
    deployment = embedded.deploy(parameters=wanted, report=report)
    if deployment.changed:
        report(f"Stack {embedded.stack} deployed in {deployment.seconds:.1f} s.")
    uploaded = publish_site(embedded.connect(), embedded.state, report)
    if uploaded:
        report(f"Site: {uploaded} files uploaded.")
    return deployment.outputs


def open_door(embedded: EmbeddedCloud, port: int) -> None:
    """Open the front door on a port, unless it is open there."""
    try:
        embedded.front_door(port)
    except part.PartFailed as error:
        if error.exit_code == part.PORT_TAKEN_EXIT:
            raise PortTaken(port) from error
        raise


def require_free(port: int) -> None:
    """Raise `PortTaken` if another program listens on a loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise LocalError(
                str(error),
                f"Port {port} may not be used without being root. Choose one above 1023.",
            ) from error
        except OSError as error:
            raise PortTaken(port) from error
