"""Random shops for tests of the model: habits, late products, cold customers, null coordinates."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sodai.domain.history import History

FIRST_DAY = date(2022, 5, 2)  # a Monday
NEVER_BOUGHT = 3  # customers


@dataclass(frozen=True)
class Tables:
    customers: pd.DataFrame
    products: pd.DataFrame
    transactions: pd.DataFrame

    def history(self, **shard: object) -> History:
        return History.from_tables(self.customers, self.products, self.transactions, **shard)

    def before(self, day: date) -> "Tables":
        """Forget all that happened from a day on, and products not yet sold."""
        past = self.transactions[self.transactions["purchase_date"] < pd.Timestamp(day)]
        sold = past.loc[past["items"] > 0, "product_id"].unique()
        past = past[past["product_id"].isin(sold)]
        known = self.products[self.products["product_id"].isin(sold)]
        return Tables(self.customers, known, past)


def customers(count: int) -> pd.DataFrame:
    number = np.arange(count)
    table = pd.DataFrame(
        {
            "customer_id": 7000 + 13 * number,
            "region_id": 1,
            "zone_id": 1,
            "customer_type": np.array(["KIOSK", "BAR", "STORE"])[number * 7 % 3],
            "Y": -40.0 + number % 11 / 10,
            "X": -72.0 + number % 7 / 10,
            "num_deliver_per_week": 1 + number % 3,
            "num_visit_per_week": 1,
        }
    )
    table.loc[::10, "X"] = np.nan
    return table


def products(count: int) -> pd.DataFrame:
    number = np.arange(count)
    return pd.DataFrame(
        {
            "product_id": 50 + 3 * number,
            "brand": [f"B{one % 4}" for one in number],
            "category": "DRINKS",
            "sub_category": np.array(["SODA", "WATER"])[number % 2],
            "segment": np.array(["LOW", "MID", "HIGH"])[number % 3],
            "package": np.array(["CAN", "PET"])[number // 2 % 2],
            "size": 0.5 * (1 + number % 3),
        }
    )


def tables(weeks: int = 20, shops: int = 40, catalogue: int = 10, seed: int = 0) -> Tables:
    """Make shops that order by habit; the last third of the products comes week by week."""
    rng = np.random.default_rng(seed)
    known, sold = customers(shops), products(catalogue)
    taste = rng.beta(0.4, 1.2, (shops, catalogue))
    rhythm = rng.beta(1, 4, shops)
    rhythm[:NEVER_BOUGHT] = 0
    late = np.maximum(0, np.arange(catalogue) - 2 * catalogue // 3) / (catalogue / 3)
    day, shop, product = np.nonzero(
        (rng.random((7 * weeks, shops)) < rhythm)[:, :, None]
        & (rng.random((7 * weeks, shops, catalogue)) < taste)
        & (np.arange(7 * weeks)[:, None] >= late * 7 * weeks)[:, None]
    )
    lines = pd.DataFrame(
        {
            "customer_id": known["customer_id"].to_numpy()[shop],
            "product_id": sold["product_id"].to_numpy()[product],
            "order_id": day * 1000 + shop,
            "purchase_date": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(day, unit="D"),
            "items": rng.integers(1, 20, len(day)) / 3,
        }
    )
    returned = lines.sample(frac=0.03, random_state=seed).assign(items=-1.0)
    lines = pd.concat([lines, returned], ignore_index=True)
    return Tables(known, sold, lines.assign(is_return=lines["items"] <= 0))
