"""Products."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from sodai_api.models.catalogue import ProductInfo, ProductList
from sodai_api.models.fields import PathId
from sodai_api.problems import responses
from sodai_api.reading import Reads, of_run
from sodai_api.routes import searching

router = APIRouter(tags=["Shops and products"])


@router.get("/products", summary="Products, searched", responses=responses(404, 409, 422, 503))
def products(
    *,
    reads: Reads,
    request: Request,
    week: searching.Week = None,
    q: searching.Query = "",
    brand: Annotated[str, Query(description="Brand", examples=["Brand 3"], max_length=100)] = "",
    category: Annotated[
        str, Query(description="Category", examples=["BEBIDAS CARBONATADAS"], max_length=100)
    ] = "",
    limit: searching.Limit = 100,
    cursor: searching.Cursor = "",
) -> ProductList:
    """Products whose id and attributes hold every word of `q`, by id."""
    forecast = of_run(request, reads.forecast(week))
    found = forecast.catalogue.find_products(q, brand, category)
    shown, after = searching.page(found, limit, cursor, forecast.run)
    items = [ProductInfo.of(product) for product in shown]
    return ProductList(items=items, total=len(found), next_cursor=after)


@router.get("/products/{product_id}/info", summary="A product", responses=responses(404, 422, 503))
def product_info(
    product_id: Annotated[PathId, Path(description="Id of the product", examples=[4017])],
    reads: Reads,
    request: Request,
    week: searching.Week = None,
) -> ProductInfo:
    """Attributes of a product."""
    forecast = of_run(request, reads.forecast(week))
    return ProductInfo.of(forecast.product(product_id))
