from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from data import faults
from data.generate import Tables


@pytest.mark.parametrize("name", faults.FAULTS)
def test_a_fault_breaks_its_table_and_leaves_the_given_one_alone(name: str, tables: Tables) -> None:
    fault = faults.FAULTS[name]
    sound: pd.DataFrame = getattr(tables, fault.table)
    kept = sound.copy(deep=True)
    broken = fault.breaks(sound)
    assert not broken.equals(sound)
    assert_frame_equal(sound, kept)
    assert_frame_equal(fault.breaks(sound), broken)


def test_unknown_ids_are_in_no_table(tables: Tables) -> None:
    broken = faults.with_unknown_ids(tables.transactions, "customer_id", share=0.3)
    unknown = ~broken["customer_id"].isin(tables.customers["customer_id"])
    assert unknown.mean() == pytest.approx(0.3, abs=1e-3)


def test_doubled_rows_are_exact_repeats(tables: Tables) -> None:
    broken = faults.doubled_rows(tables.transactions)
    assert len(broken) == 2 * len(tables.transactions)
    assert_frame_equal(
        broken.drop_duplicates(ignore_index=True),
        tables.transactions.drop_duplicates(ignore_index=True),
    )


def test_a_replayed_week_has_new_dates_and_order_ids(tables: Tables) -> None:
    broken = faults.replayed(tables.transactions)
    moved = broken["purchase_date"] - tables.transactions["purchase_date"]
    assert set(moved.dt.days) == {7}
    assert not broken["order_id"].isin(tables.transactions["order_id"]).any()


def test_lost_weekdays_are_gone(tables: Tables) -> None:
    broken = faults.without_weekdays(tables.transactions, {5, 6})
    assert set(broken["purchase_date"].dt.day_of_week) == {0, 1, 2, 3, 4}


def test_thinning_loses_whole_orders(tables: Tables) -> None:
    lines = tables.transactions.groupby("order_id").size()
    broken = faults.thinned(tables.transactions, lost=0.4).groupby("order_id").size()
    assert len(broken) == pytest.approx(0.6 * len(lines), rel=0.01)
    assert broken.equals(lines.loc[broken.index])


def test_a_text_file_is_no_parquet(tmp_path: Path) -> None:
    path = faults.text_file(tmp_path / "transacciones.parquet")
    with pytest.raises(pa.ArrowInvalid, match="Parquet magic bytes"):
        pd.read_parquet(path)
