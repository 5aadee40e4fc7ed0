"""Windows of unusual volume are told from ordinary ones by the windows before them."""

from datetime import date

from sodai.domain.calendar import Window
from sodai.domain.events import eventful

FIRST = Window(date(2024, 3, 13), 5)


def purchases(*bought: int) -> dict[Window, int]:
    return {FIRST.shift(i): count for i, count in enumerate(bought)}


def test_collapse_and_peak_are_events_and_ordinary_weeks_are_not():
    ordinary = [1000, 1040, 980, 1010, 1060, 990, 1020, 970]
    found = eventful(purchases(*ordinary, 400, 1030, 450, 1900, 1050))
    assert found == {FIRST.shift(8), FIRST.shift(10), FIRST.shift(11)}


def test_a_window_is_judged_only_by_what_came_before_it():
    ordinary = [1000, 1040, 980, 1010, 1060, 990, 1020, 970, 1000]
    assert eventful(purchases(*ordinary)) == eventful(purchases(*ordinary, 100)) - {FIRST.shift(9)}


def test_with_little_history_nothing_is_an_event():
    assert eventful(purchases(1000, 10, 1000)) == frozenset()
    assert eventful({}) == frozenset()
