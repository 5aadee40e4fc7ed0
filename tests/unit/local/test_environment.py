from pathlib import Path

from sodai_local.environment import cloud_environment
from sodai_local.state import State

HOST = {
    "PATH": "/usr/bin",
    "LANG": "es_CL.UTF-8",
    "OMP_NUM_THREADS": "1",
    "HOME": "/home/ana",
    "AWS_ACCESS_KEY_ID": "AKIA-HOST",
    "AWS_SECRET_ACCESS_KEY": "host-secret",
    "AWS_SESSION_TOKEN": "host-session",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL": "https://host.example",
    "AWS_CONFIG_FILE": "/home/ana/.aws/config",
    "GITHUB_TOKEN": "host-token",
    "HTTPS_PROXY": "http://host-proxy",
    "PYTHONPATH": "/home/ana/lib",
}


def test_only_listed_variables_of_the_host_pass(tmp_path: Path):
    told = cloud_environment(State(tmp_path), HOST)
    assert {name: told[name] for name in ("PATH", "LANG", "OMP_NUM_THREADS")} == {
        "PATH": "/usr/bin",
        "LANG": "es_CL.UTF-8",
        "OMP_NUM_THREADS": "1",
    }
    assert "host" not in " ".join(told.values()).lower().replace(str(tmp_path).lower(), "").replace(
        "localhost", ""
    )
    assert "/home/ana" not in " ".join(told.values())


def test_functions_find_no_profile_and_no_instance_role(tmp_path: Path):
    told = cloud_environment(State(tmp_path), HOST)
    assert told["AWS_CONFIG_FILE"] == told["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert told["AWS_EC2_METADATA_DISABLED"] == "true"
    assert told["HOME"].startswith(str(tmp_path))


def test_cloud_listens_on_the_loopback_interface_and_opens_no_side_door(tmp_path: Path):
    told = cloud_environment(State(tmp_path), {})
    assert told["BIND_HOST"] == "127.0.0.1"
    assert told["IOT_MTLS_ENABLED"] == told["SFTP_ENABLED"] == "0"


def test_roles_are_enforced_on_request(tmp_path: Path):
    assert cloud_environment(State(tmp_path), {})["AUTH"] == "false"
    assert cloud_environment(State(tmp_path), {}, auth=True)["AUTH"] == "true"
