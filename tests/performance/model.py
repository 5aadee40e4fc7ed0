"""`make bench-model`: features, training and scores with 1, 10 and 100 times the customers.

The customers are copied under new ids, one copy a shard: work that should grow with the number of
shards, no faster. Shards are streamed, statistics first, then table and scores of one after the
other, nothing else kept. Every measurement runs in a process of its own, so that its peak memory
is its own; all in one run, so that the ratios mean something on any machine.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EXPONENT, BARE_SHARE, LAMBDA_MB, LAMBDA_SECONDS = 1.05, 0.5, 10_240, 900  # the goals
TRAINING_MB: Final = 6_144  # what the template gives to the function
COMPARED: Final = 10  # shards at most on which the plain versions run, too
SALES: Final = "purchase_date"

Figures = dict[str, Any]


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--copies", type=int, nargs="+", default=[1, 10, 100])
    arguments.add_argument("--one-shard", type=int, default=50_000, help="customers, at least")
    arguments.add_argument("--windows", type=int, default=2, help="past windows trained on")
    arguments.add_argument("--most-rows", type=int, help="bound on training rows, else ours")
    asked = arguments.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when LightGBM is loaded
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for copies in asked.copies:
            size = Size(asked.data, copies)
            trained = alone(train, size, folder, asked.windows, asked.most_rows)
            report_training(copies, trained)
            found.append(alone(forecast, size, folder))
            report_forecast(copies, found[-1])
            report_comparison(alone(compare, size, folder))
        report_growth(found)
        copies = -(-asked.one_shard // (found[0]["customers"] // asked.copies[0]))
        whole = Size(asked.data, copies, shards=1)
        made = alone(one_table, whole, folder)
        report_one_shard(made, alone(one_score, folder))


def alone(measure: Callable[..., Figures], *arguments: object) -> Figures:
    """Measure in a fresh process; add its peak memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_with_peak, measure, *arguments).result()


def _with_peak(measure: Callable[..., Figures], *arguments: object) -> Figures:
    figures = measure(*arguments)
    unit = 1024 if sys.platform == "linux" else 1024**2
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    return {**figures, "peak": peak}


@dataclass(frozen=True)
class Size:
    """How large a distributor to make from which tables; as many shards as copies, or one."""

    data: Path
    copies: int
    shards: int = field(default=0)

    def distributor(self) -> "Distributor":
        """Read the tables."""
        from sodai_local.commands.replay import load

        return Distributor(*load(self.data), self.copies, self.shards or self.copies)


@dataclass(frozen=True)
class Distributor:
    """The tables, the customers copied; each copy gets ids that belong to its shard."""

    customers: pd.DataFrame
    products: pd.DataFrame
    transactions: pd.DataFrame
    copies: int
    shards: int

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """Ids by copy and customer, shape (copies, customers); sorted within a copy."""
        from sodai.domain.sharding import shard_of

        wanted = len(self.customers) * self.copies // self.shards
        found: list[list[int]] = [[] for _ in range(self.shards)]
        left, one = self.shards, 0
        while left:
            one += 1
            shard = found[shard_of(one, self.shards)]
            if len(shard) < wanted:
                shard.append(one)
                left -= len(shard) == wanted
        return np.array(found).reshape(self.copies, -1)

    @cached_property
    def everyone(self) -> pd.DataFrame:
        """All customers."""
        known = self.customers.sort_values("customer_id")
        copied = [known.assign(customer_id=ids) for ids in self.ids]
        return pd.concat(copied, ignore_index=True)

    @cached_property
    def first_sold(self) -> dict[int, date]:
        """Return the first day of sale of each product."""
        from sodai.domain.history import first_sold_days

        return first_sold_days(self.transactions)

    @cached_property
    def target(self) -> Any:
        """The window to forecast, as the pipeline sees it."""
        from sodai.domain.calendar import target_window
        from sodai.domain.deliveries import closed_weekdays

        newest = self.transactions[SALES].max().date()
        return target_window(newest, closed_weekdays(self.transactions, newest))

    def past(self, count: int) -> list[Any]:
        """Return the newest windows to learn from."""
        from sodai.domain.calendar import training_windows

        oldest, newest = (
            getattr(self.transactions[SALES], side)().date() for side in ("min", "max")
        )
        return training_windows(oldest, newest, self.target)[-count:]

    def lines(self, shard: int) -> pd.DataFrame:
        """Return a shard's transactions, as they would be loaded."""
        known = np.sort(self.customers["customer_id"].to_numpy())
        owner = np.searchsorted(known, self.transactions["customer_id"].to_numpy())
        share = self.copies // self.shards
        copies = self.ids[shard * share : (shard + 1) * share]
        return pd.concat([self.transactions.assign(customer_id=ids[owner]) for ids in copies])

    def history(self, shard: int, lines: pd.DataFrame) -> Any:
        """Build a shard's history, the way the pipeline's functions do."""
        from sodai.domain.history import History

        return History.from_tables(
            self.everyone,
            self.products,
            lines,
            first_sold=self.first_sold,
            shard=shard,
            shards=self.shards,
        )


