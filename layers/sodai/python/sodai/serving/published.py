"""The forecasts that are published: a new one is seen without a restart, earlier ones by week."""

import json
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from sodai.domain.errors import ArtifactDamaged, NothingPublished, TransientError, UnknownId
from sodai.serving.cache import PartCache
from sodai.serving.forecast import Fetch, Forecast

RECHECK_SECONDS: Final = 1.0
EARLIER_KEPT: Final = 4  # earlier forecasts whose catalogue stays parsed
WEEKS_NAMED: Final = 8

ReadPointer = Callable[[str | None], tuple[bytes, str] | None]


class Published:
    """Follows the pointer to the published forecast.

    One answer asks `current` once and reads everything from what it got: so weeks never mix.

    Parameters
    ----------
    read_pointer : callable
        Gets the ETag known (None at first); returns the pointer's bytes and ETag, or None while
        it still carries that ETag; raises `KeyError` when there is no pointer.
    fetch : callable
        Returns an object's bytes by key; raises `KeyError` when there is none.
    clock : callable
        Seconds that only grow.
    recheck_seconds : float
        The pointer is asked for again no sooner than this.
    """

    def __init__(
        self,
        read_pointer: ReadPointer,
        fetch: Fetch,
        clock: Callable[[], float],
        recheck_seconds: float = RECHECK_SECONDS,
    ) -> None:
        self._read_pointer = read_pointer
        self._fetch = fetch
        self._clock = clock
        self._recheck = recheck_seconds
        self._cache = PartCache()
        self._lock = Lock()
        self._forecast: Forecast | None = None
        self._earlier: OrderedDict[str, Forecast] = OrderedDict()
        self._etag: str | None = None
        self._checked = float("-inf")

    def current(self) -> Forecast:
        """Return the published forecast.

        When the pointer cannot be reached for a moment, the forecast known stays.

        Raises
        ------
        NothingPublished
            Before the first publication.
        ArtifactDamaged
            If the pointer cannot be read.
        TransientError
            If the pointer cannot be reached and no forecast is known.
        """
        with self._lock:
            if self._forecast is None or self._clock() - self._checked >= self._recheck:
                self._forecast = self._follow()
            return self._forecast

    def of_week(self, monday: str) -> Forecast:
        """Return the forecast published for a week, named by its Monday.

        Raises
        ------
        UnknownId
            If none was published for it; and whatever `current` raises.
        """
        current = self.current()
        if monday == current.week:
            return current
        weeks = current.weeks
        if monday not in weeks:
            raise _unknown_week(monday, list(weeks))
        pointer = {"week": monday, **weeks[monday]}
        with self._lock:
            known = self._earlier.pop(pointer["prefix"], None)
            forecast = known or Forecast(pointer, self._fetch, self._cache)
            self._earlier[forecast.prefix] = forecast
            if len(self._earlier) > EARLIER_KEPT:
                self._earlier.popitem(last=False)
            return forecast

    def _follow(self) -> Forecast:
        known = self._forecast
        try:
            changed = self._read_pointer(self._etag if known else None)
        except KeyError as error:
            self._forecast = None
            raise _nothing_published() from error
        except TransientError:
            if known is None:
                raise
            self._checked = self._clock()
            return known
        if changed is not None:
            known, self._etag = self._open(changed[0]), changed[1]
        if known is None:
            raise _nothing_published()
        self._checked = self._clock()
        return known

    def _open(self, body: bytes) -> Forecast:
        try:
            return Forecast(json.loads(body), self._fetch, self._cache)
        except (ValueError, KeyError, TypeError) as error:
            raise ArtifactDamaged(
                f"the pointer to the published forecast: {error!r}",
                "The pointer to the published forecast is damaged. "
                "Publish a forecast again with: sodai run --force-retrain",
            ) from error


def _nothing_published() -> NothingPublished:
    return NothingPublished(
        "there is no pointer to a forecast",
        "No forecast has been published yet. Deliver data and run the week with: "
        "sodai ingest FILE... --run",
    )


def _unknown_week(monday: str, known: list[str]) -> UnknownId:
    newest = ", ".join(sorted(known, reverse=True)[:WEEKS_NAMED])
    return UnknownId(
        f"no forecast for week {monday}",
        f"No forecast was published for the week {monday}; a week is named by its Monday. "
        f"Newest weeks: {newest}. GET /weeks lists all.",
    )
