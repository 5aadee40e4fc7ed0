"""`sodai up` and `down`, and what they make of kills, stale files, taken ports and strangers."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sodai_local import part
from sodai_local.cloud import Cloud, embedded_cloud
from sodai_local.lifecycle import down
from sodai_local.state import State

TOY = Path(__file__).parents[1] / "conformance" / "toy"
STATUS_KEYS = [
    "running",
    "url",
    "api_url",
    "stack",
    "target_week",
    "model_version",
    "published_at",
    "last_run",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Laptop:
    """The command line on a state folder and a front door of its own, with the toy as project."""

    state: State
    port: int

    def sodai(
        self, *words: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sodai_local", *words],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(map(str, part.SOURCES)),
                "SODAI_ROOT": str(TOY),
                "SODAI_STATE": str(self.state.folder),
                "SODAI_STACK": "toy",
                "PORT": str(self.port),
                "AWS_PROFILE": "does-not-exist",
                "AWS_SECRET_ACCESS_KEY": "the-hosts-own-secret",
                "HTTP_PROXY": "http://127.0.0.1:9",
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def up(self) -> dict[part.Name, part.Record]:
        told = self.sodai("up")
        assert told.returncode == 0, told.stderr
        return self.parts()

    def parts(self) -> dict[part.Name, part.Record]:
        names: tuple[part.Name, ...] = ("cloud", "door")
        return {name: found for name in names if (found := part.find(self.state, name))}

    def cloud(self) -> Cloud:
        return embedded_cloud(self.state, "toy")


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    laptop = Laptop(State(tmp_path / "state"), free_port())
    yield laptop
    down(laptop.state)
    assert not laptop.parts()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A laptop whose cloud was started by a host with secrets in its environment."""
    laptop = Laptop(State(tmp_path_factory.mktemp("running")), free_port())
    secrets = {"GITHUB_TOKEN": "the-hosts-token", "AWS_SESSION_TOKEN": "the-hosts-session"}
    told = laptop.sodai("up", environment=secrets)
    assert told.returncode == 0, told.stderr
    yield laptop
    down(laptop.state)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert part.wait_until(lambda: not is_alive(pid), 10)


def is_alive(pid: int) -> bool:
    return bool(part.command_line(pid))


def test_up_is_idempotent_and_down_stops_what_it_started(laptop: Laptop):
    first = laptop.up()
    again = laptop.sodai("up")
    assert "Already running." in again.stdout
    assert laptop.parts() == first
    assert first["door"].port == laptop.port
    assert first["cloud"].port != laptop.port
    told = json.loads(laptop.sodai("status", "--json").stdout)
    assert list(told) == STATUS_KEYS
    assert told["running"] is True
    assert told["url"] == f"http://127.0.0.1:{laptop.port}"
    assert told["target_week"] is None
    assert "Stopped." in laptop.sodai("down").stdout
    assert not any(is_alive(record.pid) for record in first.values())
    assert "Nothing was running." in laptop.sodai("down").stdout
    told = json.loads(laptop.sodai("status", "--json").stdout)
    assert list(told) == STATUS_KEYS
    assert told["running"] is False


def test_two_ups_at_once_start_one_cloud(laptop: Laptop):
    with ThreadPoolExecutor(2) as both:
        ended = list(both.map(lambda _: laptop.sodai("up"), range(2)))
    assert [told.returncode for told in ended] == [0, 0], [told.stderr for told in ended]
    started = [told.stdout.count("The embedded cloud is up.") for told in ended]
    assert sorted(started) == [0, 1]


def test_taken_port_is_told_and_nothing_is_started(laptop: Laptop):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", laptop.port))
        stranger.listen()
        told = laptop.sodai("up")
        assert told.returncode == 1
        assert f"Port {laptop.port}" in told.stderr
        assert "PORT=" in told.stderr
        assert "Traceback" not in told.stderr
        assert not laptop.parts()
        other = free_port()
        assert laptop.sodai("up", "--port", str(other)).returncode == 0
        assert laptop.parts()["door"].port == other


def test_killed_door_and_cloud_come_back_with_everything_in_them(laptop: Laptop):
    before = laptop.up()
    cloud = laptop.cloud()
    s3, bucket = cloud.client("s3"), cloud.bucket()
    s3.put_object(Bucket=bucket, Key="predictions/latest.json", Body=b'{"week": "2024-12-30"}')
    execution = cloud.start({"mode": "sleep", "seconds": 2.5}, "cut-off")
    time.sleep(1)  # the cloud saves itself a moment after the execution began

    kill(before["door"].pid)
    kill(before["cloud"].pid)
    after = laptop.up()

    assert {record.pid for record in after.values()}.isdisjoint(
        record.pid for record in before.values()
    )
    cloud = laptop.cloud()
    assert cloud.bucket() == bucket
    read = cloud.client("s3").get_object(Bucket=bucket, Key="predictions/latest.json")
    assert read["Body"].read() == b'{"week": "2024-12-30"}'
    assert cloud.invoke("step", {"mode": "facts"}).payload["greeting"] == "hello"
    assert cloud.execution(execution).status == "FAILED"
    assert cloud.execution(execution).error == "States.ServiceRestart"
    told = json.loads(laptop.sodai("status", "--json").stdout)
    assert told["target_week"] == "2024-12-30"


def test_killed_cloud_leaves_no_function_at_work(laptop: Laptop):
    laptop.up()
    cloud = laptop.cloud()
    worker = cloud.invoke("step", {"mode": "facts"}).payload["pid"]
    assert is_alive(worker)
    kill(laptop.parts()["cloud"].pid)
    assert part.wait_until(lambda: not is_alive(worker), 5)


