"""The published task on the same households: the last basket of each, from those before it.

The model is the pipeline's recipe on its families `pair`, `sequence` and `rhythm`, with what a
basket of its own needs beside them: positions in baskets, gaps by the hour, sizes of baskets. Each
household's past is moved in time so that the basket asked for falls on one day for all; the baskets
before the last one, taken the same way, are the training rows. Nothing of any last basket goes into
features or training.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array
from sodai.domain.adapter import ColumnMap, adapt
from sodai.domain.arrays import FloatArray, IntArray, counts, totals
from sodai.domain.calendar import Window
from sodai.domain.features.pair import pair_columns, sequence_columns
from sodai.domain.features.rhythm import rhythm_columns
from sodai.domain.features.view import DECAY, View
from sodai.domain.history import History
from sodai.domain.training import Recipe

FEWEST_HOUSEHOLDS: Final = 10
TOP: Final = 10
TRAINED_BASKETS: Final = 12  # of each household, before its last one
# Chosen on the baskets before the last ones: recall@10 .2090 there, .2077 at twice the rate.
RECIPE: Final = Recipe(learning_rate=0.04, rounds=400, leaves=31, bagging_fraction=0.8, l2=10.0)
SHARE: Final = 0.1  # of the rows not bought that are trained on
DRAWS: Final = 3  # of these rows; the mean of as many models depends less on chance
NEIGHBOURS: Final = 100
ONE_DAY: Final = date(2018, 1, 1)  # on which every basket asked for falls
BASKET_DECAYS: Final = (0.98, 0.95, 0.9, 0.8, 0.6)
SURGE_DAYS: Final = (3, 7, 14)
RANKED: Final = ("basket_share", "basket_decay_0.9", "pair_decay_8.5w", "pair_order_decay_0.93")
PUBLISHED: Final = (  # "Time-Aware Item Weighting", RecSys 2023, its notebooks; two years of data
    ("TopPopular", 0.0904, 0.0795),
    ("TopPersonal", 0.1577, 0.1490),
    ("UP-CF@r", 0.1663, 0.1600),
    ("TIFU-KNN", 0.1653, 0.1613),
    ("TIFU-KNN-TA", 0.1705, 0.1593),
    ("SLRC", 0.1727, 0.1675),
    ("TAIWI", 0.1773, 0.1713),
    ("TAIW", 0.1791, 0.1706),
)

Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class Baskets:
    """One row per household, basket and product, in order of household and time."""

    household: IntArray
    product: IntArray
    moment: FloatArray  # days, with their fraction
    back: IntArray  # baskets of the household after this one
    size: FloatArray  # of the basket

    @classmethod
    def of(cls, lines: pd.DataFrame) -> "Baskets":
        """Keep households with two baskets and products of enough households."""
        moment = lines["transaction_timestamp"].dt.tz_localize("UTC")
        moment = moment.dt.tz_convert("America/New_York").dt.tz_localize(None)
        days = moment.to_numpy().astype("datetime64[s]").astype(np.float64) / 86_400
        rows = lines.assign(moment=days)[["household_id", "product_id", "basket_id", "moment"]]
        began = rows.groupby("basket_id")["moment"].transform("min")
        rows = rows.assign(moment=began).drop_duplicates()
        bought = rows.groupby("product_id")["household_id"].transform("nunique")
        rows = rows[bought >= FEWEST_HOUSEHOLDS]
        rows = rows.sort_values(["household_id", "moment", "basket_id", "product_id"])
        number = rows.groupby("household_id")["basket_id"].transform(
            lambda ids: (ids != ids.shift()).cumsum()
        )
        back = number.groupby(rows["household_id"]).transform("max") - number
        rows = rows[back.groupby(rows["household_id"]).transform("max") > 0]
        return cls(
            rows["household_id"].to_numpy(),
            rows["product_id"].to_numpy(),
            rows["moment"].to_numpy(),
            back.loc[rows.index].to_numpy(np.int64),
            rows.groupby("basket_id")["product_id"].transform("size").to_numpy(np.float64),
        )

    def take(self, kept: NDArray[np.bool_]) -> "Baskets":
        """Select rows."""
        return Baskets(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))

    def bought(self, back: int) -> "pd.Series[set[int]]":
        """Return each household's products in the basket so far back."""
        asked = self.back == back
        products = pd.Series(self.product[asked], self.household[asked])
        return products.groupby(level=0).agg(set)


