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

    def forecast(self, week: str | None = None) -> Forecast:
        """Return the published forecast, or that of an earlier week named by its Monday.

        An answer asks once and keeps to what it got.
        """
        return self._published.of_week(week) if week else self._published.current()

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

    def drift(self, run: str) -> dict[str, Any]:
        """Return a run's drift report; raise `UnknownId` if it has none."""
        try:
            report: dict[str, Any] = self.artifacts.read_json(self._keys.drift(run))
        except NotFound as error:
            raise UnknownId(
                f"no drift report of run {run}",
                f"There is no drift report of run {run}. GET /runs lists the runs.",
            ) from error
        return {"run": run, **report}

    def newest_drift(self) -> dict[str, Any]:
        """Return the drift report of the published run, else of the newest run that has one."""
        for run in self._runs_to_ask():
            try:
                return self.drift(run)
            except UnknownId:
                continue
        raise UnknownId(
            "no drift report", "No run has measured drift yet. Run the week with: sodai run"
        )

    def performance(self) -> dict[str, Any]:
        """Return what was observed of published forecasts; empty before the first came true."""
        told: dict[str, Any] = self._read_or(keys.PERFORMANCE, {"points": [], "reports": []})
        return told

    def evaluation(self, run: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the windows a run judged on, and the leading model's curves by their cutoff."""
        folder = self._keys.evaluation(run)
        windows = self._read_or(f"{folder}windows.json", [])
        return windows, self._read_or(f"{folder}curves.json", {})

    def champion(self) -> dict[str, Any]:
        """Return the champion's metadata; raise `ModelMissing` before the first."""
        version = self._champion_version()
        return {**self.model(version), "version": version}

    def model(self, version: str) -> dict[str, Any]:
        """Return a model's metadata; raise `UnknownId` if there is none."""
        return self._of_model(version, "metadata.json")

    def importance(self, version: str | None) -> dict[str, Any]:
        """Return what a model goes by, the champion unless another is named.

        Raises
        ------
        UnknownId
            If there is no such model, or it was not explained: a baseline is not.
        """
        version = version or self._champion_version()
        return {"version": version, **self._of_model(version, "feature_importance.json")}

    def models(self) -> list[dict[str, Any]]:
        """Return the metadata of every model made to forecast, newest first."""
        champion = self._read_or(self._keys.champion, {}).get("version")
        prefix = self._settings.sodai_models_path
        names = [entry.key.removeprefix(prefix) for entry in self.artifacts.list(prefix)]
        parts = [name.split("/") for name in names]
        versions = [part[0] for part in parts if part[1:] == ["metadata.json"]]
        with ThreadPoolExecutor(READERS) as pool:
            found = [
                {**told, "version": version, "champion": version == champion}
                for version, told in zip(versions, pool.map(self.model, versions), strict=True)
            ]
        return sorted(found, key=lambda model: str(model.get("created_at")), reverse=True)

    def _champion_version(self) -> str:
        try:
            version: str = self.artifacts.read_json(self._keys.champion)["version"]
        except NotFound as error:
            raise ModelMissing(
                f"no champion: {error}", "There is no model yet. Run the week with: sodai run"
            ) from error
        return version

    def _of_model(self, version: str, name: str) -> dict[str, Any]:
        try:
            told: dict[str, Any] = self.artifacts.read_json(f"{self._keys.model(version)}{name}")
        except NotFound as error:
            raise UnknownId(
                f"no {name} of model {version}",
                f"There is no model {version}, or not what was asked of it. "
                "GET /model/versions lists the models.",
            ) from error
        return told

    def _read_or(self, key: str, otherwise: Any) -> Any:
        try:
            return self.artifacts.read_json(key)
        except NotFound:
            return otherwise

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
