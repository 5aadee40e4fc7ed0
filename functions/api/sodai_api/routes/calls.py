"""The work list."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sodai.serving import Call

from sodai_api.models.catalogue import CallEntry, CallList
from sodai_api.problems import responses
from sodai_api.reading import Reads, of_run
from sodai_api.routes import searching

router = APIRouter(tags=["Forecast"])


@router.get("/calls", summary="The shops to call", responses=responses(422, 503))
def calls(
    *,
    reads: Reads,
    request: Request,
    q: searching.Query = "",
    customer_type: Annotated[
        str, Query(description="Kind of shop", examples=["MINIMARKET"], max_length=100)
    ] = "",
    zone_id: Annotated[int | None, Query(description="Sales zone", examples=[5148])] = None,
    limit: searching.Limit = searching.MOST_ITEMS,
) -> CallList:
    """Every known shop, the largest expected order first."""
    forecast = of_run(request, reads.forecast())
    catalogue = forecast.catalogue
    found = catalogue.find_calls(q, customer_type, zone_id)

    def entry(call: Call) -> CallEntry:
        return CallEntry.of(call, catalogue.name_of(call.top_product_id))

    return CallList(
        week=forecast.week,
        first_day=catalogue.first_day,
        last_day=catalogue.last_day,
        items=[entry(call) for call in found[:limit]],
        total=len(found),
    )
