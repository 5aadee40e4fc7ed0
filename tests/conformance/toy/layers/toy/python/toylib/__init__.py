"""The toy's shared library."""


class DataContractError(Exception):
    """A delivered table breaks its contract."""


class TransientError(Exception):
    """Something outside failed for a moment."""
