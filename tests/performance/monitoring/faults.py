"""Every fault of the design, injected into the tables that come with one week."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from data import faults as broken


@dataclass(frozen=True, eq=False)
class Delivered:
    """The three tables of one delivery, and the lines known before it."""

    week: date
    customers: pd.DataFrame
    products: pd.DataFrame
    lines: pd.DataFrame
    past: pd.DataFrame

    def kinds(self) -> pd.Series:
        """Return the customer type of every line."""
        kind = self.customers.set_index("customer_id")["customer_type"]
        return kind.reindex(self.lines["customer_id"]).reset_index(drop=True)

    def attribute(self, name: str) -> pd.Series:
        """Return an attribute of every line's product."""
        values = self.products.set_index("product_id")[name]
        return values.reindex(self.lines["product_id"]).reset_index(drop=True)

    def where(self, kept: pd.Series) -> "Delivered":
        """Keep some of the lines."""
        return replace(self, lines=self.lines[kept.to_numpy()].reset_index(drop=True))


Inject = Callable[[Delivered, int], Delivered]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and the layer that must notice it (none: it is not expected to be noticed)."""

    name: str
    inject: Inject
    layer: str = ""
    goal: float = 1.0
    shows_next_week: bool = False


def _lines(breaks: Callable[..., pd.DataFrame], **how: object) -> Inject:
    return lambda given, seed: replace(given, lines=breaks(given.lines, seed=seed, **how))


def _customers(breaks: Callable[..., pd.DataFrame], **how: object) -> Inject:
    return lambda given, seed: replace(given, customers=breaks(given.customers, seed=seed, **how))


def _healthy(given: Delivered, seed: int) -> Delivered:
    return given


def _without(given: Delivered, seed: int, weekdays: tuple[int, ...], lost: float = 1) -> Delivered:
    day = given.lines["purchase_date"].dt.day_of_week
    drawn = np.random.default_rng(seed).random(len(day))
    return given.where(~(day.isin(weekdays) & (drawn < lost)))


def _new_products(given: Delivered, seed: int, share: float, listed: bool) -> Delivered:
    """Sell a share of the lines under products nobody knew."""
    lines = broken.with_unknown_ids(given.lines, "product_id", share, seed)
    if not listed:
        return replace(given, lines=lines)
    products = given.products
    new = products[products["product_id"].isin(given.lines["product_id"])].assign(
        product_id=lambda table: table["product_id"] + broken.UNKNOWN_ID
    )
    return replace(given, lines=lines, products=pd.concat([products, new], ignore_index=True))


def _without_type(given: Delivered, seed: int, kind: str, listed: bool = True) -> Delivered:
    left = given.where(given.kinds() != kind)
    if listed:
        return left
    return replace(left, customers=given.customers[given.customers["customer_type"] != kind])


def _fewer(
    given: Delivered, seed: int, chosen: Callable[[Delivered], pd.Series], lost: float
) -> Delivered:
    drawn = np.random.default_rng(seed).random(len(given.lines))
    return given.where(~(chosen(given) & (drawn < lost)))


def _best_seller(given: Delivered) -> pd.Series:
    best = given.past["product_id"].value_counts().idxmax()
    return given.lines["product_id"] == best


def _east(given: Delivered) -> pd.Series:
    x = given.customers.set_index("customer_id")["X"]
    return (x.reindex(given.lines["customer_id"]) > x.median()).reset_index(drop=True)


def _permuted(given: Delivered, seed: int, share: float) -> Delivered:
    """Exchange the customers of a share of the orders, each order whole."""
    owner = given.lines.drop_duplicates("order_id")[["order_id", "customer_id"]]
    moved = broken.shuffled(owner.reset_index(drop=True), "customer_id", share, seed)
    ids = moved.set_index("order_id")["customer_id"].reindex(given.lines["order_id"])
    return replace(given, lines=given.lines.assign(customer_id=ids.to_numpy()))


def _last_week(given: Delivered, seed: int) -> Delivered:
    start = pd.Timestamp(given.week) - timedelta(weeks=1)
    before = given.past[given.past["purchase_date"] >= start].drop(columns="is_return")
    return replace(given, lines=broken.replayed(before.reset_index(drop=True)))


def _size(given: Delivered, seed: int, factor: float, share: float) -> Delivered:
    return replace(given, products=broken.scaled(given.products, "size", factor, share, seed))


def _is(name: str, value: str) -> Callable[[Delivered], pd.Series]:
    return lambda given: given.attribute(name).str.contains(value, case=False, na=False)


CONTRACT, VOLUME, DRIFT = "contract", "volume", "drift"
TYPES: Final = (
    "ABARROTES",
    "MAYORISTA",
    "RESTAURANT",
    "CANAL FRIO",
    "SUPERMERCADO",
    "MINIMARKET",
)

FAULTS: Final = (
    Fault("none", _healthy),
    Fault("items x12, all lines", _lines(broken.scaled, column="items"), CONTRACT),
    *(
        Fault(
            f"items x12, {share:.0%} of lines",
            _lines(broken.scaled, column="items", share=share),
            CONTRACT,
            0.95 if share == 0.01 else 1.0,
        )
        for share in (0.3, 0.1, 0.05, 0.02, 0.01)
    ),
    Fault("30 % of ids new, not listed", partial(_new_products, share=0.3, listed=False), CONTRACT),
    Fault("30 % of ids new, listed", partial(_new_products, share=0.3, listed=True), CONTRACT),
    Fault("10 % of ids new, listed", partial(_new_products, share=0.1, listed=True)),
    *(Fault(f"no {kind}", partial(_without_type, kind=kind), DRIFT, 0.9) for kind in TYPES),
    Fault(
        "no MAYORISTA, not listed either",
        partial(_without_type, kind="MAYORISTA", listed=False),
        CONTRACT,
    ),
    Fault("cans -50 %", partial(_fewer, chosen=_is("package", "lata"), lost=0.5)),
    Fault("PREMIUM -50 %", partial(_fewer, chosen=_is("segment", "premium"), lost=0.5)),
    Fault("best seller out of stock", partial(_fewer, chosen=_best_seller, lost=1), DRIFT, 0.9),
    Fault("eastern half of shops -50 %", partial(_fewer, chosen=_east, lost=0.5), DRIFT, 0.9),
    Fault("customers of 20 % of orders permuted", partial(_permuted, share=0.2), CONTRACT, 0.9),
    Fault("customers of 10 % of orders permuted", partial(_permuted, share=0.1)),
    Fault(
        "customers of 20 % of lines permuted",
        _lines(broken.shuffled, column="customer_id", share=0.2),
        CONTRACT,
        0.9,
    ),
    *(
        Fault(f"demand -{lost:.0%}", _lines(broken.thinned, lost=lost), layer)
        for lost, layer in ((0.2, ""), (0.4, ""), (0.6, VOLUME))
    ),
    Fault("rows doubled", _lines(broken.doubled_rows), CONTRACT),
    Fault("last week again, new dates and orders", _last_week, CONTRACT),
    Fault("Monday and Tuesday missing", partial(_without, weekdays=(0, 1)), CONTRACT),
    Fault("Sunday missing", partial(_without, weekdays=(6,)), CONTRACT, shows_next_week=True),
    Fault("Thursday and Friday at 10 %", partial(_without, weekdays=(3, 4), lost=0.9)),
    Fault("X and Y null, 30 %", _customers(broken.with_nulls, column="X"), CONTRACT),
    Fault("X and Y null, 5 %", _customers(broken.with_nulls, column="X", share=0.05), CONTRACT),
    Fault("X and Y null, 0.5 %", _customers(broken.with_nulls, column="X", share=0.005)),
    Fault("X and Y swapped, 30 %", _customers(broken.swapped_places), CONTRACT),
    Fault(
        "region new, 30 %",
        _customers(broken.with_value, column="region_id", value=999),
        CONTRACT,
    ),
    Fault("size in ml", partial(_size, factor=1000.0, share=1.0), CONTRACT),
    Fault("size doubled, half", partial(_size, factor=2.0, share=0.5), CONTRACT),
    Fault(
        "customer type shuffled, 30 %",
        _customers(broken.shuffled, column="customer_type"),
        CONTRACT,
    ),
    Fault(
        "column renamed",
        lambda given, seed: replace(
            given, customers=broken.renamed_column(given.customers, "customer_type", "kind")
        ),
        CONTRACT,
    ),
)
BY_NAME: Final[Mapping[str, Fault]] = {fault.name: fault for fault in FAULTS}
