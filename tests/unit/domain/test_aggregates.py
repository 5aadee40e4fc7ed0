"""What is summed up for questions loses nothing."""

import pandas as pd
from sodai.domain.aggregates import pairs_of, sales_of

CUSTOMERS = pd.DataFrame({"customer_id": [1, 2], "customer_type": ["A", "B"], "X": [0.0, 1.0]})
PRODUCTS = pd.DataFrame(
    {
        "product_id": [7],
        "brand": ["Cumbre"],
        "category": ["C"],
        "sub_category": ["S"],
        "segment": ["LOW"],
        "package": [None],
        "size": [float("nan")],
    }
)


def lines(*rows: tuple[int, str, int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "purchase_date", "order_id", "items"])
    day = pd.to_datetime(frame["purchase_date"])
    return frame.assign(product_id=7, purchase_date=day, is_return=frame["items"] <= 0)


def test_returns_are_counted_apart_and_not_subtracted() -> None:
    sales = sales_of(
        CUSTOMERS, PRODUCTS, lines((1, "2025-01-02", 5, 3.0), (1, "2025-01-02", 5, -1.0))
    )
    assert sales["sales"] == [("2025-01-02", 1, 7, 0, 1, 3.0, 1)]
    assert sales["span"] == [("2025-01-02", "2025-01-02")]


def test_one_number_for_two_customers_or_two_days_is_not_one_order() -> None:
    sales = sales_of(
        CUSTOMERS,
        PRODUCTS,
        lines((1, "2025-01-02", 5, 1.0), (2, "2025-01-02", 5, 1.0), (1, "2025-01-03", 5, 1.0)),
    )
    assert len({row[3] for row in sales["sales"]}) == 3


def test_what_a_table_lacks_is_none() -> None:
    assert sales_of(CUSTOMERS, PRODUCTS, lines((1, "2025-01-02", 5, 1.0)))["products"] == [
        (7, "Cumbre", "C", "S", "LOW", None, None)
    ]


def test_pairs_are_the_ranking_with_what_is_predicted() -> None:
    ranking = pd.DataFrame(
        {
            "customer_id": [1],
            "product_id": [7],
            "probability": [0.5],
            "expected_items": [2.0],
            "selected": [True],
        }
    )
    assert pairs_of(ranking) == {"pairs": [(1, 7, 0.5, 2.0, 1)]}


def test_a_shop_or_product_listed_twice_is_one() -> None:
    twice = (pd.concat([frame, frame]) for frame in (CUSTOMERS, PRODUCTS))
    sales = sales_of(*twice, lines((1, "2025-01-02", 5, 1.0)))
    assert (len(sales["customers"]), len(sales["products"])) == (2, 1)
