"""Questions as people of a call centre put them, and what each one means, in pandas.

This file was written before there was any code that answers. A question stays as it was put: one
that the service does not understand is counted as refused, not reworded.

``{shop}``, ``{product}`` and the like are filled in from the tables. A question is answered with a
number, a day, a set of ids, or rows of (what, how much) in their order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Books:
    """The tables a person could look into, and the day the forecast begins."""

    customers: pd.DataFrame
    products: pd.DataFrame
    lines: pd.DataFrame  # customer_id, product_id, order_id, purchase_date, items
    ranking: pd.DataFrame  # customer_id, product_id, probability, selected, expected_items
    today: date
    shop: int
    product: int

    @property
    def bought(self) -> pd.DataFrame:
        return self.lines[self.lines["items"] > 0]

    @property
    def predicted(self) -> pd.DataFrame:
        return self.ranking[self.ranking["selected"]]

    def of_type(self, kind: str) -> pd.Series:
        return self.customers.loc[self.customers["customer_type"] == kind, "customer_id"]


Answer = Any
Meaning = Callable[[Books], Answer]


def between(frame: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    return frame[frame["purchase_date"].between(pd.Timestamp(first), pd.Timestamp(last))]


def month(frame: pd.DataFrame, number: int, books: Books) -> pd.DataFrame:
    """The newest month of that name that has begun before today."""
    yesterday = books.today - timedelta(days=1)
    year = yesterday.year if number <= yesterday.month else yesterday.year - 1
    days = frame["purchase_date"].dt
    return frame[(days.year == year) & (days.month == number)]


def last_month(frame: pd.DataFrame, books: Books) -> pd.DataFrame:
    end = books.today.replace(day=1) - timedelta(days=1)
    return between(frame, end.replace(day=1), end)


def last_week(frame: pd.DataFrame, books: Books) -> pd.DataFrame:
    monday = books.today - timedelta(days=books.today.weekday())
    return between(frame, monday - timedelta(days=7), monday - timedelta(days=1))


def last_weeks(frame: pd.DataFrame, books: Books, weeks: int) -> pd.DataFrame:
    monday = books.today - timedelta(days=books.today.weekday())
    return between(frame, monday - timedelta(weeks=weeks), monday - timedelta(days=1))


def at(frame: pd.DataFrame, books: Books) -> pd.DataFrame:
    return frame[frame["customer_id"] == books.shop]


def of(frame: pd.DataFrame, books: Books) -> pd.DataFrame:
    return frame[frame["product_id"] == books.product]


def ids(values: Any) -> set[Any]:
    return {int(value) for value in values}


def best(frame: pd.DataFrame, by: str, n: int, value: str = "items") -> list[tuple[Any, float]]:
    sums = frame.groupby(by)[value].sum().reset_index()
    sums = sums.sort_values([value, by], ascending=[False, True]).head(n)
    return [(key, round(float(total), 3)) for key, total in zip(sums[by], sums[value], strict=True)]


def with_products(books: Books, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.merge(books.products, on="product_id")


def by_month(frame: pd.DataFrame) -> list[tuple[str, float]]:
    months = frame["purchase_date"].dt.strftime("%Y-%m")
    return [(key, round(float(n), 3)) for key, n in frame["items"].groupby(months).sum().items()]


def orders(frame: pd.DataFrame) -> int:
    return int(frame["order_id"].nunique())


def newest_order(books: Books) -> pd.DataFrame:
    mine = at(books.bought, books)
    return mine[mine["purchase_date"] == mine["purchase_date"].max()]


def weekdays(books: Books) -> int:
    days = at(books.bought, books).drop_duplicates("order_id")["purchase_date"].dt.day_of_week
    return int(days.value_counts().sort_index().idxmax())


def gap(books: Books) -> float:
    days = at(books.bought, books)["purchase_date"].drop_duplicates().sort_values()
    return round(float(days.diff().dt.days.mean()), 1)


def chance(books: Books) -> float:
    return round(float(of(at(books.ranking, books), books)["probability"].iloc[0]), 6)


def newcomers(books: Books) -> int:
    first = books.bought.groupby("customer_id")["purchase_date"].min().reset_index()
    return len(last_month(first, books))


QUESTIONS: list[tuple[str, str, Meaning]] = [
    ("es", "¿Cuántos clientes hay?", lambda b: len(b.customers)),
    ("es", "cuantas tiendas tenemos en total", lambda b: len(b.customers)),
    (
        "es",
        "¿Cuántos productos distintos se han vendido?",
        lambda b: b.bought["product_id"].nunique(),
    ),
    ("es", "¿Cuántos productos hay en el catálogo?", lambda b: len(b.products)),
    ("es", "¿cuántas transacciones tiene el cliente {shop}?", lambda b: len(at(b.lines, b))),
    (
        "es",
        "¿Cuántos pedidos hizo la tienda {shop} el mes pasado?",
        lambda b: orders(last_month(at(b.bought, b), b)),
    ),
    (
        "es",
        "¿Cuándo fue la última compra del cliente {shop}?",
        lambda b: at(b.bought, b)["purchase_date"].max().date(),
    ),
    (
        "es",
        "¿Qué compró la tienda {shop} la última vez?",
        lambda b: ids(newest_order(b)["product_id"]),
    ),
    ("es", "top 5 productos de diciembre", lambda b: best(month(b.bought, 12, b), "product_id", 5)),
    (
        "es",
        "¿Cuáles son los 10 productos más vendidos?",
        lambda b: best(b.bought, "product_id", 10),
    ),
    (
        "es",
        "¿Cuál fue el producto más vendido la semana pasada?",
        lambda b: best(last_week(b.bought, b), "product_id", 1),
    ),
    (
        "es",
        "¿Qué va a pedir el cliente {shop}?",
        lambda b: ids(at(b.predicted, b)["product_id"]),
    ),
    (
        "es",
        "qué le ofrezco a la tienda {shop}",
        lambda b: ids(at(b.predicted, b)["product_id"]),
    ),
    ("es", "¿La tienda {shop} va a pedir el producto {product}?", chance),
    (
        "es",
        "¿Cuántas cajas compró el cliente {shop} en noviembre?",
        lambda b: round(month(at(b.bought, b), 11, b)["items"].sum(), 3),
    ),
    (
        "es",
        "¿Qué tiendas no compraron la semana pasada?",
        lambda b: ids(b.customers["customer_id"]) - ids(last_week(b.bought, b)["customer_id"]),
    ),
    ("es", "¿Cuántos minimarkets hay?", lambda b: len(b.of_type("MINIMARKET"))),
    (
        "es",
        "¿Cuántos clientes de tipo restaurant compraron en octubre?",
        lambda b: len(
            ids(b.of_type("RESTAURANT")) & ids(month(b.bought, 10, b)["customer_id"]),
        ),
    ),
    (
        "es",
        "¿Quiénes son nuestros tres mejores clientes?",
        lambda b: best(b.bought, "customer_id", 3),
    ),
    (
        "es",
        "¿Cuántas devoluciones tuvo la tienda {shop}?",
        lambda b: int((at(b.lines, b)["items"] <= 0).sum()),
    ),
    ("es", "¿Qué marca se vende más?", lambda b: best(with_products(b, b.bought), "brand", 1)),
    ("es", "ventas por mes", lambda b: by_month(b.bought)),
    (
        "es",
        "¿Cuánto vendimos la semana pasada?",
        lambda b: round(last_week(b.bought, b)["items"].sum(), 3),
    ),
    ("es", "¿Cada cuánto pide el cliente {shop}?", gap),
    (
        "es",
        "¿Cuántas tiendas van a pedir esta semana?",
        lambda b: b.predicted["customer_id"].nunique(),
    ),
    (
        "es",
        "¿Qué clientes van a pedir el producto {product}?",
        lambda b: ids(of(b.predicted, b)["customer_id"]),
    ),
    ("es", "dame los clientes mayoristas", lambda b: ids(b.of_type("MAYORISTA"))),
    ("es", "¿Qué día de la semana suele pedir el cliente {shop}?", weekdays),
    (
        "es",
        "¿Cuánto compró la tienda {shop} en las últimas 4 semanas?",
        lambda b: round(last_weeks(at(b.bought, b), b, 4)["items"].sum(), 3),
    ),
    ("en", "how many customers do we have?", lambda b: len(b.customers)),
    (
        "en",
        "how many distinct products last month",
        lambda b: last_month(b.bought, b)["product_id"].nunique(),
    ),
    (
        "en",
        "How many orders did shop {shop} place last week?",
        lambda b: orders(last_week(at(b.bought, b), b)),
    ),
    (
        "en",
        "When did customer {shop} last order?",
        lambda b: at(b.bought, b)["purchase_date"].max().date(),
    ),
    (
        "en",
        "What will customer {shop} order next week?",
        lambda b: ids(at(b.predicted, b)["product_id"]),
    ),
    ("en", "how many pairs are predicted next week?", lambda b: len(b.predicted)),
    (
        "en",
        "which 5 products sell best in minimarkets?",
        lambda b: best(
            b.bought[b.bought["customer_id"].isin(b.of_type("MINIMARKET"))], "product_id", 5
        ),
    ),
    (
        "en",
        "top 10 customers by units in October",
        lambda b: best(month(b.bought, 10, b), "customer_id", 10),
    ),
    (
        "en",
        "Which customers have not ordered in the last four weeks?",
        lambda b: ids(b.customers["customer_id"]) - ids(last_weeks(b.bought, b, 4)["customer_id"]),
    ),
    (
        "en",
        "How many units of product {product} were sold in November?",
        lambda b: round(month(of(b.bought, b), 11, b)["items"].sum(), 3),
    ),
    (
        "en",
        "which shops will buy product {product}?",
        lambda b: ids(of(b.predicted, b)["customer_id"]),
    ),
    ("en", "sales by month for customer {shop}", lambda b: by_month(at(b.bought, b))),
    ("en", "How many new customers did we get last month?", newcomers),
    (
        "en",
        "what is the average order size of customer {shop}?",
        lambda b: round(at(b.bought, b)["items"].sum() / orders(at(b.bought, b)), 3),
    ),
    (
        "en",
        "how many returns were there in September?",
        lambda b: int((month(b.lines, 9, b)["items"] <= 0).sum()),
    ),
    (
        "en",
        "which package sells the most?",
        lambda b: best(with_products(b, b.bought), "package", 1),
    ),
    (
        "en",
        "How many customers bought product {product}?",
        lambda b: of(b.bought, b)["customer_id"].nunique(),
    ),
    ("en", "is shop {shop} likely to order product {product}?", chance),
    ("en", "how many transactions in total?", lambda b: len(b.lines)),
    (
        "en",
        "list the products that shop {shop} bought last month",
        lambda b: ids(last_month(at(b.bought, b), b)["product_id"]),
    ),
    (
        "en",
        "How many supermarkets ordered in December?",
        lambda b: len(
            ids(b.of_type("SUPERMERCADO")) & ids(month(b.bought, 12, b)["customer_id"]),
        ),
    ),
]

# What the tables cannot tell, or what cannot be meant for certain: an answer would be a guess.
UNANSWERABLE: list[tuple[str, str]] = [
    ("es", "¿Cuánto dinero facturó el cliente {shop}?"),
    ("es", "¿Cuál es el teléfono de la tienda {shop}?"),
    ("es", "¿Cuántos cleintes hay?"),
    ("es", "¿Cuántos hay?"),
    ("es", "¿Por qué bajaron las ventas en junio?"),
    ("es", "¿Va a llover mañana?"),
    ("es", "clientes de Santiago"),
    ("es", "compara el cliente {shop} con el cliente 7"),
    ("en", "how much profit did we make last month?"),
    ("en", "which driver delivers to shop {shop}?"),
    ("en", "how many customers bought more than 10 units last week?"),
    ("en", "delete customer {shop}"),
    ("en", "what will customer {shop} order in March?"),
    ("en", "how many"),
    ("en", "top products except product {product}"),
]
