"""Typed errors. A class name is a promise: the state machine retries and catches by it.

Every error carries two texts: ``str(error)`` for the log and ``user_message`` for people, which
says what is wrong, where, and what to do.
"""


class SodaiError(Exception):
    """Base of the errors that are told to people in plain words."""

    def __init__(self, message: str, user_message: str | None = None) -> None:
        super().__init__(message)
        self.user_message = user_message or message


class DataContractError(SodaiError):
    """A delivered table breaks its contract; what was at fault is in quarantine."""


class TransientError(SodaiError):
    """Something outside failed for a moment; trying again is right."""


class ModelMissing(SodaiError):
    """No intact champion fits the target: a model has to be trained."""


class AlreadyRunning(SodaiError):
    """Another execution holds the pipeline's claim."""


class ForecastRefused(SodaiError):
    """A forecast failed its last check before publication; the published one stands."""


class MonitorError(SodaiError):
    """A monitor could not be computed: an error of the run, never taken for drift."""


class PromotionLost(SodaiError):
    """Another run promoted a model between this run's verdict and its publication."""


class RollbackRefused(SodaiError):
    """The champion cannot be what was asked for; it stays what it is."""


class RestoreRefused(SodaiError):
    """A run's forecast cannot be served again; the published one stands."""


class UnknownId(SodaiError):
    """A customer, product, run or week that the tables do not know."""


class NothingPublished(SodaiError):
    """No forecast has been published yet."""


class ArtifactDamaged(SodaiError):
    """An artifact does not match the hash in its manifest."""
