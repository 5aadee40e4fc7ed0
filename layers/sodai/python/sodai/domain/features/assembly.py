"""Put the families together into the feature table of a window."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sodai.domain.arrays import FloatArray, counts, totals
from sodai.domain.calendar import Window
from sodai.domain.features.affinity import affinity_columns, attribute_codes
from sodai.domain.features.candidates import MOST_OTHERS, Candidates, likings
from sodai.domain.features.catalogue import CATEGORY_FEATURES, NUMERIC_FEATURES
from sodai.domain.features.collaborative import collaborative_grids
from sodai.domain.features.pair import UNBOUGHT, pair_columns, sequence_columns
from sodai.domain.features.place import place_columns
from sodai.domain.features.product import base_buyers, level_values, product_columns
from sodai.domain.features.recent import Recent
from sodai.domain.features.rhythm import rhythm_columns
from sodai.domain.features.statistics import MergedStatistics, merge_statistics, statistics_of
from sodai.domain.features.table import CategoryColumn, FeatureTable
from sodai.domain.features.uptake import (
    customer_uptakes,
    product_uptakes,
    type_uptakes,
    uptake_interactions,
)
from sodai.domain.features.view import DECAY, View
from sodai.domain.history import History

RAREST_SHARE: Final = 0.01  # keeps the lift of what nobody bought finite
PRODUCT_WEEKS: Final = 3.0  # weeks of the product's own usual items, mixed with the pair's


def feature_table(
    history: History,
    merged: MergedStatistics,
    window: Window,
    sample: float | None = None,
    most_others: int = MOST_OTHERS,
) -> FeatureTable:
    """Compute the features of a window for one shard.

    Parameters
    ----------
    history : History
        Of the shard; only purchases before the cutoff are read.
    merged : MergedStatistics
        Of all shards, for the same window.
    window : Window
        What is to be forecast.
    sample : float, optional
        Share of candidates never bought by the customer to keep (with weight 1 / share).
    most_others : int
        Candidates of a customer that it never bought, at most.

    Raises
    ------
    ValueError
        If the statistics are of another window, or the data begin on or after the cutoff.
    """
    if merged.window != window:
        raise ValueError(f"statistics of {merged.window} do not serve {window}")
    return _table_of(View.of(history, window), merged, sample, most_others)


def whole_table(
    history: History,
    window: Window,
    sample: float | None = None,
    most_others: int = MOST_OTHERS,
) -> FeatureTable:
    """Compute the features of a window from a history of all customers, in one go."""
    view = View.of(history, window)
    return _table_of(view, merge_statistics([statistics_of(view)]), sample, most_others)


def _table_of(
    view: View, merged: MergedStatistics, sample: float | None, most_others: int
) -> FeatureTable:
    rates, order_rates = view.pair_rates(), view.order_rates()
    recent = Recent.of(view)
    of_products = {**product_columns(view, merged), **product_uptakes(view, merged)}
    grids = collaborative_grids(view, merged, rates)
    liking = likings(grids["neighbours_13w"], of_products["product_reach_4w"])
    rows = Candidates.of(view, merged, liking, sample, most_others)
    matrix = np.empty((len(rows.customer), len(NUMERIC_FEATURES)), np.float32, order="F")
    position = {name: i for i, name in enumerate(NUMERIC_FEATURES)}

    def write(columns: Mapping[str, FloatArray | float]) -> None:
        for name, values in columns.items():
            matrix[:, position.pop(name)] = values

    of_pairs = {
        **pair_columns(view, rates),
        **sequence_columns(view, rates, order_rates),
    }
    write({n: rows.of_pairs(v, UNBOUGHT[n]) for n, v in of_pairs.items()})
    habit, uptake = of_pairs["pair_habit_8.5w"], of_products["product_uptake_1w"]
    of_customers = {
        **rhythm_columns(view, rates, order_rates),
        **customer_uptakes(view, recent, habit, uptake),
    }
    write({n: v[rows.customer] for n, v in of_customers.items()})
    write({n: v[rows.product] for n, v in of_products.items()})
    write({n: rows.of_grid(v) for n, v in grids.items()})
    write(affinity_columns(view, rates, rows))
    write(place_columns(view, merged, rates, order_rates, rows))
    write(level_values(view, merged))
    write(type_uptakes(view, merged, rows))

    decay, order_decay = rates[:, DECAY[8.5]], of_pairs["pair_order_decay_0.93"]
    beyond = np.exp(of_products["product_surge_orders"])
    write(_interactions(view, merged, rows, decay, order_decay, of_products))
    columns = {name: matrix[:, i] for i, name in enumerate(NUMERIC_FEATURES)}
    write(uptake_interactions(decay, habit, rows, columns))
    ranked = {
        "rank_pair_decay": view.grid(decay),
        "rank_order_decay": view.grid(order_decay),
        "rank_neighbours": grids["neighbours_13w"],
        "rank_order_surge": view.grid(order_decay * beyond[view.pair_product]),
    }
    write({n: rows.of_grid(_ranks(grid)) for n, grid in ranked.items()})
    if position:
        raise AssertionError(f"features without values: {sorted(position)}")
    return FeatureTable(
        window=view.window,
        weeks=view.weeks,
        customer_ids=view.history.customer_ids[rows.customer],
        product_ids=view.products.ids[rows.product],
        names=NUMERIC_FEATURES,
        matrix=matrix,
        categories=_categories(view, rows),
        weight=rows.weight,
        typical_items=_typical_items(view, merged, rows),
    )


def _interactions(
    view: View,
    merged: MergedStatistics,
    rows: Candidates,
    decay: FloatArray,
    order_decay: FloatArray,
    of_products: Mapping[str, FloatArray],
) -> dict[str, FloatArray]:
    surge, days, beyond = (
        np.exp(of_products[f"product_surge_{span}"])[rows.product]
        for span in ("1w", "3d", "orders")
    )
    own, own_orders = rows.of_pairs(decay), rows.of_pairs(order_decay)
    orders = max(merged["orders"][: min(8, view.weeks)].mean(), 1.0)
    everyone = base_buyers(merged, view.weeks) / orders + RAREST_SHARE
    return {
        "pair_decay_x_surge": own * surge,
        "pair_decay_x_surge_3d": own * days,
        "pair_order_decay_x_surge": own_orders * beyond,
        "pair_lift": np.log((own_orders + RAREST_SHARE) / everyone[rows.product]),
    }


def _ranks(grid: FloatArray) -> FloatArray:
    """Rank the products of each customer, 0 is the highest; equals keep the order of products.

    Rounded to single precision first, so that no sharding breaks a tie.
    """
    order = np.argsort(-grid.astype(np.float32), axis=1, kind="stable")
    ranks = np.empty(grid.shape)
    np.put_along_axis(ranks, order, np.arange(grid.shape[1], dtype=np.float64)[None], axis=1)
    return ranks


def _categories(view: View, rows: Candidates) -> dict[str, CategoryColumn]:
    customers = view.history.customers
    types = customers.type_codes[view.history.own].astype(np.int16)
    columns = {"customer_type": CategoryColumn(customers.types, types[rows.customer])}
    for name in CATEGORY_FEATURES[1:]:
        levels, codes = attribute_codes(view, name.removeprefix("product_"))
        columns[name] = CategoryColumn(levels, codes.astype(np.int16)[rows.product])
    return columns


def _typical_items(view: View, merged: MergedStatistics, rows: Candidates) -> NDArray[np.float32]:
    """Return items in a week with a purchase: the pair's mean, drawn to the product's.

    ``(items of the pair + 3 * m) / (weeks the pair was bought + 3)``, where m is the product's
    mean items per customer and week with a purchase; the last 52 weeks.
    """
    product = merged["items"] / np.maximum(merged["bought_weeks"], 1)
    items = totals(view.mark_pair, view.mark_items, view.pair_count)
    weeks = counts(view.mark_pair, view.pair_count)
    own = rows.of_pairs(items) + PRODUCT_WEEKS * product[rows.product]
    return (own / (rows.of_pairs(weeks) + PRODUCT_WEEKS)).astype(np.float32)