@dataclass(frozen=True, eq=False)
class Table:
    """Every product a household bought before the basket asked for, with its features."""

    household: IntArray
    product: IntArray
    names: list[str]
    matrix: NDArray[np.float32]
    label: NDArray[np.bool_]
    size: FloatArray  # of the basket asked for

    def take(self, kept: NDArray[np.bool_]) -> "Table":
        """Select rows."""
        rows = (self.household, self.product, self.matrix, self.label, self.size)
        household, product, matrix, label, size = (values[kept] for values in rows)
        return Table(household, product, self.names, matrix, label, size)


class Past:
    """What came before the basket so far back, of the households that have one."""

    def __init__(self, baskets: Baskets, back: int) -> None:
        earlier = baskets.household[baskets.back > back]
        asked = baskets.take((baskets.back == back) & np.isin(baskets.household, earlier))
        households, first = np.unique(asked.household, return_index=True)
        self.now, self.asked_size = asked.moment[first], asked.size[first]
        lines = baskets.take(baskets.back > back)
        owner = np.searchsorted(households, lines.household)
        today = np.floor(self.now)[owner].astype(np.int64)
        # An earlier basket of the same day counts as of the day before: features see whole days.
        day = np.minimum(np.floor(lines.moment).astype(np.int64), today - 1)
        moved = np.datetime64(ONE_DAY) + (day - today).astype("timedelta64[D]")
        frame = pd.DataFrame(
            {"c": lines.household, "p": lines.product, "d": pd.to_datetime(moved), "q": 1}
        )
        mapping = ColumnMap.parse("customer=c,product=p,date=d,quantity=q")
        tables = adapt({"lines": frame}, mapping).tables
        history = History.from_tables(
            tables["customers"], tables["products"], tables["transactions"]
        )
        self.view = View.of(history, Window(ONE_DAY, 7))
        self.lines, self.owner, self.back = lines, owner, (lines.back - back).astype(np.float64)
        product = np.searchsorted(self.view.products.ids, lines.product)
        key = self.view.pair_customer * self.view.product_count + self.view.pair_product
        self.pair = np.searchsorted(key, owner * self.view.product_count + product)
        self.today = np.floor(self.now).astype(np.int64)

    @property
    def products(self) -> int:
        """Number of products bought so far."""
        return self.view.product_count

    def per_pair(self, values: FloatArray) -> FloatArray:
        """Add up values of lines by pair."""
        return totals(self.pair, values, self.view.pair_count)


def table_of(baskets: Baskets, back: int) -> Table:
    """Return the features of every pair before the basket so far back, and what it held."""
    past = Past(baskets, back)
    view, owner, item = past.view, past.view.pair_customer, past.view.pair_product
    rates, order_rates = view.pair_rates(), view.order_rates()
    rhythm = {n: v[owner] for n, v in rhythm_columns(view, rates, order_rates).items()}
    columns: Columns = {
        **pair_columns(view, rates),
        **sequence_columns(view, rates, order_rates),
        **rhythm,
        **basket_columns(past),
        **gap_columns(past),
        **clock_columns(past),
        **{f"product_rate_{h:g}w": _of_item(view, rates[:, DECAY[h]]) for h in (1.0, 4.0, 13.0)},
        **surge_columns(baskets, past),
    }
    columns["neighbours"] = neighbours(past, columns["basket_decay_0.95"])
    for name in RANKED:
        columns[f"rank_{name}"] = ranks_within(owner, columns[name])
    household, product = view.history.customer_ids[owner], view.products.ids[item]
    held = baskets.take(baskets.back == back)
    pairs = pd.MultiIndex.from_arrays([household, product])
    label = pairs.isin(pd.MultiIndex.from_arrays([held.household, held.product]))
    matrix = np.stack([np.asarray(v, np.float32) for v in columns.values()], axis=1)
    return Table(household, product, list(columns), matrix, label, past.asked_size[owner])


def _of_item(view: View, values: FloatArray) -> FloatArray:
    return totals(view.pair_product, values, view.product_count)[view.pair_product]


