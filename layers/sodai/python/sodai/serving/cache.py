"""The newest parts of forecasts, parsed, within a bound on their size."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

TEXT_BUDGET: Final = 24_000_000  # bytes of JSON text; parsed it takes four times as much

Part = dict[str, Any]


class PartCache:
    """Least recently used parts go first. Safe between threads.

    Parameters
    ----------
    budget : int
        Bytes of JSON text kept at most; one part larger than this is given but not kept.
    """

    def __init__(self, budget: int = TEXT_BUDGET) -> None:
        self._budget = budget
        self._parts: OrderedDict[str, tuple[Part, int]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: str, load: Callable[[], tuple[Part, int]]) -> Part:
        """Return the part under ``key``, loading it if it is not kept."""
        with self._lock:
            if kept := self._parts.get(key):
                self._parts.move_to_end(key)
                return kept[0]
        part, size = load()
        with self._lock:
            self._keep(key, part, size)
        return part

    def __contains__(self, key: str) -> bool:
        return key in self._parts

    @property
    def size(self) -> int:
        """Bytes of JSON text kept."""
        return self._size

    def _keep(self, key: str, part: Part, size: int) -> None:
        if size > self._budget:
            return
        if before := self._parts.pop(key, None):
            self._size -= before[1]
        self._parts[key] = part, size
        self._size += size
        while self._size > self._budget:
            _, (_, freed) = self._parts.popitem(last=False)
            self._size -= freed
