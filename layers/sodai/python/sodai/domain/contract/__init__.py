"""The contract of the delivered tables: what is read, what is accepted, what is set aside."""

from sodai.domain.contract.acceptance import Acceptance, accept
from sodai.domain.contract.limits import LIMITS, Refusal
from sodai.domain.contract.reading import read_delivery, read_raw
from sodai.domain.contract.tables import SCHEMAS, CleanState, Column, Delivery, Table

__all__ = [
    "LIMITS",
    "SCHEMAS",
    "Acceptance",
    "CleanState",
    "Column",
    "Delivery",
    "Refusal",
    "Table",
    "accept",
    "read_delivery",
    "read_raw",
]
