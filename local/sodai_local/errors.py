"""What goes wrong on a laptop, told in plain words."""

from sodai.domain.errors import SodaiError


class LocalError(SodaiError):
    """Something around the pipeline is not as it should be: a port, a process, a file."""


class NotRunning(LocalError):
    """The embedded cloud is down."""

    def __init__(self) -> None:
        super().__init__(
            "the embedded cloud is not running",
            "The embedded cloud is not running. Start it with: sodai up",
        )


class NotDeployed(LocalError):
    """The cloud is there, but the stack is not."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"stack {stack} is not deployed",
            f"Stack {stack} is not deployed. Deploy it with: sodai deploy",
        )


class PortTaken(LocalError):
    """Another program listens on the front door's port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} is taken",
            f"Port {port} on 127.0.0.1 is taken by another program. "
            f"Choose another one: PORT={port + 1} make run, or sodai up --port {port + 1}",
        )


class DeployFailed(LocalError):
    """CloudFormation could not make the stack what the template says."""


class StackUnusable(DeployFailed):
    """The stack was left half made; it has to be made again."""


class Interrupted(Exception):
    """Somebody pressed Ctrl-C; ``message`` says what goes on without them."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
