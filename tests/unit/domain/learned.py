"""Labelled tables and a small model of random shops, made once for several tests."""

from datetime import date
from functools import cache

from sodai.domain.calendar import Window
from sodai.domain.features import LabelledTable, whole_table
from sodai.domain.history import labels
from sodai.domain.training import Model, Recipe, Vocabulary, fit

from tests.unit.domain import shops

TARGET = Window(date(2022, 9, 5), 7)  # after 18 weeks
RECIPE = Recipe(rounds=30, learning_rate=0.15)


@cache
def labelled(weeks_before: int, horizon_days: int = 7) -> LabelledTable:
    history = shops.tables(shops=150, weeks=20).history()
    window = Window(TARGET.shift(-weeks_before).cutoff, horizon_days)
    return LabelledTable(whole_table(history, window), labels(history, window))


def past(windows: int = 6) -> list[LabelledTable]:
    return [labelled(i) for i in range(windows, 0, -1)]


@cache
def model() -> Model:
    tables = past()
    return fit(tables, RECIPE, Vocabulary.of(each.table for each in tables), threads=1)
