"""Shops, products and the work list."""

from typing import Annotated

from pydantic import ConfigDict
from sodai.serving import Call, Customer, Product

from sodai_api.models.fields import (
    Answer,
    Brand,
    Category,
    CustomerId,
    CustomerType,
    ExpectedUnits,
    FirstDay,
    LastDay,
    Package,
    ProductId,
    Segment,
    Size,
    SubCategory,
    Total,
    Week,
    ZoneId,
    about,
)


class CustomerInfo(Answer):
    """A shop."""

    customer_id: CustomerId
    region_id: Annotated[int, about("Sales region of the shop", 80)]
    zone_id: ZoneId
    customer_type: CustomerType
    location_x: Annotated[
        float | None, about("Position, X of the table; null: unknown", -107.9, unit="degrees")
    ]
    location_y: Annotated[
        float | None, about("Position, Y of the table; null: unknown", 46.6, unit="degrees")
    ]
    deliveries_per_week: Annotated[int, about("Deliveries agreed", 3, unit="deliveries a week")]
    cold_start: Annotated[bool, about("Whether the shop has no history", False)]
    order_probability: Annotated[
        float | None,
        about(
            "Probability that it orders anything within the forecast's days; null: not estimated",
            0.91,
            unit="probability, 0 to 1",
        ),
    ]
    expected_units: ExpectedUnits
    history: Annotated[
        list[tuple[str, float, int]],
        about(
            "Up to 26 last weeks with orders, oldest first: Monday, items, distinct products",
            [["2024-12-30", 12.0, 5]],
            unit="date, items, products",
        ),
    ]

    @classmethod
    def of(cls, customer: Customer) -> "CustomerInfo":
        """Return what is told of a shop."""
        return cls(
            customer_id=customer.customer_id,
            region_id=customer.region_id,
            zone_id=customer.zone_id,
            customer_type=customer.customer_type,
            location_x=customer.location_x,
            location_y=customer.location_y,
            deliveries_per_week=customer.deliveries_per_week,
            cold_start=customer.is_cold,
            order_probability=customer.order_probability,
            expected_units=customer.expected_units,
            history=list(customer.history),
        )


class ProductInfo(Answer):
    """A product."""

    product_id: ProductId
    brand: Brand
    category: Category
    sub_category: SubCategory
    segment: Segment
    package: Package
    size: Size
    sold: Annotated[bool, about("Whether it was ever sold before the forecast's days", True)]

    @classmethod
    def of(cls, product: Product) -> "ProductInfo":
        """Return what is told of a product."""
        return cls(
            product_id=product.product_id,
            brand=product.brand,
            category=product.category,
            sub_category=product.sub_category,
            segment=product.segment,
            package=product.package,
            size=product.size,
            sold=product.sold,
        )


class ProductList(Answer):
    """Products found, by id."""

    items: Annotated[list[ProductInfo], about("The first of them, by id")]
    total: Total


class CustomerEntry(Answer):
    """A shop in a list."""

    customer_id: CustomerId
    customer_type: CustomerType
    zone_id: ZoneId


class CustomerList(Answer):
    """Shops found, by id."""

    items: Annotated[list[CustomerEntry], about("The first of them, by id")]
    total: Total


class CallEntry(Answer):
    """A shop to call."""

    customer_id: CustomerId
    customer_type: CustomerType
    zone_id: ZoneId
    expected_units: ExpectedUnits
    predicted_products: Annotated[
        int, about("Products the decision rule predicts it to order", 6, unit="products")
    ]
    top_product_id: Annotated[int | None, about("Its most probable product", 4017)]
    top_product_name: Annotated[
        str | None, about("What that is called: brand, package, size", "Brand 3 BOTELLA 1.5 L")
    ]
    top_probability: Annotated[
        float | None,
        about("Probability of that product", 0.93, unit="probability, 0 to 1"),
    ]

    @classmethod
    def of(cls, call: Call, top_product_name: str | None) -> "CallEntry":
        """Return one line of the work list."""
        return cls(**call._asdict(), top_product_name=top_product_name)


class CallList(Answer):
    """Shops to call, largest expected order first."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    week: Week
    first_day: Annotated[FirstDay, about("First day of the forecast", "2025-01-06", alias="from")]
    last_day: Annotated[LastDay, about("Last day of the forecast", "2025-01-12", alias="to")]
    items: Annotated[list[CallEntry], about("The first of them")]
    total: Total
