"""A week or a table that cannot be right is refused whole, and says why and what to do."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sodai.domain.contract import Acceptance, CleanState, accept, read_delivery
from sodai.domain.contract.orders import strange_orders
from sodai.domain.contract.tables import Table

from data import faults
from tests.unit.domain import small_distributor as shop

WEEKS = 20
LINES = shop.transactions(weeks=WEEKS + 1, lines_per_week=1000)
MONDAY = shop.START + timedelta(weeks=WEEKS)
IS_NEW = LINES["purchase_date"] >= pd.Timestamp(MONDAY)
WEEK = LINES[IS_NEW].reset_index(drop=True)
CUSTOMERS = shop.customers(60)

Fault = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def state() -> CleanState:
    return shop.clean_state(LINES[~IS_NEW])


def deliver(
    state: CleanState, table: pd.DataFrame, name: str = "file", *, vouched: bool = False
) -> Acceptance:
    files = [read_delivery(shop.parquet(table), f"{name}.parquet")]
    return accept(state, files, replace_weeks=vouched)


def reasons(got: Acceptance) -> set[str]:
    return {reason for refusal in got.refused for reason in refusal.reasons}


def set_aside(got: Acceptance, table: Table) -> dict[str, int]:
    frame = got.quarantine.get(table)
    return {} if frame is None else frame.groupby("reason")["count"].sum().to_dict()


def permuted_customers(lines: pd.DataFrame, share: float = 0.3) -> pd.DataFrame:
    """Exchange the customers of a share of the orders."""
    owner = lines.drop_duplicates("order_id").set_index("order_id")["customer_id"]
    exchanged = faults.shuffled(owner.reset_index(), "customer_id", share)
    moved = exchanged.set_index("order_id")["customer_id"]
    return lines.assign(customer_id=moved.reindex(lines["order_id"]).to_numpy())


def last_week_again(lines: pd.DataFrame) -> pd.DataFrame:
    before = LINES["purchase_date"].between(str(MONDAY - timedelta(weeks=1)), str(MONDAY))
    return faults.replayed(LINES[before & ~IS_NEW], weeks=1)


def of_earlier_orders(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.assign(order_id=lines["order_id"] - 2100)


def of_new_products(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.assign(product_id=lines["product_id"].where(lines.index % 5 > 0, 111))


WEEK_FAULTS: dict[str, tuple[Fault, set[str], bool]] = {
    "items in single units": (
        partial(faults.scaled, column="items", factor=12.0),
        {"ITEMS_OUT_OF_RANGE"},
        False,
    ),
    "items of some lines in single units": (
        partial(faults.scaled, column="items", factor=12.0, share=0.03),
        {"PAIR_RATIO"},
        True,
    ),
    "items of cases only": (
        lambda lines: lines.assign(items=lines["items"].round() + 1).drop_duplicates(),
        {"FRACTIONS_OUT_OF_RANGE"},
        False,
    ),
    "customers of some orders exchanged": (permuted_customers, {"STRANGE_ORDER"}, True),
    "customers of some lines exchanged": (
        partial(faults.shuffled, column="customer_id", share=0.1),
        {"SHARED_ORDER"},
        True,
    ),
    "last week again under new dates": (last_week_again, {"REPEATED_LINE"}, True),
    "order ids used before": (of_earlier_orders, {"REUSED_ORDER"}, True),
    "no Monday and Tuesday": (
        partial(faults.without_weekdays, weekdays=(0, 1)),
        {"MISSING_WEEKDAY"},
        False,
    ),
    "nine of ten orders lost": (
        partial(faults.thinned, lost=0.9),
        {"LINES_OUT_OF_RANGE"},
        False,
    ),
}


def test_a_healthy_week_passes_every_rule(state: CleanState) -> None:
    got = deliver(state, WEEK)
    got.require_accepted()
    told = got.stats["weekly_rules"][str(MONDAY)]
    assert {rule["status"] for rule in told.values()} == {"ok"}
    assert len(told) == 10


@pytest.mark.parametrize(("fault", "codes", "has_rows"), WEEK_FAULTS.values(), ids=WEEK_FAULTS)
def test_a_faulty_week_is_refused_with_its_reason_and_its_rows(
    state: CleanState, fault: Fault, codes: set[str], has_rows: bool
) -> None:
    got = deliver(state, fault(WEEK))
    assert got.is_unchanged
    assert codes <= reasons(got)
    for code in codes:
        assert (set_aside(got, "transactions").get(code, 0) > 0) is has_rows
    sentence = got.refused[0].sentence
    assert str(MONDAY) in sentence
    assert "--replace-week" in sentence


def test_figures_are_told_as_people_write_them(state: CleanState) -> None:
    week = pd.concat([WEEK.assign(order_id=WEEK["order_id"] + 10_000 * n) for n in range(4)])
    [refusal] = deliver(state, week).refused
    assert "has 3,912 lines" in refusal.sentence


@pytest.mark.parametrize(("fault", "codes", "has_rows"), WEEK_FAULTS.values(), ids=WEEK_FAULTS)
def test_what_somebody_vouches_for_is_taken_and_told(
    state: CleanState, fault: Fault, codes: set[str], has_rows: bool
) -> None:
    got = deliver(state, fault(WEEK), vouched=True)
    got.require_accepted()
    assert date.fromisoformat("2024-05-20") in got.changed_weeks
    told = got.stats["weekly_rules"][str(MONDAY)]
    assert {told[code]["status"] for code in codes} == {"overruled"}


def test_products_nobody_sold_lately_are_refused_beyond_a_share() -> None:
    past = LINES[~IS_NEW & (LINES["product_id"] != 111)]
    state = shop.clean_state(past)
    few = deliver(state, WEEK[WEEK["product_id"] != 111])
    few.require_accepted()
    got = deliver(state, of_new_products(WEEK))
    assert reasons(got) == {"NEW_PRODUCT"}
    assert set_aside(got, "transactions")["NEW_PRODUCT"] > 100


def test_one_odd_line_is_no_fault(state: CleanState) -> None:
    odd = WEEK.copy()
    odd.loc[3, "items"] *= 100
    deliver(state, odd).require_accepted()


def test_a_corrected_week_goes_through_after_its_refusal(state: CleanState) -> None:
    refused = deliver(state, faults.without_weekdays(WEEK, (0, 1)))
    deliver(refused.state, WEEK).require_accepted()


def test_a_weekday_that_lacks_is_noticed_when_the_next_week_comes(state: CleanState) -> None:
    is_sunday = WEEK["purchase_date"].dt.day_of_week == 6
    unfinished = deliver(state, WEEK[~is_sunday])
    unfinished.require_accepted()
    moved = WEEK["purchase_date"] + timedelta(weeks=1)
    after = WEEK.assign(purchase_date=moved, order_id=WEEK["order_id"] + 10**6)
    got = deliver(unfinished.state, after.sample(frac=0.99, random_state=1))
    assert "MISSING_WEEKDAY" in reasons(got)
    assert f"Sunday {MONDAY + timedelta(days=6)}" in got.refused[0].sentence


def test_rules_without_enough_history_do_not_judge() -> None:
    young = shop.clean_state(LINES[LINES["purchase_date"] < "2024-01-22"])
    week = LINES[LINES["purchase_date"].between("2024-01-22", "2024-01-28")]
    got = deliver(young, faults.scaled(week, "items"))
    got.require_accepted()
    told = got.stats["weekly_rules"]["2024-01-22"]
    for code in ("PAIR_RATIO", "STRANGE_ORDER", "NEW_PRODUCT", "ITEMS_OUT_OF_RANGE"):
        assert told[code]["status"] == "not_evaluated"


def test_weeks_of_a_first_load_are_judged_in_order() -> None:
    faulty = LINES.copy()
    now = faulty["purchase_date"].between("2024-04-29", "2024-05-05")
    faulty.loc[now, "items"] *= 12
    files = {"customers": CUSTOMERS, "products": shop.products(), "lines": faulty}
    deliveries = [read_delivery(shop.parquet(t), f"{n}.parquet") for n, t in files.items()]
    got = accept(None, deliveries)
    [refusal] = got.refused
    assert refusal.file == "lines.parquet"
    assert "week of 2024-04-29" in refusal.sentence
    assert "2024-05-06" not in refusal.sentence


def test_only_the_file_with_the_faulty_week_is_refused(state: CleanState) -> None:
    later = WEEK["purchase_date"] + timedelta(weeks=1)
    after = WEEK.assign(purchase_date=later, order_id=WEEK["order_id"] + 10**6)
    bad = faults.scaled(after, "items")
    files = [
        read_delivery(shop.parquet(table), f"{name}.parquet")
        for name, table in {"good": WEEK, "bad": bad}.items()
    ]
    got = accept(state, files)
    status = {file["name"]: file["status"] for file in got.stats["files"]}
    assert status == {"good.parquet": "held", "bad.parquet": "refused"}


MANY = shop.customers(60)
TABLE_FAULTS: dict[str, tuple[Table, pd.DataFrame, str]] = {
    "types shuffled": ("customers", faults.shuffled(MANY, "customer_type"), "CHANGED_ATTRIBUTE"),
    "sizes in ml": ("products", faults.scaled(shop.products(), "size"), "CHANGED_ATTRIBUTE"),
    "a region never seen": (
        "customers",
        faults.with_value(MANY, "region_id", value=999),
        "UNKNOWN_AREA",
    ),
    "no places": ("customers", faults.with_nulls(MANY, "X"), "NULL_PLACE"),
    "X and Y exchanged": ("customers", faults.swapped_places(MANY), "OUTSIDE_BOX"),
    "a third lost": ("customers", MANY[::3].reset_index(drop=True), "LOST_ROWS"),
}


@pytest.mark.parametrize(("table", "delivered", "code"), TABLE_FAULTS.values(), ids=TABLE_FAULTS)
def test_a_table_that_changed_too_much_is_refused(
    state: CleanState, table: Table, delivered: pd.DataFrame, code: str
) -> None:
    got = deliver(state, delivered, table)
    assert got.is_unchanged
    assert code in reasons(got)
    assert (code in set_aside(got, table)) is (code != "LOST_ROWS")
    deliver(state, delivered, table, vouched=True).require_accepted()


def test_a_few_changes_and_news_pass(state: CleanState) -> None:
    newer = shop.customers(63)
    newer.loc[0, "customer_type"] = "HOTEL"
    newer.loc[1, "X"] = np.nan
    deliver(state, newer, "customers").require_accepted()


def test_orders_of_exchanged_customers_are_the_strange_ones() -> None:
    exchanged = permuted_customers(WEEK, 0.3)
    moved = exchanged.loc[exchanged["customer_id"] != WEEK["customer_id"], "order_id"].unique()
    past = LINES[~IS_NEW]
    healthy, judged = strange_orders(WEEK, past)
    found, _ = strange_orders(exchanged, past)
    assert judged == WEEK.loc[WEEK["items"] > 0, "order_id"].nunique()
    assert len(healthy) < 0.1 * judged
    assert np.isin(found, moved).mean() > 0.7
    again, _ = strange_orders(exchanged.sample(frac=1, random_state=3), past)
    assert again.tolist() == found.tolist()


def test_strangers_and_returns_have_no_strange_orders() -> None:
    past = LINES[~IS_NEW]
    assert strange_orders(WEEK.assign(customer_id=999_999), past)[1] == 0
    assert strange_orders(WEEK.assign(items=-1.0), past)[1] == 0
    assert strange_orders(WEEK, past.head(0))[1] == 0


def test_the_weeks_of_the_real_year_pass(real_tables: Path) -> None:
    names = ("clientes.parquet", "productos.parquet", "transacciones.parquet")
    got = accept(None, [read_delivery((real_tables / name).read_bytes(), name) for name in names])
    got.require_accepted()
