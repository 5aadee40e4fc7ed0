"""Drift and the model."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from sodai_api.models.operations import DriftReport, ModelInfo
from sodai_api.problems import responses
from sodai_api.reading import Reads

router = APIRouter(tags=["Monitoring"])


@router.get(
    "/drift", summary="Drift of the week", response_model=DriftReport, responses=responses(404, 503)
)
def drift(reads: Reads) -> JSONResponse:
    """How far the newest complete week is from the reference weeks, feature by feature."""
    return JSONResponse(reads.newest_drift())


@router.get(
    "/model/info", summary="The champion", response_model=ModelInfo, responses=responses(503)
)
def model_info(reads: Reads) -> JSONResponse:
    """The model whose forecasts are published: version, training, evaluation."""
    return JSONResponse(reads.champion())
