"""Questions put by those who made the answers, each where a reading could go wrong."""

from datetime import timedelta

import pandas as pd

from tests.unit.serving.asking.questions_of_readers import (
    Books,
    Meaning,
    at,
    best,
    between,
    by_month,
    ids,
    last_month,
    last_week,
    month,
    newest_order,
    of,
    orders,
    with_products,
)


def distinct_by_month(books: Books, column: str) -> list[tuple[str, float]]:
    months = books.bought.groupby(books.bought["purchase_date"].dt.strftime("%Y-%m"))
    return list(months[column].nunique().items())


def rows_of_type(frame: pd.DataFrame, kind: str, books: Books) -> pd.DataFrame:
    return frame[frame["customer_id"].isin(books.of_type(kind))]


def by(frame: pd.DataFrame, column: str) -> list[tuple[str, float]]:
    return best(frame, column, 1000)


def with_customers(frame: pd.DataFrame, books: Books) -> pd.DataFrame:
    return frame.merge(books.customers, on="customer_id")


def packaged(frame: pd.DataFrame, package: str, books: Books) -> pd.DataFrame:
    frame = with_products(books, frame)
    return frame[frame["package"] == package]


def most_orders(frame: pd.DataFrame, n: int) -> list[tuple[int, float]]:
    counts = frame.groupby("customer_id")["order_id"].nunique().reset_index()
    counts = counts.sort_values(["order_id", "customer_id"], ascending=[False, True]).head(n)
    return list(zip(counts["customer_id"], counts["order_id"], strict=True))


def months_from(first: int, last: int, books: Books) -> pd.DataFrame:
    both = (month(books.bought, first, books), month(books.bought, last, books))
    start, end = both[0]["purchase_date"].min(), both[1]["purchase_date"].max()
    return between(books.bought, start.date().replace(day=1), end.date())


def without(books: Books, frame: pd.DataFrame) -> set[int]:
    return ids(books.customers["customer_id"]) - ids(frame["customer_id"])


def expected(frame: pd.DataFrame) -> float:
    return round(float(frame["expected_items"].sum()), 3)


def of_brand(books: Books, frame: pd.DataFrame) -> pd.DataFrame:
    frame = with_products(books, frame)
    return frame[frame["brand"] == brand(books)]


def brand(books: Books) -> str:
    return str(best(with_products(books, books.bought), "brand", 1)[0][0])


