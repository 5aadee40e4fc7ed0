"""Shops, products and the work list."""

from typing import Annotated

from pydantic import ConfigDict, Field
from sodai.serving import Call, Catalogue, Customer, Product

from sodai_api.models.fields import (
    Answer,
    Brand,
    Category,
    CustomerId,
    CustomerType,
    ExpectedUnits,
    FirstDay,
    LastDay,
    NextCursor,
    Package,
    Place,
    ProductId,
    PublishedAt,
    Segment,
    Size,
    SubCategory,
    Total,
    Week,
    ZoneId,
    about,
)

OrderProbability = Annotated[
    float | None,
    about(
        "Probability that it orders anything within the forecast's days; null: not estimated",
        0.91,
        unit="probability, 0 to 1",
    ),
]


class CustomerInfo(Answer):
    """A shop."""

    customer_id: CustomerId
    region_id: Annotated[int, about("Sales region of the shop", 80)]
    zone_id: ZoneId
    place: Place
    customer_type: CustomerType
    location_x: Annotated[
        float | None, about("Position, X of the table; null: unknown", -107.9, unit="degrees")
    ]
    location_y: Annotated[
        float | None, about("Position, Y of the table; null: unknown", 46.6, unit="degrees")
    ]
    deliveries_per_week: Annotated[int, about("Deliveries agreed", 3, unit="deliveries a week")]
    cold_start: Annotated[bool, about("Whether the shop has no history", False)]
    order_probability: OrderProbability
    expected_units: ExpectedUnits
    history: Annotated[
        list[Annotated[list[str | float | int], Field(min_length=3, max_length=3)]],
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
            place=customer.place,
            customer_type=customer.customer_type,
            location_x=customer.location_x,
            location_y=customer.location_y,
            deliveries_per_week=customer.deliveries_per_week,
            cold_start=customer.is_cold,
            order_probability=customer.order_probability,
            expected_units=customer.expected_units,
            history=[list(week) for week in customer.history],
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

    items: Annotated[list[ProductInfo], about("Some of them, by id")]
    total: Total
    next_cursor: NextCursor


class CustomerEntry(Answer):
    """A shop in a list."""

    customer_id: CustomerId
    customer_type: CustomerType
    zone_id: ZoneId
    place: Place


class CustomerList(Answer):
    """Shops found, by id."""

    items: Annotated[list[CustomerEntry], about("Some of them, by id")]
    total: Total
    next_cursor: NextCursor


class CallEntry(Answer):
    """A shop to call."""

    customer_id: CustomerId
    customer_type: CustomerType
    zone_id: ZoneId
    place: Place
    expected_units: ExpectedUnits
    order_probability: OrderProbability
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
    items: Annotated[list[CallEntry], about("Some of them")]
    total: Total
    next_cursor: NextCursor


class HistoryWeek(Answer):
    """What a shop ordered in one week."""

    week: Week
    items: Annotated[float, about("Items ordered", 12.0, unit="items")]
    products: Annotated[int, about("Distinct products ordered", 5, unit="products")]


class BoughtProduct(Answer):
    """A product that a shop has ordered in the weeks shown."""

    product_id: ProductId
    product_name: Annotated[
        str | None, about("What it is called: brand, package, size", "Brand 3 BOTELLA 1.5 L")
    ]
    weeks_bought: Annotated[int, about("In how many of the weeks", 19, unit="weeks")]
    items: Annotated[float, about("Items ordered in all", 64.0, unit="items")]
    last_week: Annotated[str, about("Last week in which it did", "2024-12-30", unit="date")]


class CustomerHistory(Answer):
    """What a shop ordered before the forecast."""

    customer_id: CustomerId
    week: Week
    weeks: Annotated[
        list[HistoryWeek], about("The 26 weeks before the forecast's days, oldest first")
    ]
    products: Annotated[list[BoughtProduct], about("Most often ordered first")]

    @classmethod
    def of(cls, customer: Customer, catalogue: Catalogue) -> "CustomerHistory":
        """Return what is told of a shop's past; weeks without an order are zeros."""
        ordered = {week.monday: week for week in customer.history}
        return cls(
            customer_id=customer.customer_id,
            week=catalogue.week,
            weeks=[
                HistoryWeek(week=monday, items=known.items, products=known.products)
                if (known := ordered.get(monday))
                else HistoryWeek(week=monday, items=0.0, products=0)
                for monday in catalogue.past_weeks()
            ],
            products=[
                BoughtProduct(**bought._asdict(), product_name=catalogue.name_of(bought.product_id))
                for bought in customer.bought
            ],
        )


class PublishedWeek(Answer):
    """A week that a forecast was published for."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    week: Week
    first_day: Annotated[
        str | None, about("First day of the forecast", "2025-01-06", alias="from", unit="date")
    ] = None
    last_day: Annotated[
        str | None, about("Last day of the forecast", "2025-01-12", alias="to", unit="date")
    ] = None
    horizon_days: Annotated[int | None, about("Days it covers", 7, unit="days, 1 to 7")] = None
    run: Annotated[str, about("Run that made it", "20250106T050001-1a2b")]
    published_at: PublishedAt
    threshold: Annotated[
        float | None,
        about("Probability from which a pair is predicted", 0.31, unit="probability, 0 to 1"),
    ] = None
    superseded: Annotated[
        list[str],
        about("Runs published for the same week before, oldest first", ["20250106T050001-1a2b"]),
    ] = Field(default_factory=list)
    current: Annotated[bool, about("Whether it is the one served by default", True)]


class WeekList(Answer):
    """Every week that a forecast was published for, newest first."""

    items: Annotated[list[PublishedWeek], about("Newest first")]
