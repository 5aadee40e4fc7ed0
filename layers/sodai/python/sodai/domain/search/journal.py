"""Optuna's journal, written in few large steps instead of many small ones."""

from collections.abc import Iterable
from typing import Any

from optuna.storages.journal import BaseJournalBackend


class BatchedJournal(BaseJournalBackend):
    """Keeps what is appended until it is flushed, so that a kill in between leaves no trace.

    One search writes to a journal at a time: what others append meanwhile is not seen.

    Parameters
    ----------
    backend : BaseJournalBackend
        Where the journal is kept.
    """

    def __init__(self, backend: BaseJournalBackend) -> None:
        self._backend = backend
        self._logs = list(backend.read_logs(0))
        self._written = len(self._logs)

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """Return the logs from a number on, flushed or not."""
        return self._logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Keep a batch of logs."""
        self._logs.extend(logs)

    def flush(self) -> None:
        """Write what is kept, in one append."""
        if len(self._logs) > self._written:
            self._backend.append_logs(self._logs[self._written :])
            self._written = len(self._logs)
