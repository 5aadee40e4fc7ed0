"""What shops of the same type and shops nearby buy: the family `place`, own purchases removed."""

from typing import Final

import numpy as np

from sodai.domain.arrays import FloatArray
from sodai.domain.features.candidates import Candidates
from sodai.domain.features.catalogue import GROUP_RATES
from sodai.domain.features.pair import RAREST_ORDERS, Columns
from sodai.domain.features.statistics import GROUP_DECAYS, MergedStatistics
from sodai.domain.features.view import DECAY, View

FEWEST_ORDERS: Final = 0.5


def place_columns(
    view: View,
    merged: MergedStatistics,
    rates: FloatArray,
    order_rates: FloatArray,
    rows: Candidates,
) -> Columns:
    """Return the family `place`, one value per candidate."""
    customers, own = view.history.customers, view.history.own
    columns: dict[str, FloatArray] = {}
    for name, codes in (("type", customers.type_codes[own]), ("cell", customers.cells[own])):
        group = codes[rows.customer]
        bought, orders = merged[f"{name}_bought"], merged[f"{name}_orders"]
        for i, (half_life, label) in enumerate(zip(GROUP_DECAYS, GROUP_RATES, strict=True)):
            column = DECAY[half_life]
            others = bought[group, rows.product, i] - rows.of_pairs(rates[:, column])
            their_orders = orders[group, i] - order_rates[rows.customer, column]
            rate = others / np.maximum(their_orders, FEWEST_ORDERS)
            columns[f"{name}_rate_{label}"] = np.maximum(rate, 0)
    cell = customers.cells[own]
    neighbours = np.maximum(merged["cell_customers"][cell] - 1, 1)
    last, usual = (
        np.maximum(merged["cell_orders"][cell, i] - order_rates[:, DECAY[h]], 0) / neighbours
        for i, h in ((0, 1.0), (2, 8.5))
    )
    columns["cell_orders_1w"] = last[rows.customer]
    columns["cell_orders_change"] = (last / np.maximum(usual, RAREST_ORDERS))[rows.customer]
    return columns
