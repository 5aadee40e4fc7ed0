"""An optional sink: runs in MLflow, by its REST API; off without an address."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

EXPERIMENT: Final = "sodai"
SECONDS: Final = 5  # for one call; the first that fails ends the attempt
PROXIED: Final = "mlflow-artifacts:/"
NOT_FOUND: Final = 404
LONGEST: Final = 500  # characters of a parameter

Record = Mapping[str, Any]


class TrackingFailed(Exception):
    """The tracking server did not take a run."""


@dataclass(frozen=True, slots=True)
class Server:
    """An MLflow server.

    Parameters
    ----------
    uri : str
        Its address; a name and a password in it are sent as basic authentication.
    """

    uri: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call its REST API; None for what does not exist.

        Raises
        ------
        TrackingFailed
            If it cannot be reached, or refuses.
        """
        sent = None if body is None else json.dumps(body, allow_nan=False).encode()
        answer = self._send(method, f"/api/2.0/mlflow/{path}", sent, "application/json")
        try:
            return None if answer is None else json.loads(answer)
        except ValueError as error:
            raise TrackingFailed("what answers is no MLflow server") from error

    def upload(self, folder: str, name: str, body: bytes) -> None:
        """Store a file in a run's folder of artifacts."""
        if not folder.startswith(PROXIED):
            raise TrackingFailed(f"artifacts lie in {folder}; the server must serve them itself")
        path = f"{folder.removeprefix(PROXIED).strip('/')}/{name}"
        path = f"/api/2.0/mlflow-artifacts/artifacts/{quote(path)}"
        self._send("PUT", path, body, "application/octet-stream")

    def _send(self, method: str, path: str, body: bytes | None, kind: str) -> bytes | None:
        parts = urlsplit(self.uri)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise TrackingFailed("the address of the tracking server is not http(s)://host")
        host = parts.netloc.rpartition("@")[2]
        request = Request(f"{parts.scheme}://{host}{parts.path.rstrip('/')}{path}", body)
        request.method = method
        request.add_header("Content-Type", kind)
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            request.add_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
        try:
            with urlopen(request, timeout=SECONDS) as answer:
                read: bytes = answer.read()
                return read
        except HTTPError as error:
            if error.code == NOT_FOUND and method == "GET":
                return None
            told = error.read()[:LONGEST].decode(errors="replace")
            raise TrackingFailed(f"{host} answered {error.code}: {told}") from error
        except (OSError, HTTPException) as error:
            raise TrackingFailed(f"{host} cannot be reached: {error}") from error


def track(uri: str, record: Record, files: Mapping[str, bytes]) -> str:
    """Write a run that has ended to an MLflow server; return its id there.

    Parameters
    ----------
    uri : str
        Address of the server.
    record : mapping
        The run's record.
    files : mapping of name to bytes
        Further artifacts.

    Raises
    ------
    TrackingFailed
        If the server cannot be reached, refuses, or is something else.
    """
    try:
        return write(Server(uri), record, files)
    except (KeyError, TypeError) as error:  # an answer without what MLflow's holds
        raise TrackingFailed(f"what answers is no MLflow server ({error})") from error


def write(server: Server, record: Record, files: Mapping[str, bytes]) -> str:
    """Create a run, fill it, and close it; return its id."""
    ended = milliseconds(record["ended_at"])
    created = {
        "experiment_id": experiment(server),
        "run_name": record["run"],
        "start_time": milliseconds(record["created_at"]),
        "tags": pairs(tags(record)),
    }
    info = server.call("POST", "runs/create", created)["run"]["info"]
    values = [
        {"key": key, "value": value, "timestamp": ended, "step": 0}
        for key, value in metrics(record)
    ]
    batch = {"run_id": info["run_id"], "metrics": values, "params": pairs(parameters(record))}
    server.call("POST", "runs/log-batch", batch)
    own = {"record.json": json.dumps(record, ensure_ascii=False, indent=1).encode()}
    for name, body in {**own, **files}.items():
        server.upload(info["artifact_uri"], name, body)
    status = "FAILED" if record["status"] == "failed" else "FINISHED"
    update = {"run_id": info["run_id"], "status": status, "end_time": ended}
    server.call("POST", "runs/update", update)
    return str(info["run_id"])


def experiment(server: Server) -> str:
    """Return the id of our experiment; the first run makes it."""
    found = server.call("GET", f"experiments/get-by-name?experiment_name={EXPERIMENT}")
    if found:
        return str(found["experiment"]["experiment_id"])
    return str(server.call("POST", "experiments/create", {"name": EXPERIMENT})["experiment_id"])


def tags(record: Record) -> Iterator[tuple[str, Any]]:
    """Name a run: what came of it, for which week, and why."""
    decision, target = record["decision"], record["target"] or {}
    yield "outcome", record["outcome"]
    yield "week", target.get("week")
    yield "reasons", ", ".join(decision.get("reasons") or ())
    yield from ((key, decision.get(key)) for key in ("winner", "version", "promoted"))
    yield from ((key, record["fingerprints"][key]) for key in ("clean", "code"))
    yield "error", (record["error"] or {}).get("name")


def parameters(record: Record) -> Iterator[tuple[str, Any]]:
    """Return what was asked for, the settings, and the recipe that was found."""
    yield from record["parameters"].items()
    recipe = (record["training"] or {}).get("recipe") or {}
    yield from ((f"recipe.{key}", value) for key, value in recipe.items())


def metrics(record: Record) -> Iterator[tuple[str, float]]:
    """Return every figure of a run that is a number."""
    for method, figures in ((record["evaluation"] or {}).get("mean") or {}).items():
        yield from ((f"{method}.{key}", v) for key, v in figures.items() if v is not None)
    forecast = record["predictions"] or {}
    for key in ("threshold", "predicted_pairs", "scored_pairs"):
        if key in forecast:
            yield key, forecast[key]
    drift = (record["drift"] or {}).get("drift") or {}
    if drift.get("max_z") is not None:
        yield "drift.max_z", drift["max_z"]
    seen = (record["states"].get("observe") or {}).get("facts") or {}
    for key in ("ap", "f1", "gap"):
        if seen.get(key) is not None:
            yield f"realised.{key}", seen[key]
    for state, entry in record["states"].items():
        if "seconds" in entry:
            yield f"seconds.{state}", entry["seconds"]


def pairs(named: Iterator[tuple[str, Any]]) -> list[dict[str, str]]:
    """Return what is known, as MLflow wants it."""
    known = ((key, str(value)) for key, value in named if value not in {None, ""})
    return [{"key": key, "value": value[:LONGEST]} for key, value in known]


def milliseconds(moment: str) -> int:
    """Return a moment as MLflow counts it."""
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