def basket_columns(past: Past) -> Columns:
    """Count in baskets, not days: how often, how long ago, in baskets how large."""
    view, back, size = past.view, past.back, past.lines.size
    owner, item = view.pair_customer, view.pair_product
    ones = np.ones(len(back))
    count, every = past.per_pair(ones), np.zeros(view.customer_count)
    np.maximum.at(every, past.owner, back)
    last, first = np.full(view.pair_count, np.inf), np.zeros(view.pair_count)
    np.minimum.at(last, past.pair, back)
    np.maximum.at(first, past.pair, back)
    gap = np.where(count > 1, (first - last) / np.maximum(count - 1, 1), np.nan)
    usual = counts(past.owner, view.customer_count) / every
    newest = counts(past.owner[back == 1], view.customer_count)
    held_in = past.per_pair(size) / count
    buyers = counts(item, past.products)[item]
    decays = {f"basket_decay_{a:g}": past.per_pair(a ** (back - 1)) for a in BASKET_DECAYS}
    return {
        **decays,
        "basket_count": count,
        "basket_share": count / every[owner],
        "basket_last": last,
        "basket_first": first,
        "basket_share_since": count / first,
        "basket_gap": gap,
        "basket_last_over_gap": last / gap,
        "basket_part": past.per_pair(1 / size),
        "basket_size": held_in,
        "basket_size_over_usual": held_in / usual[owner],
        "household_basket": usual[owner],
        "household_baskets": every[owner],
        "household_last_basket": newest[owner],
        "product_buyers": buyers,
        "product_per_buyer": _of_item(view, count) / buyers,
        "product_again": (_of_item(view, 1.0 * (count > 1)) + 1) / (buyers + 3),
        "product_basket": _of_item(view, past.per_pair(size)) / _of_item(view, count),
    }


def gap_columns(past: Past) -> Columns:
    """Compare the hours since the last purchase with the usual gap of the pair and the product."""
    view, item = past.view, past.view.pair_product
    order = np.lexsort((past.lines.moment, past.pair))
    pair, moment = past.pair[order], past.lines.moment[order]
    same = pair[1:] == pair[:-1]
    owner, gap = pair[1:][same], np.log1p((moment[1:] - moment[:-1])[same])
    products, number = item[owner], counts(item[owner], past.products)
    usual = (totals(products, gap, past.products) + 10 * gap.mean()) / (number + 10)
    own = (totals(owner, gap, view.pair_count) + 2 * usual[item]) / (
        counts(owner, view.pair_count) + 2
    )
    last = np.zeros(view.pair_count)
    last[pair] = moment  # the newest stays
    since = past.now[view.pair_customer] - last
    newest_gap = np.full(view.pair_count, np.nan)
    newest_gap[owner] = gap
    visit = np.zeros(view.customer_count)
    np.maximum.at(visit, past.owner, past.lines.moment)
    return {
        "days_since": since,
        "newest_gap": newest_gap,
        "since_over_newest_gap": np.log1p(since) - newest_gap,
        "product_gap": usual[item],
        "since_over_product_gap": np.log1p(since) - usual[item],
        "pair_gap": own,
        "since_over_pair_gap": np.log1p(since) - own,
        "days_since_visit": (past.now - visit)[view.pair_customer],
    }


def clock_columns(past: Past) -> Columns:
    """Tell whether the pair is bought at this hour and on this weekday."""
    hour, now = (past.lines.moment * 24) % 24, (past.now * 24) % 24
    apart = np.abs(hour - now[past.owner])
    apart = np.minimum(apart, 24 - apart)
    weekday = np.floor(past.lines.moment) % 7 == (past.today % 7)[past.owner]
    count = past.per_pair(np.ones(len(hour)))
    return {
        "hour": now[past.view.pair_customer],
        "weekday": (past.today % 7)[past.view.pair_customer],
        "same_hour": past.per_pair(np.exp(-apart / 2)) / count,
        "same_weekday": past.per_pair(1.0 * weekday) / count,
    }


def surge_columns(baskets: Baskets, past: Past) -> Columns:
    """Compare a product's buyers of the last days on the real calendar with those of four weeks."""
    rest = baskets.take(baskets.back > 0)
    ids, item = past.view.products.ids, past.view.pair_product
    known = np.isin(rest.product, ids)
    start = int(baskets.moment.min())
    day = np.floor(rest.moment[known]).astype(np.int64) - start
    seen = np.stack([np.searchsorted(ids, rest.product[known]), day, rest.household[known]])
    product, day, _ = np.unique(seen, axis=1)
    days = int(baskets.moment.max()) - start + 2
    before = np.zeros((len(ids), days + 1), np.int32)
    np.add.at(before, (product, day + 1), 1)
    before = before.cumsum(axis=1)
    today = (past.today - start)[past.view.pair_customer]

    def buyers(span: int) -> FloatArray:
        first = np.maximum(today - span, 0)
        return (before[item, today] - before[item, first]).astype(np.float64)

    month = buyers(28)
    columns: Columns = {"product_7d": buyers(7), "product_28d": month}
    for span in SURGE_DAYS:
        columns[f"product_surge_{span}d"] = np.log((buyers(span) + 1) / (month * span / 28 + 1))
    return columns


