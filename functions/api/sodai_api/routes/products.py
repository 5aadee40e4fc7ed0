"""Products."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from sodai_api.models.catalogue import ProductInfo, ProductList
from sodai_api.models.fields import PathId
from sodai_api.problems import responses
from sodai_api.reading import Reads, of_run
from sodai_api.routes.searching import Limit, Query

router = APIRouter(tags=["Shops and products"])


@router.get("/products", summary="Products, searched", responses=responses(422, 503))
def products(reads: Reads, request: Request, q: Query = "", limit: Limit = 100) -> ProductList:
    """Products whose id and attributes hold every word of `q`, by id."""
    forecast = of_run(request, reads.forecast())
    found = forecast.catalogue.find_products(q)
    items = [ProductInfo.of(product) for product in found[:limit]]
    return ProductList(items=items, total=len(found))


@router.get("/products/{product_id}/info", summary="A product", responses=responses(404, 422, 503))
def product_info(
    product_id: Annotated[PathId, Path(description="Id of the product", examples=[4017])],
    reads: Reads,
    request: Request,
) -> ProductInfo:
    """Attributes of a product."""
    forecast = of_run(request, reads.forecast())
    return ProductInfo.of(forecast.product(product_id))