QUESTIONS: list[tuple[str, str, Meaning]] = [
    (
        "es",
        "¿Qué compran los mayoristas?",
        lambda b: ids(rows_of_type(b.bought, "MAYORISTA", b)["product_id"]),
    ),
    (
        "en",
        "what do restaurants order in October?",
        lambda b: ids(rows_of_type(month(b.bought, 10, b), "RESTAURANT", b)["product_id"]),
    ),
    ("es", "¿Quién compró más?", lambda b: best(b.bought, "customer_id", 1)),
    (
        "es",
        "¿CUÁNTAS TIENDAS DE CONVENIENCIA HAY?",
        lambda b: len(b.of_type("TIENDA DE CONVENIENCIA")),
    ),
    (
        "en",
        "how many convenience stores are there",
        lambda b: len(b.of_type("TIENDA DE CONVENIENCIA")),
    ),
    (
        "es",
        "ventas del 24 de diciembre",
        lambda b: round(
            b.bought.loc[
                b.bought["purchase_date"]
                == pd.Timestamp((b.today - timedelta(days=1)).year, 12, 24),
                "items",
            ].sum(),
            3,
        ),
    ),
    (
        "es",
        "ventas entre octubre y diciembre",
        lambda b: round(months_from(10, 12, b)["items"].sum(), 3),
    ),
    (
        "en",
        "units sold from October to November",
        lambda b: round(months_from(10, 11, b)["items"].sum(), 3),
    ),
    (
        "es",
        "unidades vendidas en envase lata en noviembre",
        lambda b: round(packaged(month(b.bought, 11, b), "LATA", b)["items"].sum(), 3),
    ),
    (
        "es",
        "los 3 clientes con más pedidos entre octubre y noviembre",
        lambda b: most_orders(months_from(10, 11, b), 3),
    ),
    ("en", "which shop has the most orders?", lambda b: most_orders(b.bought, 1)),
    (
        "es",
        "ventas por tipo de cliente el mes pasado",
        lambda b: by(with_customers(last_month(b.bought, b), b), "customer_type"),
    ),
    ("en", "sales by package", lambda b: by(with_products(b, b.bought), "package")),
    (
        "es",
        "clientes por tipo",
        lambda b: [
            *b.customers.groupby("customer_type").size().sort_values(ascending=False).items()
        ],
    ),
    (
        "es",
        "¿Cuántos clientes nunca compraron el producto {product}?",
        lambda b: len(without(b, of(b.bought, b))),
    ),
    (
        "es",
        "tiendas sin compras en el último mes",
        lambda b: without(b, last_month(b.bought, b)),
    ),
    (
        "en",
        "how many products were never sold?",
        lambda b: len(ids(b.products["product_id"]) - ids(b.bought["product_id"])),
    ),
    (
        "es",
        "¿Cuántos productos de la subcategoría gaseosas hay?",
        lambda b: int((b.products["sub_category"] == "GASEOSAS").sum()),
    ),
    (
        "es",
        "¿Cuántos productos de la marca {brand} se vendieron?",
        lambda b: of_brand(b, b.bought)["product_id"].nunique(),
    ),
    (
        "en",
        "how many units of brand {brand} last week?",
        lambda b: round(of_brand(b, last_week(b.bought, b))["items"].sum(), 3),
    ),
    (
        "es",
        "¿De qué tipo es la tienda {shop}?",
        lambda b: b.customers.set_index("customer_id")["customer_type"][b.shop],
    ),
    (
        "en",
        "what brand is product {product}?",
        lambda b: b.products.set_index("product_id")["brand"][b.product],
    ),
    ("es", "¿Cuánto va a pedir el cliente {shop}?", lambda b: expected(at(b.ranking, b))),
    (
        "en",
        "how many units will shop {shop} order of product {product}?",
        lambda b: expected(of(at(b.ranking, b), b)),
    ),
    (
        "en",
        "which minimarkets will order next week?",
        lambda b: ids(rows_of_type(b.predicted, "MINIMARKET", b)["customer_id"]),
    ),
    (
        "es",
        "top 5 productos previstos",
        lambda b: best(b.ranking, "product_id", 5, "expected_items"),
    ),
    (
        "en",
        "how many products will customer {shop} order?",
        lambda b: at(b.predicted, b)["product_id"].nunique(),
    ),
    (
        "es",
        "¿Cuál es la probabilidad de que el cliente {shop} pida el producto {product}?",
        lambda b: round(float(of(at(b.ranking, b), b)["probability"].iloc[0]), 6),
    ),
    ("es", "último pedido de la tienda {shop}", lambda b: ids(newest_order(b)["product_id"])),
    (
        "en",
        "when was product {product} last sold?",
        lambda b: of(b.bought, b)["purchase_date"].max().date(),
    ),
    (
        "es",
        "¿Cuándo fue la primera compra del cliente {shop}?",
        lambda b: at(b.bought, b)["purchase_date"].min().date(),
    ),
    (
        "es",
        "pedido promedio de los restaurantes en noviembre",
        lambda b: round(
            rows_of_type(month(b.bought, 11, b), "RESTAURANT", b)["items"].sum()
            / orders(rows_of_type(month(b.bought, 11, b), "RESTAURANT", b)),
            3,
        ),
    ),
    (
        "es",
        "¿Cuántos clientes compraron ayer?",
        lambda b: between(b.bought, b.today - timedelta(days=1), b.today - timedelta(days=1))[
            "customer_id"
        ].nunique(),
    ),
    (
        "en",
        "how many orders by month for product {product}?",
        lambda b: [
            *of(b.bought, b)
            .groupby(of(b.bought, b)["purchase_date"].dt.strftime("%Y-%m"))["order_id"]
            .nunique()
            .items()
        ],
    ),
    (
        "es",
        "devoluciones por mes",
        lambda b: [
            *(b.lines["items"] <= 0)
            .groupby(b.lines["purchase_date"].dt.strftime("%Y-%m"))
            .sum()
            .items()
        ],
    ),
    ("es", "productos por mes", lambda b: distinct_by_month(b, "product_id")),
    ("en", "customers by month", lambda b: distinct_by_month(b, "customer_id")),
    ("en", "units sold to customer {shop} by month", lambda b: by_month(at(b.bought, b))),
    (
        "en",
        "products bought by customer {shop} last week",
        lambda b: ids(last_week(at(b.bought, b), b)["product_id"]),
    ),
]

# Understood word by word, and yet not for certain: half an answer would be a wrong one.
UNANSWERABLE: list[tuple[str, str]] = [
    ("es", "¿Cuánto compró?"),
    ("es", "¿Qué va a pedir el cliente?"),
    ("es", "¿Cuántos pedidos hizo el mes pasado?"),
    ("es", "¿Cuántos clientes y productos hay?"),
    ("es", "clientes que no son mayoristas"),
    ("es", "¿Cuántas latas se vendieron?"),
    ("es", "¿Qué vendimos esta semana?"),
    ("es", "¿Qué no va a pedir el cliente {shop}?"),
    ("es", "ventas"),
    ("es", "ventas en 2011"),
    ("es", "¿Cuántos pedidos tiene el cliente 7?"),
    ("es", "¿Cuántos pedidos tiene el cliente 99999999999999999999999999?"),
    ("es", "top 0 productos"),
    ("es", "top 5000 productos"),
    ("es", "clientes nuevos"),
    ("es", "ventas de octubre noviembre"),
    ("es", "cliente {shop} cliente {shop}"),
    ("en", "how much did it buy last week?"),
    ("en", "how many units did the customer buy?"),
    ("en", "how many orders did that shop place?"),
    ("en", "customers not in minimarkets"),
    ("en", "how many of the top 5 customers are minimarkets?"),
    ("en", "when did customer {shop} buy product {product}?"),
    ("en", "how many orders will customer {shop} place next week?"),
    ("en", "'; DROP TABLE sales; --"),
]
