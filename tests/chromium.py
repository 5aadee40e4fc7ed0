"""Make sure that Chromium is there: by apt when root, otherwise by a clear request."""

import os
import shutil
import subprocess
import sys


def main() -> int:
    """Install Debian's Chromium if there is none; return the exit code."""
    if shutil.which("chromium"):
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print("The browser tests need Chromium. Please run: sudo apt-get install chromium")
        return 1
    print("Installing Chromium for the browser tests ...", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(["apt-get", "-qq", *command], env=quiet, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
