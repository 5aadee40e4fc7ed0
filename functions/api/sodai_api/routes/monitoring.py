"""Drift, performance and the models."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from sodai.domain.errors import NothingPublished

from sodai_api.models.monitoring import (
    Calibration,
    CalibrationBin,
    DriftReport,
    HeldOut,
    HeldOutWindow,
    ModelImportance,
    ModelInfo,
    ModelVersions,
    Performance,
    PerformancePoint,
)
from sodai_api.problems import responses
from sodai_api.reading import Reads

router = APIRouter(tags=["Monitoring"])

Facts = Mapping[str, Any]


@router.get(
    "/drift",
    summary="Drift of the week",
    response_model=DriftReport,
    responses=responses(404, 422, 503),
)
def drift(
    reads: Reads,
    run: Annotated[
        str,
        Query(
            description="Run that measured it; without it, the published one",
            examples=["20250106T050001-1a2b"],
            pattern=r"^[\w.-]*$",
            max_length=80,
        ),
    ] = "",
) -> JSONResponse:
    """How far the newest complete week is from the reference weeks, feature by feature."""
    return JSONResponse(reads.drift(run) if run else reads.newest_drift())


@router.get("/performance", summary="Forecasts against what happened", responses=responses(503))
def performance(reads: Reads) -> Performance:
    """Published forecasts that came true beside a naive ranking, with their control limits.

    Before the first has come true there are only the weeks kept back by the published run.
    """
    observed = reads.performance()
    try:
        run = reads.forecast().run
    except NothingPublished:
        return Performance(points=[], calibration=None, held_out=None)
    windows, curves = reads.evaluation(run)
    points = points_of(observed)
    return Performance(
        points=points,
        calibration=calibration_of(observed["points"], windows, curves),
        held_out=HeldOut(run=run, windows=[window_of(one, curves) for one in windows]),
    )


@router.get(
    "/model/info", summary="The champion", response_model=ModelInfo, responses=responses(503)
)
def model_info(reads: Reads) -> JSONResponse:
    """The model whose forecasts are published: version, training, evaluation."""
    return JSONResponse(reads.champion())


@router.get(
    "/model/importance",
    summary="What a model goes by",
    response_model=ModelImportance,
    responses=responses(404, 422, 503),
)
def model_importance(
    reads: Reads,
    version: Annotated[
        str,
        Query(
            description="Version of the model; without it, the champion",
            examples=["2025-01-06-958507ba"],
            pattern=r"^[\w.-]*$",
            max_length=120,
        ),
    ] = "",
) -> JSONResponse:
    """Mean absolute SHAP value of every feature, in words of both languages."""
    return JSONResponse(reads.importance(version or None))


@router.get(
    "/model/versions",
    summary="Every model",
    response_model=ModelVersions,
    responses=responses(503),
)
def model_versions(reads: Reads) -> JSONResponse:
    """Every model that was made to forecast, newest first, and which one does now."""
    return JSONResponse({"items": reads.models()})


def points_of(observed: Facts) -> list[PerformancePoint]:
    """Join what was measured of each forecast with its place on the control chart."""
    judged = {(one["week"], one["run"]): one for one in observed.get("reports", [])}
    return [
        PerformancePoint(
            week=point["week"],
            run=point["run"],
            metrics=point["metrics"],
            naive=point["naive"],
            **{
                name: report[name]
                for name in ("horizon_days", "gap", "f1_gap", "centre", "limit", "reason", "alarm")
            },
        )
        for point in sorted(observed["points"], key=lambda point: str(point["week"]))
        if (report := judged.get((point["week"], point["run"])))
    ]


def calibration_of(
    points: Sequence[Facts], windows: Sequence[Facts], curves: Facts
) -> Calibration | None:
    """Return the calibration of the newest forecast that came true, else of a week kept back."""
    realised = [("realised", point["week"], point.get("calibration")) for point in points]
    kept = [("held_out", one["week"], _curve(one, curves).get("calibration")) for one in windows]
    for source, week, bins in [*reversed(realised), *reversed(kept)]:
        if bins:
            return Calibration(source=source, week=week, bins=[_bin(one) for one in bins])
    return None


def window_of(window: Facts, curves: Facts) -> HeldOutWindow:
    """Return a week kept back, with the leading model's curve."""
    curve, methods = _curve(window, curves), window["methods"]
    return HeldOutWindow(
        week=window["week"],
        methods=methods,
        leading=next(iter(methods)) if curve else None,
        threshold=curve.get("threshold"),
        confusion_matrix=curve.get("confusion_matrix"),
        precision_recall=curve.get("precision_recall"),
    )


def _curve(window: Facts, curves: Facts) -> Facts:
    found: Facts = curves.get(window["from"], {})
    return found


def _bin(told: Facts) -> CalibrationBin:
    rest = {name: told[name] for name in ("pairs", "mean_probability", "observed_rate")}
    return CalibrationBin(lowest=told["from"], highest=told["to"], **rest)
