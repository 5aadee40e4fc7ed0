"""The work list, and the weeks it can be asked for."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sodai.serving import Call

from sodai_api.models.catalogue import CallEntry, CallList, PublishedWeek, WeekList
from sodai_api.problems import responses
from sodai_api.reading import Reads, of_run
from sodai_api.routes import searching

router = APIRouter(tags=["Forecast"])


@router.get("/calls", summary="The shops to call", responses=responses(404, 409, 422, 503))
def calls(
    *,
    reads: Reads,
    request: Request,
    week: searching.Week = None,
    q: searching.Query = "",
    customer_type: searching.CustomerType = "",
    place: searching.Place = None,
    zone_id: Annotated[int | None, Query(description="Sales zone", examples=[5148])] = None,
    limit: searching.Limit = searching.MOST_ITEMS,
    cursor: searching.Cursor = "",
) -> CallList:
    """Every known shop, the largest expected order first."""
    forecast = of_run(request, reads.forecast(week))
    catalogue = forecast.catalogue
    found = catalogue.find_calls(q, customer_type, zone_id, place)
    shown, after = searching.page(found, limit, cursor, forecast.run)

    def entry(call: Call) -> CallEntry:
        return CallEntry.of(call, catalogue.name_of(call.top_product_id))

    return CallList(
        week=forecast.week,
        first_day=catalogue.first_day,
        last_day=catalogue.last_day,
        items=[entry(call) for call in shown],
        total=len(found),
        next_cursor=after,
    )


@router.get("/weeks", summary="The weeks with a forecast", responses=responses(503))
def weeks(reads: Reads, request: Request) -> WeekList:
    """Every week that a forecast was published for, newest first."""
    forecast = of_run(request, reads.forecast())
    items = [
        PublishedWeek(**{**told, "week": monday, "current": monday == forecast.week})
        for monday, told in sorted(forecast.weeks.items(), reverse=True)
    ]
    return WeekList(items=items)


@router.get(
    "/predictions/positives",
    summary="The predicted pairs",
    response_class=Response,
    responses={
        200: {
            "description": "CSV without a header: customer_id,product_id",
            "content": {"text/csv": {"schema": {"type": "string"}, "example": "1042,4017\n"}},
        },
        **responses(404, 422, 503),
    },
)
def positives(reads: Reads, request: Request, week: searching.Week = None) -> Response:
    """The pairs that the decision rule predicts, as CSV without a header."""
    forecast = of_run(request, reads.forecast(week))
    name = f"sodai-{forecast.week}-positives.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(forecast.positives(), media_type="text/csv", headers=headers)
