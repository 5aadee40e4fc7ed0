"""From orders to the lines a distributor writes down: quantities, returns, repeats."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from data.demand import Distributor, WeekOfOrders
from data.recipe import Floats, Ints, Recipe, Stream

FIRST_ORDER_ID: Final = 80_000_000
ORDER_ID_STEP: Final = 20  # largest gap between two order ids
USUAL_QUANTITY: Final = 0.65  # log
PAIR_QUANTITY: Final = 0.35  # standard deviations of the log
LINE_QUANTITY: Final = 0.41
BULK: Final = (0.003, 8.0)  # share of lines, factor
SPLIT: Final = 0.01  # of lines, written as two
RETURNED: Final = 0.0345  # of lines, in the same order
ONE_THIRD_BACK: Final = 0.42  # of returns
REPEATED: Final = 0.0033  # mean share of lines written twice by mistake
MOST_REPEATED: Final = 0.012  # in one week
COLUMNS: Final = ("customer_id", "product_id", "order_id", "purchase_date", "items")


@dataclass(slots=True)
class Ledger:
    """Writes the lines of a week; it remembers nothing but each pair's usual quantity."""

    recipe: Recipe
    distributor: Distributor
    usual: Floats = field(init=False)  # (shops, products), log of a usual line

    def __post_init__(self) -> None:
        chance = self.recipe.chance(Stream.UNITS)
        shops, catalogue = self.distributor.shops, self.distributor.catalogue
        count = (len(shops.table), len(catalogue.table))
        liking = PAIR_QUANTITY * chance.standard_normal(count, np.float32)
        self.usual = USUAL_QUANTITY + liking + shops.quantity[:, None] + catalogue.quantity

    def write(self, orders: WeekOfOrders) -> pd.DataFrame:
        """Return the lines of a week with the columns of the transaction table."""
        chance = self.recipe.chance(Stream.ITEMS, orders.week)
        clerks = self.recipe.chance(Stream.CLERKS, orders.week)
        thirds = self._thirds(chance, orders)
        order, product = orders.line_order, orders.line_product
        count = len(order)
        split = np.flatnonzero(chance.random(count) < SPLIT)
        back = np.flatnonzero(chance.random(count) < RETURNED)
        source = np.concatenate([np.arange(count), split, back])
        rest = chance.permutation(thirds[split])
        rest += 2 * (rest == thirds[split])  # an equal line would be a repeat
        items = np.concatenate([thirds, rest, -_returned(chance, thirds[back])])
        share = min(MOST_REPEATED, REPEATED * np.exp(clerks.normal(-0.1, 0.45)))
        twice = np.flatnonzero(clerks.random(len(source)) < share)
        source, items = np.append(source, source[twice]), np.append(items, items[twice])
        lines = self._table(orders, order[source], product[source], items)
        by = ["purchase_date", "order_id", "product_id", "items"]
        return lines.sort_values(by, kind="stable", ignore_index=True)

    def _thirds(self, chance: np.random.Generator, orders: WeekOfOrders) -> Ints:
        """Draw quantities in thirds of a case: one case and then two thirds at a time."""
        shop = orders.order_shop[orders.line_order]
        log = self.usual[shop, orders.line_product]
        log = log + LINE_QUANTITY * chance.standard_normal(len(log))
        bulk = chance.random(len(log)) < BULK[0]
        quantity = np.exp(np.clip(log, None, 6.5)) * np.where(bulk, BULK[1], 1.0)
        return 3 + 2 * np.maximum(np.rint(1.5 * (quantity - 1)), 0).astype(np.int64)

    def _table(
        self, orders: WeekOfOrders, order: Ints, product: Ints, thirds: Ints
    ) -> pd.DataFrame:
        shops, catalogue = self.distributor.shops, self.distributor.catalogue
        chance = self.recipe.chance(Stream.CLERKS, orders.week + 1_000_000)
        steps = np.cumsum(chance.integers(1, ORDER_ID_STEP + 1, len(orders.order_shop)))
        room = 7 * self.recipe.customers * ORDER_ID_STEP + 1
        order_id = FIRST_ORDER_ID + orders.week * room + steps
        monday = np.datetime64(self.recipe.monday(orders.week), "ns")
        date = monday + orders.order_day[order].astype("timedelta64[D]")
        columns = (
            shops.table["customer_id"].to_numpy()[orders.order_shop[order]],
            catalogue.table["product_id"].to_numpy()[product],
            order_id[order],
            date.astype("datetime64[ns]"),
            thirds / 3,
        )
        return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _returned(chance: np.random.Generator, thirds: Ints) -> Ints:
    """Draw how many thirds come back: often a single one, else up to what was sold."""
    some = 1 + np.floor(chance.random(len(thirds)) * thirds).astype(np.int64)
    return np.where(chance.random(len(thirds)) < ONE_THIRD_BACK, 1, some)