def test_lost_service_state_is_made_again_around_the_same_objects(laptop: Laptop):
    laptop.up()
    bucket = laptop.cloud().bucket()
    laptop.cloud().client("s3").put_object(Bucket=bucket, Key="own/kept", Body=b"kept")
    kill(laptop.parts()["cloud"].pid)
    shutil.rmtree(laptop.state.cloud / "services")
    laptop.up()
    cloud = laptop.cloud()
    assert cloud.bucket() == bucket
    s3 = cloud.client("s3")
    assert s3.get_object(Bucket=bucket, Key="own/kept")["Body"].read() == b"kept"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert cloud.invoke("step", {"mode": "facts"}).payload["greeting"] == "hello"


def test_stale_and_broken_files_are_not_taken_for_a_running_cloud(laptop: Laptop):
    laptop.state.make()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    stale = {"pid": stranger.pid, "port": 1, "token": "stale", "ready": True}
    try:
        (laptop.state.folder / "cloud.process").write_text(json.dumps(stale))
        (laptop.state.folder / "door.process").write_text("{ torn")
        assert "Nothing was running." in laptop.sodai("down").stdout
        assert stranger.poll() is None
        assert set(laptop.up()) == {"cloud", "door"}
        laptop.sodai("down")
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


def test_down_leaves_a_process_alone_that_it_did_not_start(laptop: Laptop):
    laptop.state.make()
    file = laptop.state.folder / "cloud.process"
    holding = (
        "import fcntl, json, os, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
        "json.dump({'pid': os.getpid(), 'port': 1, 'token': 'not-' + 'ours',"
        "'ready': True}, f); f.flush(); print('held', flush=True); input()"
    )
    stranger = subprocess.Popen(
        [sys.executable, "-c", holding, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert stranger.stdout
        assert stranger.stdout.readline() == b"held\n"
        told = laptop.sodai("down")
        assert told.returncode == 1
        assert "left alone" in told.stderr
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


def test_parts_end_by_themselves_when_their_folder_is_taken_away(laptop: Laptop):
    records = laptop.up()
    shutil.rmtree(laptop.state.folder)
    for record in records.values():
        assert part.wait_until(lambda pid=record.pid: not is_alive(pid), 10)
    assert not list(laptop.state.folder.rglob("*.json"))


def test_cloud_takes_another_port_when_its_own_is_gone(laptop: Laptop):
    before = laptop.up()["cloud"].port
    laptop.sodai("down")
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", before))
        stranger.listen()
        assert laptop.up()["cloud"].port != before
        assert laptop.cloud().invoke("step", {"mode": "facts"}).payload["greeting"] == "hello"


def test_function_sees_nothing_of_the_host(running: Laptop):
    seen = running.cloud().invoke("step", {"mode": "environment"}).payload
    for environment in (seen["own"], seen["parent"]):
        assert "the-hosts" not in json.dumps(environment)
        assert "does-not-exist" not in json.dumps(environment)
        assert "HTTP_PROXY" not in environment
    assert seen["own"]["AWS_ENDPOINT_URL"] == running.cloud().endpoint
    assert seen["own"]["TZ"] == "UTC"


def test_invoke_prints_the_result_and_the_log(running: Laptop, tmp_path: Path):
    event = tmp_path / "event.json"
    event.write_text('{"mode": "facts"}')
    told = running.sodai("invoke", "StepFunction", "-e", str(event))
    assert told.returncode == 0
    assert json.loads(told.stdout)["greeting"] == "hello"
    assert "a line of the handler" in told.stderr


@pytest.mark.parametrize(
    ("function", "body", "words"),
    [
        ("nobody", "{}", "There are: api, hasty, heavy, step."),
        ("step", None, "cannot be read"),
        ("step", "{", "is not JSON"),
        ("step", '{"mode": "boom"}', "ValueError: boom"),
    ],
    ids=["unknown function", "no event", "broken event", "function fails"],
)
def test_invoke_says_what_is_wrong(
    running: Laptop, tmp_path: Path, function: str, body: str | None, words: str
):
    event = tmp_path / "event.json"
    if body is not None:
        event.write_text(body)
    told = running.sodai("invoke", function, "-e", str(event))
    assert told.returncode == 1
    assert words in told.stdout + told.stderr


def test_parameters_of_the_stack_are_kept(running: Laptop):
    assert running.sodai("deploy", "-p", "Greeting=buenas").returncode == 0
    told = running.sodai("deploy", "--json")
    assert json.loads(told.stdout)["ArtifactsBucket"] == "toy-artifacts-000000000000"
    assert running.cloud().invoke("step", {"mode": "facts"}).payload["greeting"] == "buenas"
    told = running.sodai("deploy", "-p", "Gretting=x")
    assert (told.returncode, "no parameter Gretting" in told.stderr) == (1, True)


def test_interrupt_is_calm(laptop: Laptop):
    laptop.state.make()
    with laptop.state.lock():
        waiting = subprocess.Popen(
            [sys.executable, "-m", "sodai_local", "up"],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(map(str, part.SOURCES)),
                "SODAI_STATE": str(laptop.state.folder),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stdout
        assert "waiting" in waiting.stdout.readline()
        waiting.send_signal(signal.SIGINT)
        _, words = waiting.communicate(timeout=20)
    assert waiting.returncode == 130
    assert "Nothing is broken" in words
    assert "Traceback" not in words