def neighbours(past: Past, weight: NDArray[np.generic]) -> FloatArray:
    """Return how often the households with the most similar purchases take the product."""
    view = past.view
    place, shape = (view.pair_customer, view.pair_product), (view.customer_count, past.products)
    taste = csr_array((np.log1p(past.per_pair(np.ones(len(past.pair)))), place), shape=shape)
    lengths = np.sqrt(taste.power(2).sum(axis=1))
    taste = diags_array(1 / np.maximum(lengths, 1e-9)) @ taste
    cosine = (taste @ taste.T).toarray()
    np.fill_diagonal(cosine, 0)
    nearest = min(NEIGHBOURS, len(cosine) - 1)
    cosine[cosine < np.partition(cosine, -nearest, axis=1)[:, -nearest, None]] = 0
    near = cosine**2 / np.maximum((cosine**2).sum(axis=1, keepdims=True), 1e-9)
    rate = csr_array((np.asarray(weight, np.float64), place), shape=shape)
    return np.asarray((csr_array(near) @ rate)[place]).ravel()


def ranks_within(owner: IntArray, values: NDArray[np.generic]) -> IntArray:
    """Rank within the household, the largest is 0."""
    order = np.lexsort((-values, owner))
    ranks = np.empty(len(owner), np.int64)
    ranks[order] = np.arange(len(owner)) - np.searchsorted(owner, owner[order])
    return ranks


def fit(baskets: Baskets, trained: int, threads: int) -> list[lgb.Booster]:
    """Train the recipe on baskets before the last one, once for each draw of rows."""
    draws = [np.random.default_rng(RECIPE.seed + i) for i in range(DRAWS)]
    samples: list[list[Table]] = [[] for _ in draws]
    for back in range(1, trained + 1):
        table = table_of(baskets, back)
        for draw, sample in zip(draws, samples, strict=True):
            sample.append(table.take(table.label | (draw.random(len(table.label)) < SHARE)))
    return [fit_one(sample, threads) for sample in samples]


def fit_one(tables: list[Table], threads: int) -> lgb.Booster:
    """Train on one sample; a purchase counts by its part of its basket, as it does in recall."""
    matrix = np.concatenate([table.matrix for table in tables])
    label = np.concatenate([table.label for table in tables])
    size = np.concatenate([table.size for table in tables])
    weight = np.where(label, 1, 1 / SHARE) / size
    data = lgb.Dataset(matrix, label, weight=weight / weight.mean(), feature_name=tables[0].names)
    return lgb.train(RECIPE.parameters(len(label), threads), data, RECIPE.rounds)


def measure(table: Table, scores: FloatArray, truth: "pd.Series[set[int]]") -> tuple[float, float]:
    """Return recall@10 and nDCG@10, mean over all households.

    The ideal gain is that of all products of the basket, as in the published programs.
    """
    ranks = ranks_within(table.household, scores)
    top = ranks < TOP
    household = pd.Index(truth.index).get_indexer(table.household[top])
    hit = table.label[top]
    size = truth.map(len).to_numpy()
    recall = totals(household, hit.astype(np.float64), len(size)) / size
    gain = totals(household, hit / np.log2(ranks[top] + 2), len(size))
    ideal = np.cumsum(1 / np.log2(np.arange(size.max()) + 2))[size - 1]
    return float(recall.mean()), float((gain / ideal).mean())


def report_last_basket(lines: pd.DataFrame, threads: int, trained: int = TRAINED_BASKETS) -> None:
    """Print recall@10 and nDCG@10 of the last basket, beside what was published."""
    baskets = Baskets.of(lines)
    boosters = fit(baskets, trained, threads)
    last, truth = table_of(baskets, 0), baskets.bought(0)
    count, first, decayed = (
        last.matrix[:, last.names.index(name)].astype(np.float64)
        for name in ("basket_count", "basket_first", "basket_decay_0.95")
    )
    here = {
        "TopPersonal": measure(last, count + first / (first.max() + 1), truth),
        "its ties by id": measure(last, count, truth),
        "decayed count": measure(last, decayed, truth),
        "model": measure(last, np.mean([b.predict(last.matrix) for b in boosters], axis=0), truth),
    }
    products = len(np.unique(baskets.product))
    print(f"\nLast basket of {len(truth):,} households, {products:,} products")
    print("(TopPersonal: of equally frequent products the one bought first)")
    print(f"{'':<16}{'recall@10':>10}{'lead':>8}{'nDCG@10':>10}{'lead':>8}")
    published = {name: (recall, ndcg) for name, recall, ndcg in PUBLISHED}
    for title, rows in (("here, one year", here), ("published, two years", published)):
        print(title)
        personal = rows["TopPersonal"]
        for name, (recall, ndcg) in rows.items():
            leads = (recall - personal[0], ndcg - personal[1])
            print(f"  {name:<14}{recall:>10.4f}{leads[0]:>+8.4f}{ndcg:>10.4f}{leads[1]:>+8.4f}")
