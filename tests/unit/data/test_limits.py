"""Every synthetic week stays within the limits that the contract puts on a real one."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from data.generate import Tables, generate
from data.recipe import Recipe

LINE = ["customer_id", "product_id", "items", "weekday"]


@pytest.fixture(scope="module")
def year() -> Tables:
    return generate(Recipe(seed=11))


@pytest.fixture(scope="module")
def weeks(year: Tables) -> list[pd.DataFrame]:
    day = year.transactions["purchase_date"]
    dated = year.transactions.assign(weekday=day.dt.day_of_week)
    return [week for _, week in dated.groupby((day - day.min()).dt.days // 7)]


def test_all_weekdays_are_present(weeks: list[pd.DataFrame]) -> None:
    assert {week["weekday"].nunique() for week in weeks} == {7}


def test_broken_cases_keep_their_share(weeks: list[pd.DataFrame]) -> None:
    shares = [((week["items"] * 3).round() % 3 != 0).mean() for week in weeks]
    assert min(shares) > 0.50
    assert max(shares) < 0.64


def test_few_lines_are_written_twice(weeks: list[pd.DataFrame]) -> None:
    shares = [week.duplicated().mean() for week in weeks]
    assert 0 < np.mean(shares) < 0.005
    assert max(shares) <= 0.014


def test_a_week_is_no_copy_of_the_one_before(weeks: list[pd.DataFrame]) -> None:
    for before, week in pairwise(weeks):
        same = week.merge(before[LINE].drop_duplicates(), on=LINE)
        assert len(same) < 0.2 * len(week)


def test_few_lines_are_of_products_unseen_for_two_months(weeks: list[pd.DataFrame]) -> None:
    for number in range(8, len(weeks)):
        seen = pd.concat(weeks[number - 8 : number])["product_id"]
        assert (~weeks[number]["product_id"].isin(seen)).mean() < 0.08


def test_volume_collapses_but_never_to_nothing(weeks: list[pd.DataFrame]) -> None:
    lines = pd.Series([len(week) for week in weeks])
    ratio = (lines / lines.rolling(8).median().shift(1)).dropna()
    assert 0.2 < ratio.min() < 0.6
    assert ratio.max() < 3


def test_quantities_hold_their_level(weeks: list[pd.DataFrame]) -> None:
    medians = [week["items"].median() for week in weeks]
    means = [week["items"].mean() for week in weeks]
    assert max(medians) <= 2 * min(medians)
    assert max(means) < 2 * np.median(means)


def test_a_few_places_are_unknown_and_the_axes_do_not_overlap(year: Tables) -> None:
    customers = year.customers
    assert 0 < customers["X"].isna().mean() < 0.01
    assert customers["X"].max() < customers["Y"].min()


def test_what_is_sold_is_of_one_category(year: Tables) -> None:
    sold = year.products["product_id"].isin(year.transactions["product_id"])
    assert year.products.loc[sold, "category"].nunique() == 1
    assert year.products["category"].nunique() == 2
