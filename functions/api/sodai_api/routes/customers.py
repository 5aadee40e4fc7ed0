"""Shops."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from sodai_api.models.catalogue import CustomerEntry, CustomerInfo, CustomerList
from sodai_api.models.fields import PathId
from sodai_api.problems import responses
from sodai_api.reading import Reads, of_run
from sodai_api.routes.searching import Limit, Query

router = APIRouter(tags=["Shops and products"])


@router.get("/customers", summary="Shops, searched", responses=responses(422, 503))
def customers(reads: Reads, request: Request, q: Query = "", limit: Limit = 100) -> CustomerList:
    """Shops whose id and type hold every word of `q`, by id."""
    forecast = of_run(request, reads.forecast())
    found = forecast.catalogue.find_customers(q)
    items = [
        CustomerEntry(
            customer_id=call.customer_id, customer_type=call.customer_type, zone_id=call.zone_id
        )
        for call in found[:limit]
    ]
    return CustomerList(items=items, total=len(found))


@router.get("/customers/{customer_id}/info", summary="A shop", responses=responses(404, 422, 503))
def customer_info(
    customer_id: Annotated[PathId, Path(description="Id of the shop", examples=[1042])],
    reads: Reads,
    request: Request,
) -> CustomerInfo:
    """Attributes of a shop, what it is expected to order, and its last 26 weeks."""
    forecast = of_run(request, reads.forecast())
    return CustomerInfo.of(forecast.customer(customer_id))
