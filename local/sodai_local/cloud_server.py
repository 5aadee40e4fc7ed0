"""The embedded cloud's process: MiniStack on the loopback interface, behind the guard.

``python -m sodai_local.cloud_server --state FOLDER --token TOKEN [--port PORT]``
"""

import argparse
import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from sodai_local.guard import Application, Receive, Scope, Send, answer, control_plane_guard
from sodai_local.part import Registration, registration
from sodai_local.state import State

CHECKPOINT_PATH: Final = "/_sodai/checkpoint"
WATCH_SECONDS: Final = 0.25


def listen(port: int) -> socket.socket:
    """Return a socket bound to the wanted loopback port, or to a free one if it is taken."""
    for wanted in (port, 0):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            connection.bind(("127.0.0.1", wanted))
        except OSError:
            connection.close()
        else:
            return connection
    sys.exit("No free port on 127.0.0.1.")


def prepare_folders(state: State) -> None:
    """Make the cloud's folders; what a killed one left in its temporary folder goes."""
    temporary = state.cloud / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    for folder in (temporary, state.cloud / "s3", state.cloud / "services"):
        folder.mkdir(parents=True, exist_ok=True)


class Checkpoint:
    """Saves what is not on disk at once: everything but the objects of S3."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def save(self) -> None:
        """Write the state of every service; a reader of the files sees old or new ones."""
        async with self._lock:
            await asyncio.to_thread(_save_all)

    async def save_and_leave(self) -> None:
        """End the process at once; what a function is doing is lost, so nobody waits for it."""
        await self.save()
        _leave()

    async def watch(self, is_ours: Callable[[], bool]) -> None:
        """Save whenever an execution starts or ends; leave when our place is taken away.

        Memory of idle workers is given back on the way.
        """
        from sodai_local.fidelity import execution_states, release_idle_workers

        seen = execution_states()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if not is_ours():
                _leave()
            if (states := execution_states()) != seen:
                seen = states
                await self.save()
            await asyncio.to_thread(release_idle_workers)

    def endpoint(self, application: Application) -> Application:
        """Answer the checkpoint's own address, pass on everything else."""

        async def with_checkpoint(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"] == CHECKPOINT_PATH:
                await self.save()
                await answer(send, 200, "saved\n")
            else:
                await application(scope, receive, send)

        return with_checkpoint


def _save_all() -> None:
    from ministack.app import _build_persistence_save_dict
    from ministack.core.persistence import save_all

    from sodai_local.fidelity import forget_old_logs

    forget_old_logs()
    services = _build_persistence_save_dict()
    # The stack last: if we are killed meanwhile, no stack is remembered without its functions.
    services["cloudformation"] = services.pop("cloudformation")
    save_all(services)


def _leave() -> NoReturn:
    from sodai_local.fidelity import end_workers

    end_workers()
    os._exit(0)


async def serve(connection: socket.socket, place: Registration) -> None:
    """Serve until SIGTERM or until the state folder is taken away."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack.app import app as ministack

    from sodai_local import fidelity

    fidelity.install()
    port = connection.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{connection.detach()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    checkpoint = Checkpoint()
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []  # a task nobody refers to may vanish

    def leave() -> None:
        tasks.append(loop.create_task(checkpoint.save_and_leave()))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave)
    tasks.append(loop.create_task(checkpoint.watch(place.holds)))
    application = control_plane_guard(checkpoint.endpoint(_ready(ministack, place, port)))
    await hypercorn_serve(cast(Any, application), config, shutdown_trigger=asyncio.Event().wait)


def _ready(application: Application, place: Registration, port: int) -> Application:
    """Mark the part as ready once the application has started up."""

    async def announced(scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: object) -> None:
            await send(message)  # type: ignore[arg-type]
            if message == {"type": "lifespan.startup.complete"}:
                place.write(port, ready=True)

        await application(scope, receive, told if scope["type"] == "lifespan" else send)

    return announced


def main() -> None:
    """Run the embedded cloud."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    state = State(arguments.state)
    place = registration(state, "cloud", arguments.token)
    connection = listen(arguments.port)
    port = connection.getsockname()[1]
    place.write(port, ready=False)
    prepare_folders(state)
    # Both before MiniStack is imported: it reads them then, and workers inherit the rest.
    os.environ.pop("PYTHONPATH", None)
    os.environ.update(GATEWAY_PORT=str(port), AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}")
    asyncio.run(serve(connection, place))


if __name__ == "__main__":
    main()
