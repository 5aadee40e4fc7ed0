"""The real stack, deployed on an embedded cloud of its own and driven by the command line."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sodai.store.artifacts import Artifacts
from sodai_local.cloud import Cloud, embedded_cloud
from sodai_local.state import State

from data.generate import Tables, generate
from data.recipe import Recipe

ROOT = Path(__file__).resolve().parents[1]
RECIPE = Recipe(customers=80, products=200, weeks=18, seed=5)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True)
class Stack:
    """One state folder, the front door's port, and further settings of the command line."""

    state: Path
    port: int
    tables: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api"

    def sodai(self, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run the command line as a person would."""
        environment = {
            **os.environ,
            "SODAI_STATE": str(self.state),
            "PORT": str(self.port),
            "OPTIMIZATION_TRIALS": "2",
            **self.settings,
        }
        environment.pop("SODAI_DATA_PATH", None)
        command = [str(Path(sys.executable).parent / "sodai"), *arguments]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """Run a command that reports, and return its JSON."""
        done = self.sodai(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    @property
    def cloud(self) -> Cloud:
        """The cloud as a program sees it; it has to run."""
        return embedded_cloud(State(self.state))

    @property
    def store(self) -> Artifacts:
        """The bucket of artifacts."""
        return self.cloud.artifacts()


def write_tables(tables: Tables, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tables.customers.to_parquet(folder / "clientes.parquet", index=False)
    tables.products.to_parquet(folder / "productos.parquet", index=False)
    tables.transactions.to_parquet(folder / "transacciones.parquet", index=False)
    return folder


@contextmanager
def deployed(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Start the cloud, deploy the template, and stop both at the end."""
    tables = write_tables(generate(RECIPE), folder / "tables")
    stack = Stack(folder / "state", free_port(), tables, settings or {})
    chosen = [word for pair in (parameters or {}).items() for word in ("-p", "=".join(pair))]
    up = stack.sodai("up", *chosen)
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield stack
    finally:
        stack.sodai("down")
