"""Reasons in words: both languages, singular and plural, and never a key."""

import pytest
from sodai.serving.wording import WORDS, of_facts, say, sentences


@pytest.mark.parametrize(
    ("reason", "es", "en"),
    [
        (["BOUGHT_WEEKS", 1, 7], "lo pidió en 7 de las últimas 8 semanas", None),
        (["BOUGHT_WEEKS", 1, 8], "lo pidió en cada una de las últimas 8 semanas", None),
        (["ORDERS_OFTEN", 1, 8], "hizo pedidos en cada una de las últimas 8 semanas", None),
        (["NOT_LATELY", -1, 1], "hace 1 día que no lo pide", None),
        (["DUE", 1, 1], "ya le toca: lo pide cada día", "it is due: it is ordered every day"),
        (["DUE", 1, 9], "ya le toca: lo pide cada 9 días", None),
        (["USUAL_WEEKDAY", 1, 2], "suele pedir los miércoles", None),
        (
            ["RARE_CELL", -1, 0],
            "en su zona lo pide menos del 1 % de las tiendas que hacen pedidos",
            "nearby, less than 1% of the shops that order take it",
        ),
        (
            ["ALIKE_ALL", 1, 0],
            "cada semana lo pide menos del 1 % de las tiendas",
            "each week less than 1% of all shops order it",
        ),
        (["RARE_TYPE", -1, 10], None, "only 10% of the shops of its type that order take it"),
        (["POPULAR_CELL", 1, 42], None, "nearby, 42% of the shops that order take it"),
    ],
)
def test_a_reason_is_said(reason: list[object], es: str | None, en: str | None) -> None:
    (said,) = say([reason])
    assert es in {None, said.es}
    assert en in {None, said.en}
    assert said.raises is (reason[1] == 1)


@pytest.mark.parametrize("code", WORDS)
def test_every_reason_has_words_in_both_languages(code: str) -> None:
    (said,) = say([[code, 1, 3]])
    for text in (said.es, said.en):
        assert text
        assert "{" not in text
        assert "_" not in text
    assert said.es != said.en


def test_reasons_become_one_sentence() -> None:
    said = say([["BOUGHT_WEEKS", 1, 7], ["RISING", 1]])
    assert sentences(said)[0] == "Lo pidió en 7 de las últimas 8 semanas; su venta está subiendo."
    assert sentences([]) == ("", "")


@pytest.mark.parametrize(
    ("weeks", "days", "is_cold", "code"),
    [
        (3, 20, False, "BOUGHT_WEEKS"),
        (0, 80, False, "NOT_LATELY"),
        (0, None, False, "NEVER_BOUGHT"),
        (0, None, True, "NO_HISTORY"),
    ],
)
def test_the_facts_alone_give_a_reason(
    weeks: int, days: int | None, is_cold: bool, code: str
) -> None:
    assert of_facts(weeks, days, is_cold)[0].code == code
