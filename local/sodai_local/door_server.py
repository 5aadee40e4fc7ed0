"""The front door's process.

``python -m sodai_local.door_server --state FOLDER --token TOKEN --stack NAME [--port PORT]``
"""

import argparse
import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

from sodai_local.front_door import Back, FrontDoor, Remembered, stage_path
from sodai_local.part import PORT_TAKEN_EXIT, Registration, find, registration
from sodai_local.state import State

WATCH_SECONDS = 0.5


def find_back(state: State, stack: str) -> Back | str:
    """Return what stands behind the door of a state folder, or plain words why nothing does."""
    record = find(state, "cloud")
    if record is None or not record.ready:
        return "The embedded cloud is not running. Start it with: sodai up"
    outputs = state.read("deployment").get(stack)
    if not outputs:
        return f"Stack {stack} is not deployed. Deploy it with: sodai deploy"
    api = stage_path(outputs["ApiId"], outputs["ApiUrl"]) if "ApiId" in outputs else None
    origins = outputs.get("OidcOrigins", "").replace(",", " ")
    return Back(record.url, api, outputs.get("SiteBucket"), origins)


def listen(port: int) -> socket.socket:
    """Return a socket on the wanted loopback port; end the process if it is taken."""
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        connection.bind(("127.0.0.1", port))
    except OSError as error:
        connection.close()
        sys.stderr.write(f"port {port}: {error}\n")
        sys.exit(PORT_TAKEN_EXIT)
    return connection


async def serve(state: State, stack: str, connection: socket.socket, place: Registration) -> None:
    """Serve until SIGTERM or until the state folder is taken away."""
    door = FrontDoor(Remembered(lambda: find_back(state, stack)))
    config = uvicorn.Config(door, log_level="warning", server_header=False, lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[connection]))
    while not serving.done():
        if server.started:
            place.write(connection.getsockname()[1], ready=True)
            break
        await asyncio.sleep(0.005)
    while not serving.done():
        await asyncio.wait([serving], timeout=WATCH_SECONDS)
        server.should_exit = server.should_exit or not place.holds()
    await serving


def main() -> None:
    """Run the front door."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    state = State(arguments.state)
    place = registration(state, "door", arguments.token)
    connection = listen(arguments.port)
    place.write(connection.getsockname()[1], ready=False)
    asyncio.run(serve(state, arguments.stack, connection, place))


if __name__ == "__main__":
    main()
