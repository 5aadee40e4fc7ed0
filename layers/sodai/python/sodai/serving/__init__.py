"""What the API answers from: published shards, read without numpy or pandas."""

from sodai.serving.catalogue import Catalogue
from sodai.serving.forecast import Forecast, UnknownCustomer, UnknownProduct
from sodai.serving.published import Published
from sodai.serving.records import (
    Call,
    Contribution,
    Customer,
    Described,
    ExplainedScore,
    Offer,
    Product,
    Reason,
    Recommendation,
    Score,
    confidence,
)
from sodai.serving.shards import serving_files
from sodai.serving.wording import Said, sentences

__all__ = [
    "Call",
    "Catalogue",
    "Contribution",
    "Customer",
    "Described",
    "ExplainedScore",
    "Forecast",
    "Offer",
    "Product",
    "Published",
    "Reason",
    "Recommendation",
    "Said",
    "Score",
    "UnknownCustomer",
    "UnknownProduct",
    "confidence",
    "sentences",
    "serving_files",
]
