"""The state folder ``.sodai/``: what one embedded cloud knows, and who may change it."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sodai_local.errors import LocalError

ROOT: Final = Path(os.environ.get("SODAI_ROOT") or Path(__file__).resolve().parents[2])
DEFAULT_STACK: Final = "sodai"
LOCK_WAIT_SECONDS: Final = 180.0


def stack_name() -> str:
    """Return the stack's name: ``SODAI_STACK``, else ``sodai``."""
    return os.environ.get("SODAI_STACK") or DEFAULT_STACK


@dataclass(frozen=True)
class State:
    """One state folder; two clouds never share one."""

    folder: Path

    @classmethod
    def find(cls, folder: Path | None = None) -> "State":
        """Return the given folder, ``SODAI_STATE``, or ``.sodai`` in the project."""
        return cls((folder or Path(os.environ.get("SODAI_STATE") or ROOT / ".sodai")).absolute())

    @property
    def logs(self) -> Path:
        """Where the background parts write their logs."""
        return self.folder / "logs"

    @property
    def cloud(self) -> Path:
        """Where the embedded cloud keeps its objects and its own state."""
        return self.folder / "cloud"

    @property
    def site(self) -> Path:
        """Where the exported site lies until it is uploaded."""
        return self.folder / "site"

    def read(self, name: str) -> dict[str, Any]:
        """Return the small facts kept under a name; empty when there are none or they broke."""
        try:
            value = json.loads((self.folder / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def write(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep small facts under a name; a reader sees the old ones or the new ones."""
        self.make()
        target = self.folder / f"{name}.json"
        draft = target.with_suffix(f".{secrets.token_hex(4)}.tmp")
        draft.write_text(json.dumps(value, indent=1, default=str))
        draft.replace(target)

    def make(self) -> None:
        """Make the folder; an unwritable place is told in plain words."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(
                f"cannot make {self.logs}: {error}",
                f"The state folder {self.folder} cannot be written ({error.strerror}). "
                "Choose another one with SODAI_STATE=path.",
            ) from error

    @contextmanager
    def lock(
        self,
        report: Callable[[str], None] | None = None,
        wait_seconds: float = LOCK_WAIT_SECONDS,
    ) -> Iterator[None]:
        """Let one command at a time change the cloud; the system frees it if we are killed.

        Parameters
        ----------
        report : callable, optional
            Told once when another command has to be waited for.
        wait_seconds : float
            How long to wait for the other command.

        Raises
        ------
        LocalError
            If the other command does not end in time.
        """
        self.make()
        with (self.folder / "lock").open("a") as file:
            _take(file.fileno(), report, wait_seconds)
            yield


def _take(descriptor: int, report: Callable[[str], None] | None, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if report and not told:
                report("Another sodai command is changing the cloud; waiting for it.")
                told = True
            if time.monotonic() > deadline:
                raise LocalError(
                    "the state folder stays locked",
                    f"Another sodai command has held the cloud for {wait_seconds:.0f} s. "
                    "End it (or wait), then try again.",
                ) from None
            time.sleep(0.05)
        else:
            return
