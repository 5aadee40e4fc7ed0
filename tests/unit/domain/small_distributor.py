"""A small distributor made up for tests: stable habits, a catalogue, orders on every day."""

import io
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from sodai.domain.contract import CleanState, accept, read_delivery

START = date(2024, 1, 1)


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def customers(count: int = 60) -> pd.DataFrame:
    number = np.arange(count)
    return pd.DataFrame(
        {
            "customer_id": 1000 + number,
            "region_id": 5,
            "zone_id": 7,
            "customer_type": np.array(["CORNER SHOP", "RESTAURANT", "WHOLESALE"])[number % 3],
            "Y": -33.0 - number / 100,
            "X": -70.0 - number / 150,
            "num_deliver_per_week": 1 + number % 4,
            "num_visit_per_week": 1,
        }
    )


def products(count: int = 12) -> pd.DataFrame:
    number = np.arange(count)
    return pd.DataFrame(
        {
            "product_id": 100 + number,
            "brand": [f"BRAND {one % 5}" for one in number],
            "category": "SOFT DRINKS",
            "sub_category": np.array(["SODA", "JUICE"])[number % 2],
            "segment": np.array(["LOW", "HIGH"])[number // 6 % 2],
            "package": np.array(["CAN", "BOTTLE"])[number // 3 % 2],
            "size": 0.25 * (1 + number % 4),
        }
    )


def transactions(weeks: int, lines_per_week: int = 400, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    count = weeks * lines_per_week
    customer = rng.integers(0, 60, count)
    day = np.repeat(np.arange(weeks) * 7, lines_per_week) + rng.integers(0, 7, count)
    favourite = (customer + rng.geometric(0.4, count)) % 12
    lines = pd.DataFrame(
        {
            "customer_id": 1000 + customer,
            "product_id": 100 + favourite,
            "order_id": day * 100 + customer,
            "purchase_date": pd.Timestamp(START) + pd.to_timedelta(day, unit="D"),
            "items": np.where(rng.random(count) < 0.03, -1.0, rng.integers(1, 9, count) / 3),
        }
    )
    return lines.astype({"purchase_date": "datetime64[ns]"}).drop_duplicates(ignore_index=True)


def deliver(**tables: pd.DataFrame) -> Mapping[str, bytes]:
    return {f"{name}.parquet": parquet(frame) for name, frame in tables.items()}


def clean_state(lines: pd.DataFrame) -> CleanState:
    files = deliver(customers=customers(), products=products(), transactions=lines)
    got = accept(None, [read_delivery(body, name) for name, body in files.items()])
    got.require_accepted()
    return got.state
