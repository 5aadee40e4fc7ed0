"""What a function may see of the laptop: an allow-list, never the host's credentials."""

import os
from collections.abc import Mapping
from typing import Final

from sodai_local.state import State

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
ACCESS_KEY: Final = "test"
ALLOWED: Final = frozenset(
    {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "SODAI_ROOT"}
    | {f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")}
)


def cloud_environment(
    state: State,
    host: Mapping[str, str] | None = None,
    extra: Mapping[str, str] | None = None,
    *,
    auth: bool = False,
) -> dict[str, str]:
    """Return the whole environment of the embedded cloud, which its workers inherit.

    Parameters
    ----------
    state : State
        The state folder.
    host : mapping, optional
        The host's environment; this process's by default.
    extra : mapping, optional
        Settings of the embedded cloud to add, such as ``SFN_WAIT_SCALE``.
    auth : bool
        Whether the policies of function roles are enforced.
    """
    host = os.environ if host is None else host
    kept = {name: value for name, value in host.items() if name in ALLOWED}
    return {
        "PATH": os.defpath,
        **kept,
        # A Lambda environment knows no home, no profile and no instance role.
        "HOME": str(state.cloud / "tmp"),
        "TMPDIR": str(state.cloud / "tmp"),
        "TZ": "UTC",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": "localhost",
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{state.cloud / 'no-docker.sock'}",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state.cloud / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state.cloud / "s3"),
        "LAMBDA_WARM_TTL_SECONDS": "120",
        "LOG_LEVEL": "WARNING",
        "AUTH": "true" if auth else "false",
        **(extra or {}),
    }
