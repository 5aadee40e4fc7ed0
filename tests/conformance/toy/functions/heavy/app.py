"""A function that lives in an image: same library, module path with its folder."""

import sys

from toylib import DataContractError


def handler(event, context):
    return {"event": event, "error": DataContractError.__name__, "python": sys.version_info[:2]}
