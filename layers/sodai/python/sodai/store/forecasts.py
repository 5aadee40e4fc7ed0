"""The published forecast: one pointer that names it, and the earlier ones by their week."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

from sodai.domain.errors import ArtifactDamaged, RestoreRefused
from sodai.store import keys
from sodai.store.artifacts import Artifacts
from sodai.store.folders import Folder
from sodai.store.runs import read_record

Pointer = dict[str, Any]
OF_THE_FORECAST: Final = (
    "prefix", "aggregates", "model_version", "threshold", "level_offset", "predicted_pairs",
)  # fmt: skip
OF_THE_WEEK: Final = ("run", "prefix", "published_at", "threshold", "level_offset", "decision")
WINDOW: Final = ("week", "from", "to", "horizon_days")
READERS: Final = 16


def named(before: Pointer | None, forecast: Mapping[str, Any], *, serve: bool = True) -> Pointer:
    """Return the pointer that names a forecast, and keeps the others by their week.

    Parameters
    ----------
    before : dict or None
        The pointer until now.
    forecast : mapping
        Its run, prefix, window, threshold, decision, model and data.
    serve : bool
        Whether it is the one that is served; else it is only the one of its week.
    """
    weeks = dict(before["weeks"]) if before else {}
    replaced = weeks.get(forecast["week"])
    superseded = [*replaced["superseded"], replaced["run"]] if replaced else []
    weeks[forecast["week"]] = {
        **{key: forecast[key] for key in (*OF_THE_WEEK, *WINDOW)},
        "superseded": [run for run in superseded if run != forecast["run"]],
    }
    served = forecast if serve or before is None else before
    return {**served, "schema": 1, "weeks": weeks}


def restore(artifacts: Artifacts, run: str, now: datetime) -> Pointer:
    """Make a run's forecast the one of its week again, by conditional write; return it.

    It is the one that is served if no later week has been forecast. Nothing but the forecast's
    own files is needed: features and other intermediate artifacts may have expired.

    Raises
    ------
    RestoreRefused
        If the run is unknown, published nothing, or its forecast is damaged or was not sane.
    """
    forecast = _forecast_of(artifacts, run)

    def change(before: Pointer | None) -> Pointer:
        if before is None:
            raise RestoreRefused("nothing published", "No forecast has been published yet.")
        if before["weeks"].get(forecast["week"], {}).get("run") == run:
            raise RestoreRefused(
                f"{run} is published",
                f"The forecast of run {run} is the published one of {forecast['week']} already.",
            )
        again = {**forecast, "published_at": now.isoformat()}
        return named(before, again, serve=forecast["week"] >= before["week"])

    artifacts.update_json(keys.LATEST_FORECAST, change)
    return forecast


def _forecast_of(artifacts: Artifacts, run: str) -> Pointer:
    record = read_record(artifacts, run)
    if record is None:
        words = f"There is no run {run!r}; list them with: sodai runs"
        raise RestoreRefused(f"no run {run}", words)
    prefix = (record.get("artifacts") or {}).get("forecast")
    try:
        folder = Folder.open(artifacts, prefix) if prefix and not record["as_of"] else None
    except ArtifactDamaged as error:
        raise _damaged(run, error) from error
    if folder is None:
        words = f"Run {run} made no forecast for people (outcome: {record['outcome']})."
        raise RestoreRefused(f"{run} has no forecast", words)
    if failures := folder.facts["sanity"]["failures"]:
        told = " ".join(failure["sentence_en"] for failure in failures)
        raise RestoreRefused(f"{run} was refused", f"That forecast was refused: {told}")
    if record["outcome"] != "published":
        words = f"Run {run} did not publish its forecast (outcome: {record['outcome']})."
        raise RestoreRefused(f"{run} published nothing", words)
    try:
        with ThreadPoolExecutor(READERS) as pool:
            list(pool.map(folder.read, folder.files))
    except ArtifactDamaged as error:
        raise _damaged(run, error) from error
    decision = record["decision"]
    return {
        **{key: folder.facts[key] for key in WINDOW},
        "run": run,
        "clean_fingerprint": record["artifacts"]["clean"],
        **{key: folder.facts.get(key) for key in OF_THE_FORECAST},
        "decision": decision_of(decision, decision),
    }


def _damaged(run: str, error: ArtifactDamaged) -> RestoreRefused:
    words = f"The forecast of run {run} is damaged ({error}); the published one stands."
    return RestoreRefused(str(error), words)


def decision_of(decision: Mapping[str, Any], verdict: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the pointer tells of a decision: retrain or keep, why, and what came of it."""
    told = {key: decision[key] for key in ("retrain", "reasons")}
    return {**told, **{key: verdict[key] for key in ("promoted", "winner")}}
