"""Where answers come from: the bucket of artifacts and the logs, opened when first needed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from sodai.domain.errors import ModelMissing, UnknownId
from sodai.serving import Forecast, Published
from sodai.store import keys
from sodai.store.artifacts import Artifacts, NotFound
from sodai.store.runs import Record, list_runs, read_record

from sodai_api.run_logs import RunLogs
from sodai_api.settings import Settings

DRIFT_RUNS: Final = 20  # the newest report is sought in so many runs
READERS: Final = 16  # records read side by side


def open_bucket(name: str) -> Artifacts:
    """Open a bucket. The AWS library takes 0.3 s to load, so it loads with the first read."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        max_pool_connections=READERS,
        connect_timeout=2,
        read_timeout=5,
        retries={"max_attempts": 3, "mode": "standard"},
    )
    return Artifacts(name, boto3.client("s3", config=config))


class Reading:
    """All that the API reads.

    Parameters
    ----------
    settings : Settings
        Names the bucket.
    clock : callable
        Seconds that only grow: how often the pointer is asked for again.
    open_bucket : callable
        Opens the bucket by its name, with the first read.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float],
        open_bucket: Callable[[str], Artifacts] = open_bucket,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._open_bucket = open_bucket

    @cached_property
    def artifacts(self) -> Artifacts:
        """The bucket of artifacts."""
        return self._open_bucket(self._settings.artifacts_bucket)

    @cached_property
    def logs(self) -> RunLogs:
        """The logs of the week's functions."""
        return RunLogs()

    @cached_property
    def _published(self) -> Published:
        return Published(
            lambda etag: self.artifacts.read_if_changed(keys.LATEST_FORECAST, etag),
            self.artifacts.read,
            self._clock,
        )

    def forecast(self) -> Forecast:
        """Return the published forecast; an answer asks once and keeps to what it got."""
        return self._published.current()

    def runs(self, limit: int) -> list[Record]:
        """Return the records of the newest runs, newest first."""
        names = list_runs(self.artifacts, limit)
        with ThreadPoolExecutor(READERS) as pool:
            found = pool.map(partial(read_record, self.artifacts), names)
            return [record for record in found if record]

    def run(self, run: str) -> Record:
        """Return a run's record; raise `UnknownId` if there is none."""
        record = read_record(self.artifacts, run)
        if record is None:
            raise UnknownId(f"unknown run {run}", f"There is no run {run}. GET /runs lists them.")
        return record

    def newest_drift(self) -> dict[str, Any]:
        """Return the drift report of the published run, else of the newest run that has one."""
        for run in self._runs_to_ask():
            try:
                report: dict[str, Any] = self.artifacts.read_json(self._keys.drift(run))
            except NotFound:
                continue
            return {"run": run, **report}
        raise UnknownId(
            "no drift report", "No run has measured drift yet. Run the week with: sodai run"
        )

    def champion(self) -> dict[str, Any]:
        """Return the champion's metadata; raise `ModelMissing` before the first."""
        try:
            version = self.artifacts.read_json(self._keys.champion)["version"]
            folder = self._keys.model(version)
            metadata: dict[str, Any] = self.artifacts.read_json(f"{folder}metadata.json")
        except NotFound as error:
            raise ModelMissing(
                f"no champion: {error}", "There is no model yet. Run the week with: sodai run"
            ) from error
        return {**metadata, "version": version}

    @property
    def _keys(self) -> keys.Keys:
        return keys.Keys(models=self._settings.sodai_models_path)

    def _runs_to_ask(self) -> list[str]:
        try:
            published = [self.artifacts.read_json(keys.LATEST_FORECAST)["run"]]
        except NotFound:
            published = []
        return published + list_runs(self.artifacts, DRIFT_RUNS)


async def reading(request: Request) -> Reading:
    """Give a route what it reads from."""
    found: Reading = request.app.state.reading
    return found


Reads = Annotated[Reading, Depends(reading)]


def of_run(request: Request, forecast: Forecast) -> Forecast:
    """Note which run an answer comes from, for its ETag; return the forecast."""
    request.state.run = forecast.run
    return forecast
