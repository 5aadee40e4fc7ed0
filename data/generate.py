"""The tables of a synthetic distributor, and the weeks that follow them."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

import pandas as pd

from data.demand import Distributor
from data.errors import BadRecipe
from data.ledger import Ledger
from data.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Tables:
    """The three tables of a distributor, with the columns and types of the real ones."""

    customers: pd.DataFrame
    products: pd.DataFrame
    transactions: pd.DataFrame


def generate(recipe: Recipe) -> Tables:
    """Make a distributor and the first ``recipe.weeks`` weeks of its life."""
    distributor = Distributor(recipe)
    ledger = Ledger(recipe, distributor)
    weeks = [ledger.write(week) for week in islice(distributor.weeks(), recipe.weeks)]
    return Tables(
        customers=distributor.shops.table,
        products=distributor.catalogue.table,
        transactions=pd.concat(weeks, ignore_index=True),
    )


def following(recipe: Recipe, newest_day: date, until: date) -> pd.DataFrame:
    """Return the transactions after ``newest_day`` up to and including ``until``.

    The distributor is lived again from its first day, so the rows are the same however many
    weeks are asked for at once.

    Parameters
    ----------
    recipe : Recipe
        The distributor; its ``weeks`` plays no part.
    newest_day, until : date
        Last day already delivered, last day wanted.

    Returns
    -------
    DataFrame
        Rows in the order of days, with the columns of the transaction table.

    Raises
    ------
    BadRecipe
        If ``until`` is not after ``newest_day``.
    """
    if until <= newest_day:
        raise BadRecipe(f"There is no day after {newest_day} up to {until}.")
    distributor = Distributor(recipe)
    ledger = Ledger(recipe, distributor)
    first, last = recipe.week_of(newest_day + timedelta(days=1)), recipe.week_of(until)
    lived = islice(distributor.weeks(), last + 1)
    rows = pd.concat([ledger.write(week) for week in lived if week.week >= first])
    day = rows["purchase_date"]
    wanted = (day > pd.Timestamp(newest_day)) & (day <= pd.Timestamp(until))
    return rows[wanted].reset_index(drop=True)


def end_of_week(newest_day: date, weeks: int = 1) -> date:
    """Return the Sunday that ends the week after ``newest_day``, or a later one.

    An unfinished week counts as the first: what is left of it comes before a new one.
    """
    next_day = newest_day + timedelta(days=1)
    return next_day + timedelta(days=6 - next_day.weekday(), weeks=weeks - 1)
