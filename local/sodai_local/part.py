"""The two background processes: found again, stopped only if they are really ours.

A part holds an exclusive lock on its file ``<name>.process`` for as long as it lives, and writes
into it who it is. The system frees the lock whatever kills the part, so a stale file is never
taken for a living part; a token on its command line proves that a process id is ours.
"""

import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import sodai

from sodai_local.errors import LocalError
from sodai_local.state import State

SOURCES: Final = (Path(__file__).parents[1], Path(sodai.__file__).parents[1])
Name = Literal["cloud", "door"]
READY_SECONDS: Final = 60.0
GRACE_SECONDS: Final = 10.0
REGISTRATION_SECONDS: Final = 2.0
PORT_TAKEN_EXIT: Final = 4
_started: Final[dict[int, "subprocess.Popen[bytes]"]] = {}  # reaped by stop()


@dataclass(frozen=True)
class Record:
    """What a living part says about itself."""

    pid: int
    port: int
    token: str
    ready: bool = False

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


class Registration:
    """Held by the part itself: its lock and its record."""

    def __init__(self, file: Path, token: str) -> None:
        """Take the part's place, or leave the process if another one has it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._token = file, token
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        # Whoever only looks holds the lock for a moment.
        if not wait_until(self._take, REGISTRATION_SECONDS):
            sys.exit("Another one of these is running on the same state folder.")

    def write(self, port: int, *, ready: bool) -> None:
        """Say where this part listens and whether it answers yet."""
        body = json.dumps(asdict(Record(os.getpid(), port, self._token, ready))).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, body, 0)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def holds(self) -> bool:
        """Tell whether the file is still the one this part registered in."""
        try:
            return self._file.stat().st_ino == os.fstat(self._descriptor).st_ino
        except OSError:
            return False


def find(state: State, name: Name) -> Record | None:
    """Return the living part's record, or None; a stale file counts as none."""
    file = _file(state, name)
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        return None
    try:
        if _lock_is_free(descriptor):
            return None
        return _parse(os.pread(descriptor, 4096, 0))
    finally:
        os.close(descriptor)


def start(
    state: State, name: Name, arguments: Sequence[str], environment: Mapping[str, str]
) -> Record:
    """Start a part in the background and wait until it answers.

    Parameters
    ----------
    state : State
        The state folder.
    name : str
        ``cloud`` or ``door``.
    arguments : sequence of str
        Further arguments of the part's module.
    environment : mapping
        Its whole environment.

    Raises
    ------
    LocalError
        If it ends at once or does not answer in time.
    """
    state.make()
    module = f"sodai_local.{name}_server"
    token = secrets.token_hex(8)
    command = [sys.executable, "-m", module, "--state", str(state.folder), "--token", token]
    with log_file(state, name).open("ab") as log:
        process = subprocess.Popen(
            [*command, *arguments],
            env={**environment, "PYTHONPATH": os.pathsep.join(map(str, SOURCES))},
            cwd=state.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started[process.pid] = process
    return _await_ready(state, name, token, process)


def stop(state: State, name: Name, grace_seconds: float = GRACE_SECONDS) -> bool:
    """Stop a part and only ours: SIGTERM, then SIGKILL; tell whether there was one."""
    record = find(state, name)
    if record is None:
        return False
    if record.token not in command_line(record.pid):
        raise LocalError(
            f"process {record.pid} is not ours",
            f"Process {record.pid} holds {_file(state, name)} but was not started by sodai; "
            "it was left alone.",
        )
    for number, patience in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, grace_seconds)):
        try:
            os.kill(record.pid, number)
        except ProcessLookupError:
            break
        if wait_until(lambda: find(state, name) is None, patience):
            break
    if child := _started.pop(record.pid, None):
        child.wait()
    return True


def command_line(pid: int) -> str:
    """Return a process's command line; empty if there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        if Path("/proc/self").exists():
            return ""
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Wait for a condition; tell whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def log_file(state: State, name: Name) -> Path:
    """Return where a part writes its log."""
    return state.logs / f"{name}.log"


def registration(state: State, name: Name, token: str) -> Registration:
    """Register this process as the part."""
    return Registration(_file(state, name), token)


def _file(state: State, name: Name) -> Path:
    return state.folder / f"{name}.process"


def _lock_is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True


def _parse(body: bytes) -> Record | None:
    try:
        return Record(**json.loads(body))
    except (ValueError, TypeError):
        return None


def _await_ready(
    state: State, name: Name, token: str, process: "subprocess.Popen[bytes]"
) -> Record:
    def settled() -> bool:
        record = find(state, name)
        if record and record.token == token and record.ready:
            return True
        return process.poll() is not None

    in_time = wait_until(settled, READY_SECONDS)
    record = find(state, name)
    if record and record.token == token and record.ready:
        return record
    if not in_time:
        process.kill()
    raise PartFailed(name, process.wait(), log_file(state, name))


class PartFailed(LocalError):
    """A background part did not come up."""

    def __init__(self, name: Name, exit_code: int, log: Path) -> None:
        self.exit_code = exit_code
        try:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
        except OSError:
            last = []
        words = {"cloud": "embedded cloud", "door": "front door"}[name]
        super().__init__(
            f"the {name} ended with exit code {exit_code}: {last}",
            f"The {words} did not start ({' '.join(last) or 'no message'}). Its log: {log}",
        )
