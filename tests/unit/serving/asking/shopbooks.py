"""The sample's tables, a forecast made by counting weeks, and what answers from them."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
from sodai.domain.aggregates import pairs_of, sales_of
from sodai.serving.asking import PAIRS, SALES, Answering, book
from sodai.serving.asking import Books as Tables

from tests.unit.serving.asking import questions_of_makers
from tests.unit.serving.asking.questions_of_readers import Books

SAMPLE = Path(__file__).parents[4] / "data" / "sample"
RATE_OUTSIDE = 0.0009
THRESHOLD = 0.35


def ranking_of(lines: pd.DataFrame) -> pd.DataFrame:
    """Rank each shop's products by the weeks of the last eight in which it bought them."""
    newest = lines["purchase_date"].max()
    recent = lines[(lines["items"] > 0) & (lines["purchase_date"] > newest - pd.Timedelta(weeks=8))]
    week = (newest - recent["purchase_date"]).dt.days // 7
    grouped = recent.assign(week=week).groupby(["customer_id", "product_id"])
    ranking = grouped.agg(weeks=("week", "nunique"), items=("items", "mean")).reset_index()
    probability = ranking["weeks"] / 8
    return ranking.assign(
        probability=probability,
        expected_items=probability * ranking["items"],
        selected=probability >= THRESHOLD,
    )


def books_of(folder: Path = SAMPLE) -> Books:
    """Return a folder's tables, cleaned, and a shop and a product with much to ask about."""
    customers, products, lines = (
        pd.read_parquet(folder / f"{name}.parquet")
        for name in ("clientes", "productos", "transacciones")
    )
    lines = lines.drop_duplicates(ignore_index=True)
    ranking = ranking_of(lines)
    shop = int(ranking.groupby("customer_id").size().idxmax())
    product = int(ranking.loc[ranking["customer_id"] == shop, "product_id"].iloc[0])
    today = lines["purchase_date"].max().date() + timedelta(days=1)
    return Books(customers, products, lines, ranking, today, shop, product)


def packed(books: Books) -> tuple[bytes, bytes]:
    """Return both files, as the week writes them."""
    transactions = books.lines.assign(is_return=books.lines["items"] <= 0)
    sales = book(SALES, sales_of(books.customers, books.products, transactions))
    return sales, book(PAIRS, pairs_of(books.ranking))


def answering_of(books: Books) -> Answering:
    """Return what answers questions about these tables."""
    return Answering(Tables(*packed(books)), books.today, RATE_OUTSIDE)


def filled(question: str, books: Books) -> str:
    """Return a question about the shop, product and brand of the tables."""
    brand = questions_of_makers.brand(books) if "{brand}" in question else ""
    return question.format(shop=books.shop, product=books.product, brand=brand)
