"""Shops."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from sodai_api.models.catalogue import (
    CustomerEntry,
    CustomerHistory,
    CustomerInfo,
    CustomerList,
)
from sodai_api.models.fields import PathId
from sodai_api.problems import responses
from sodai_api.reading import Reads, of_run
from sodai_api.routes import searching

router = APIRouter(tags=["Shops and products"])


CustomerId = Annotated[PathId, Path(description="Id of the shop", examples=[1042])]


@router.get("/customers", summary="Shops, searched", responses=responses(404, 409, 422, 503))
def customers(
    *,
    reads: Reads,
    request: Request,
    week: searching.Week = None,
    q: searching.Query = "",
    customer_type: searching.CustomerType = "",
    place: searching.Place = None,
    limit: searching.Limit = 100,
    cursor: searching.Cursor = "",
) -> CustomerList:
    """Shops whose id and type hold every word of `q`, by id."""
    forecast = of_run(request, reads.forecast(week))
    found = forecast.catalogue.find_customers(q, customer_type, place)
    shown, after = searching.page(found, limit, cursor, forecast.run)
    items = [
        CustomerEntry(
            customer_id=call.customer_id,
            customer_type=call.customer_type,
            zone_id=call.zone_id,
            place=call.place,
        )
        for call in shown
    ]
    return CustomerList(items=items, total=len(found), next_cursor=after)


@router.get("/customers/{customer_id}/info", summary="A shop", responses=responses(404, 422, 503))
def customer_info(
    customer_id: CustomerId, reads: Reads, request: Request, week: searching.Week = None
) -> CustomerInfo:
    """Attributes of a shop, what it is expected to order, and its last 26 weeks."""
    forecast = of_run(request, reads.forecast(week))
    return CustomerInfo.of(forecast.customer(customer_id))


@router.get(
    "/customers/{customer_id}/history",
    summary="What a shop ordered",
    responses=responses(404, 422, 503),
)
def customer_history(
    customer_id: CustomerId, reads: Reads, request: Request, week: searching.Week = None
) -> CustomerHistory:
    """What a shop ordered in the 26 weeks before the forecast, by week and by product."""
    forecast = of_run(request, reads.forecast(week))
    return CustomerHistory.of(forecast.customer(customer_id), forecast.catalogue)
