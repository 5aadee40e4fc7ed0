"""What the API answers from: published shards, read without numpy or pandas."""

from sodai.serving.catalogue import Catalogue
from sodai.serving.forecast import Forecast, UnknownCustomer, UnknownProduct
from sodai.serving.published import Published
from sodai.serving.records import (
    Call,
    Customer,
    Product,
    Reason,
    Recommendation,
    Score,
    confidence,
)
from sodai.serving.shards import serving_files

__all__ = [
    "Call",
    "Catalogue",
    "Customer",
    "Forecast",
    "Product",
    "Published",
    "Reason",
    "Recommendation",
    "Score",
    "UnknownCustomer",
    "UnknownProduct",
    "confidence",
    "serving_files",
]
