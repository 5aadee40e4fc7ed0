"""An embedded cloud of one's own: for tests, and what `sodai up` is made of."""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sodai_local import part
from sodai_local.cloud import Cloud, embedded_cloud
from sodai_local.deploy import Deployment, Report, deploy
from sodai_local.environment import cloud_environment
from sodai_local.errors import NotRunning, StackUnusable
from sodai_local.state import ROOT, State

OBJECTS: Final = "s3.json"  # the only service whose state outlives a recovery


class EmbeddedCloud:
    """The embedded cloud of one state folder, on a free loopback port.

    Parameters
    ----------
    state : State
        Its folder.
    stack : str
        Name of the stack deployed in it.
    auth : bool
        Whether the policies of function roles are enforced.
    environment : mapping, optional
        Further settings of the embedded cloud, such as ``SFN_WAIT_SCALE``.
    """

    def __init__(
        self,
        state: State,
        stack: str = "sodai",
        *,
        auth: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.state, self.stack = state, stack
        self._auth, self._environment = auth, environment

    @classmethod
    @contextmanager
    def start(
        cls,
        state_folder: Path,
        *,
        auth: bool = False,
        stack: str = "sodai-test",
        environment: Mapping[str, str] | None = None,
    ) -> Iterator["EmbeddedCloud"]:
        """Run an isolated cloud for the length of a ``with`` block."""
        embedded = cls(State(state_folder), stack, auth=auth, environment=environment)
        embedded.up()
        try:
            yield embedded
        finally:
            embedded.stop()

    @property
    def pid(self) -> int:
        """Process id of the cloud."""
        return self._record().pid

    @property
    def endpoint(self) -> str:
        """Address of the cloud."""
        return self._record().url

    def up(self) -> bool:
        """Start the cloud unless it runs; tell whether it had to be started."""
        if part.find(self.state, "cloud"):
            return False
        # The port of last time, if it is still free: whoever noted it finds us again.
        wanted = str(self.state.read("cloud").get("port", 0))
        environment = cloud_environment(self.state, extra=self._environment, auth=self._auth)
        record = part.start(self.state, "cloud", ["--port", wanted], environment)
        self.state.write("cloud", {"port": record.port})
        return True

    def stop(self) -> None:
        """Stop the cloud and its front door; what they know is kept."""
        part.stop(self.state, "door")
        part.stop(self.state, "cloud")

    def kill(self) -> None:
        """Kill the cloud as the system does when memory runs out."""
        os.kill(self.pid, signal.SIGKILL)
        part.wait_until(lambda: part.find(self.state, "cloud") is None, 10)

    def restart(self) -> None:
        """Stop the cloud cleanly and start it again."""
        part.stop(self.state, "cloud")
        self.up()

    def connect(self) -> Cloud:
        """Return the cloud, for the stack of this instance."""
        return embedded_cloud(self.state, self.stack)

    def deploy(
        self,
        template: Path = ROOT / "template.yaml",
        parameters: Mapping[str, str] | None = None,
        report: Report = lambda _: None,
    ) -> Deployment:
        """Deploy the stack; a half made one is made again around the same buckets."""
        try:
            deployment = deploy(self.connect(), template, parameters, report)
        except StackUnusable:
            report("An earlier deployment was cut off; making the stack again, with its data.")
            self.forget_stack()
            deployment = deploy(self.connect(), template, parameters, report)
        # The front door reads it: it must not ask the cloud for each visitor.
        known = self.state.read("deployment")
        if known.get(self.stack) != deployment.outputs:
            self.state.write("deployment", {**known, self.stack: deployment.outputs})
        return deployment

    def forget_stack(self) -> None:
        """Forget everything but the objects of S3 and their buckets."""
        part.stop(self.state, "cloud")
        for file in (self.state.cloud / "services").iterdir():
            if file.is_dir():
                shutil.rmtree(file)
            elif file.name != OBJECTS:
                file.unlink()
        self.up()

    def front_door(self, port: int = 0) -> str:
        """Open the front door; return its address."""
        record = part.find(self.state, "door")
        if record is None:
            arguments = ["--port", str(port), "--stack", self.stack]
            record = part.start(self.state, "door", arguments, dict(os.environ))
        return record.url

    def _record(self) -> part.Record:
        deadline = time.monotonic() + part.READY_SECONDS
        while (record := part.find(self.state, "cloud")) and not record.ready:
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        if record is None:
            raise NotRunning
        return record