class Stopwatch(dict[str, float]):
    """Seconds by name."""

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Add the time of a block."""
        began = time.perf_counter()
        yield
        self[name] = self.get(name, 0.0) + time.perf_counter() - began


def tell(stage: str, done: int, of: int) -> None:
    """Show progress, at most ten times a stage."""
    if done % max(1, of // 10) == 0:
        print(f"  {stage}: {done} of {of} shards", file=sys.stderr, flush=True)


def merged_windows(distributor: Distributor, windows: list[Any], watch: Stopwatch) -> list[Any]:
    """Return the statistics of all shards, by window."""
    from sodai.domain.features import merge_statistics, partial_statistics

    parts: list[list[Any]] = [[] for _ in windows]
    for shard in range(distributor.shards):
        lines = distributor.lines(shard)
        with watch("features"):
            history = distributor.history(shard, lines)
            for found, window in zip(parts, windows, strict=True):
                found.append(partial_statistics(history, window))
        tell("statistics", shard + 1, distributor.shards)
    with watch("features"):
        return [merge_statistics(found) for found in parts]


def train(size: Size, folder: Path, windows: int, most: int | None) -> Figures:
    """Train on past windows, all shards; the model stays in the folder."""
    from sodai.domain.features import LabelledTable, feature_table
    from sodai.domain.history import labels
    from sodai.domain.sampling import MOST_TRAINING_ROWS, bounded
    from sodai.domain.training import Recipe, Vocabulary, fit

    distributor, watch, recipe = size.distributor(), Stopwatch(), Recipe()
    chosen, seen = distributor.past(windows), 0
    merged = merged_windows(distributor, chosen, watch)

    def tables() -> Iterator[LabelledTable]:
        nonlocal seen
        for shard in range(distributor.shards):
            lines = distributor.lines(shard)
            with watch("features"):
                history = distributor.history(shard, lines)
            for window, statistics in zip(chosen, merged, strict=True):
                with watch("features"):
                    table = feature_table(history, statistics, window, recipe.sample_share)
                seen += len(table)
                yield LabelledTable(table, labels(history, window))
            tell("training tables", shard + 1, distributor.shards)

    kept = bounded(tables(), most or MOST_TRAINING_ROWS)
    trained_on = sum(len(one.table) for one in kept)
    with watch("fit"):
        vocabulary = Vocabulary.of(one.table for one in kept)
        kept.reverse()
        model = fit((kept.pop() for _ in range(len(kept))), recipe, vocabulary, os.cpu_count() or 1)
    (folder / "model.json").write_text(json.dumps([model.to_texts(), vocabulary.to_json()]))
    return {**watch, "seen": seen, "rows": trained_on, "most": most or MOST_TRAINING_ROWS}


def trained_model(folder: Path) -> Any:
    """Read the model that was trained last."""
    from sodai.domain.training import Model, Vocabulary

    texts, vocabulary = json.loads((folder / "model.json").read_text())
    known = Vocabulary.from_json(vocabulary)
    return Model.from_texts(texts, known, os.cpu_count() or 1)


def forecast(size: Size, folder: Path) -> Figures:
    """Compute features and scores of the coming week, shard by shard."""
    from sodai.domain.features import feature_table, whole_table

    distributor, watch, model = size.distributor(), Stopwatch(), trained_model(folder)
    history = distributor.history(0, distributor.lines(0))
    model.predict(whole_table(history, distributor.target))  # warm, at every size
    (merged,) = merged_windows(distributor, [distributor.target], watch)
    (folder / "merged.npz").write_bytes(merged.to_bytes())
    rows = 0
    for shard in range(distributor.shards):
        lines = distributor.lines(shard)
        with watch("features"):
            history = distributor.history(shard, lines)
            table = feature_table(history, merged, distributor.target)
        with watch("scores"):
            model.predict(table)
        rows += len(table)
        tell("features and scores", shard + 1, distributor.shards)
    return {**watch, "customers": distributor.ids.size, "shards": distributor.shards, "rows": rows}


def compare(size: Size, folder: Path) -> Figures:
    """Compute some shards again, each beside the plain versions of its features and scores."""
    from sodai.domain.features import MergedStatistics, feature_table, partial_statistics
    from sodai.domain.features.pair import pair_columns
    from sodai.domain.features.view import View

    distributor, watch, model = size.distributor(), Stopwatch(), trained_model(folder)
    merged = MergedStatistics.from_bytes((folder / "merged.npz").read_bytes())
    target, chosen = distributor.target, range(0, size.copies, -(-size.copies // COMPARED))
    for shard in chosen:
        lines = distributor.lines(shard)
        with watch("features"):
            history = distributor.history(shard, lines)
            partial_statistics(history, target)
            table = feature_table(history, merged, target)
        with watch("pair"):
            view = View.of(distributor.history(shard, lines), target)
            own = pair_columns(view, view.pair_rates())
        with watch("pandas"):
            plain = pandas_columns(lines, target.cutoff)
        with watch("scores"):
            model.predict(table)
        encoded = model.vocabulary.encode(table)
        first = np.unique(table.customer_ids, return_index=True)[1]
        of_orders = encoded[np.ix_(first, model.vocabulary.about_customers)]
        with watch("bare"):
            model.pair.predict(encoded, num_threads=model.threads)
            model.basket.predict(encoded, num_threads=model.threads)
            model.order.predict(of_orders, num_threads=model.threads)
        tell("beside plain versions", shard // chosen.step + 1, len(chosen))
    columns = {
        "features": len(table.names) + len(table.categories),
        "pair": len(own),
        "pandas": plain.shape[1],
    }
    return {**watch, "compared": len(chosen), "columns": columns}


def pandas_columns(lines: pd.DataFrame, cutoff: date) -> pd.DataFrame:
    """Compute decays, shares and recency of each pair bought so far, by plain group-by.

    This is a part of the features only: nothing on customers, products, neighbours or ranks.
    """
    from sodai.domain.features.view import BLOCKS, HALF_LIVES, SPANS

    pair = ["customer_id", "product_id"]
    bought = lines[(lines["items"] > 0) & (lines[SALES] < pd.Timestamp(cutoff))]
    first = bought[SALES].min()
    age = (pd.Timestamp(cutoff) - bought[SALES]).dt.days
    bought = bought.assign(age=age, week=(age - 1) // 7)
    bought = bought[bought["week"] < BLOCKS]
    weeks = min(BLOCKS, -(-(pd.Timestamp(cutoff) - first).days // 7))
    marks = bought[[*pair, "week"]].drop_duplicates()
    for half_life in HALF_LIVES:
        every = (0.5 ** (np.arange(weeks) / half_life)).sum()
        marks[f"pair_decay_{half_life:g}w"] = 0.5 ** (marks["week"] / half_life) / every
    for span in SPANS:
        marks[f"pair_share_{span}w"] = (marks["week"] < span) / min(span, weeks)
    days = bought.drop_duplicates([*pair, "age"]).groupby(pair)["age"]
    return (
        marks.drop(columns="week")
        .groupby(pair)
        .sum()
        .assign(
            pair_days_since_last=days.min(),
            pair_days_since_first=days.max(),
            pair_purchase_days=days.size(),
        )
    )


def one_table(size: Size, folder: Path) -> Figures:
    """Compute and write the table of all customers as one shard, as one call of a function does."""
    from sodai.domain.features import whole_table

    distributor, watch = size.distributor(), Stopwatch()
    lines = distributor.lines(0)
    with watch("features"):
        table = whole_table(distributor.history(0, lines), distributor.target)
        (folder / "table.parquet").write_bytes(table.to_parquet())
    return {**watch, "customers": distributor.ids.size, "rows": len(table)}


def one_score(folder: Path) -> Figures:
    """Read the table and score it, as another call does."""
    from sodai.domain.features import FeatureTable

    watch = Stopwatch()
    with watch("scores"):
        table = FeatureTable.from_parquet((folder / "table.parquet").read_bytes())
        trained_model(folder).predict(table)
    return {**watch}


def report_training(copies: int, of: Figures) -> None:
    """Print what training took."""
    print(
        f"{copies}x training: {of['seen']:,} rows, features in {of['features']:.1f} s\n"
        f"  fitted on {of['rows']:,} rows in {of['fit']:.1f} s  goal <= {of['most']:,} rows   "
        f"peak {of['peak']:,} MB  goal {TRAINING_MB:,} MB"
    )


def report_forecast(copies: int, of: Figures) -> None:
    """Print what a week took."""
    print(
        f"{copies}x week: {of['customers']:,} customers, {of['shards']} shards, "
        f"{of['rows']:,} rows, peak {of['peak']:,} MB"
    )
    for name in ("features", "scores"):
        print(f"  {name:<10}{of[name]:9.1f} s {of[name] / of['shards']:9.3f} s a shard")


def report_comparison(of: Figures) -> None:
    """Print what the plain versions took on the same shards."""
    each = {name: of[name] / of["columns"][name] for name in of["columns"]}
    for name, title in (
        ("features", "features"),
        ("pair", "their family `pair` alone"),
        ("pandas", "plain group-by, a part of `pair`"),
    ):
        print(
            f"  {title:<33}{1000 * of[name] / of['compared']:9.1f} ms a shard "
            f"{of['columns'][name]:4} columns {1000 * each[name] / of['compared']:8.2f} ms each"
        )
    print(
        f"  time of features over plain group-by {of['features'] / of['pandas']:.2f}, "
        f"per column {each['features'] / each['pandas']:.2f}; "
        f"of `pair`, per column {each['pair'] / each['pandas']:.2f}\n"
        f"  throughput of scores over bare predict {of['bare'] / of['scores']:.2f}   "
        f"goal >= {BARE_SHARE}"
    )


def report_growth(found: list[Figures]) -> None:
    """Print the exponents of the time over the customers."""
    if len(found) < 2:
        return
    size = np.log([of["customers"] for of in found])
    for name, parts in (
        ("features", ["features"]),
        ("scores", ["scores"]),
        ("both", ["features", "scores"]),
    ):
        spent = np.log([sum(of[part] for part in parts) for of in found])
        exponent = np.polyfit(size, spent, 1)[0]
        print(f"exponent of {name:<10}{exponent:6.3f}   goal <= {EXPONENT}")


def report_one_shard(made: Figures, scored: Figures) -> None:
    """Print whether so many customers fit into one call of each function."""
    print(f"one shard: {made['customers']:,} customers, {made['rows']:,} rows")
    for name, of in (("features", made), ("scores", scored)):
        print(
            f"  {name:<9}{of[name]:8.1f} s  goal {LAMBDA_SECONDS} s   "
            f"peak {of['peak']:,} MB  goal {LAMBDA_MB:,} MB"
        )


if __name__ == "__main__":
    main()
