"""Optuna's journal in S3: one object per batch, appended by conditional write."""

import json
from collections.abc import Iterator
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from sodai.store.artifacts import Artifacts, Conflict


class S3Journal(BaseJournalBackend):
    """A study's journal, which survives a kill at any moment and goes on where it was.

    Parameters
    ----------
    artifacts : Artifacts
        The bucket.
    prefix : str
        The study's journal folder.
    """

    def __init__(self, artifacts: Artifacts, prefix: str) -> None:
        self._artifacts = artifacts
        self._prefix = prefix
        self._logs: list[dict[str, Any]] = []
        self._batches = 0
        self._refresh()

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Return the logs from a number on; another writer's batches are seen, too."""
        self._refresh()
        return iter(self._logs[log_number_from:])

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append a batch; when another writer took the place, after theirs."""
        while True:
            try:
                self._artifacts.swing(self._key(self._batches), logs, None)
            except Conflict:
                self._refresh()
            else:
                self._logs.extend(logs)
                self._batches += 1
                return

    def _key(self, batch: int) -> str:
        return f"{self._prefix}{batch:06d}.json"

    def _refresh(self) -> None:
        for entry in self._artifacts.list(self._prefix):
            batch = int(entry.key.removeprefix(self._prefix).removesuffix(".json"))
            if batch >= self._batches:
                self._logs.extend(json.loads(self._artifacts.read(entry.key)))
                self._batches = batch + 1
