"""Runs of the week: their records and logs."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from sodai_api.models.operations import LogLines, RunDecision, RunEntry, RunList, RunRecord
from sodai_api.problems import responses
from sodai_api.reading import Reads

router = APIRouter(tags=["Operation"])

TOLD: Final = ("retrain", "reasons", "sentences", "promoted", "version")

RunId = Annotated[
    str, Path(description="Id of the run", examples=["20250106T050001-1a2b"], max_length=80)
]


@router.get("/runs", summary="The newest runs", responses=responses(422, 503))
def runs(
    reads: Reads,
    limit: Annotated[int, Query(description="How many at most", examples=[20], ge=1, le=100)] = 50,
) -> RunList:
    """The newest runs, newest first."""
    return RunList(items=[entry_of(record) for record in reads.runs(limit)])


@router.get(
    "/runs/{run}", summary="A run", response_model=RunRecord, responses=responses(404, 422, 503)
)
def run_record(run: RunId, reads: Reads) -> JSONResponse:
    """The record of a run: what each state did, the decision, the metrics, the artifacts."""
    return JSONResponse(reads.run(run))


@router.get(
    "/runs/{run}/logs",
    summary="Logs of a run",
    response_model=LogLines,
    responses=responses(404, 422, 503),
)
def run_logs(
    run: RunId,
    reads: Reads,
    state: Annotated[
        str | None,
        Query(description="One state; without it, all of them", examples=["train"], max_length=80),
    ] = None,
) -> JSONResponse:
    """What the states of a run wrote into their logs, oldest first."""
    return JSONResponse({"lines": reads.logs.of_run(reads.run(run), state)})


def entry_of(record: Mapping[str, Any]) -> RunEntry:
    """Sum up a run's record."""
    states: Mapping[str, Any] = record["states"]
    window = record.get("target") or _facts(states, "validate").get("window") or {}
    decision = record.get("decision") or _facts(states, "drift")
    spent = [state["seconds"] for state in states.values() if state.get("seconds") is not None]
    return RunEntry(
        run=record["run"],
        status=record["status"],
        outcome=record["outcome"],
        week=window.get("week"),
        decision=RunDecision(**{key: decision.get(key) for key in TOLD}) if decision else None,
        created_at=record["created_at"],
        seconds=round(sum(spent), 3) if spent else None,
    )


def _facts(states: Mapping[str, Any], state: str) -> Mapping[str, Any]:
    return (states.get(state) or {}).get("facts") or {}
