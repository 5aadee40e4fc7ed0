"""Confidence in words, and what products are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sodai.serving import Product, confidence

ORDER = ["low", "medium", "high"]
probabilities = st.floats(0, 1)


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "low"),
        (0.3999, "low"),
        (0.4, "medium"),
        (0.6999, "medium"),
        (0.7, "high"),
        (1, "high"),
    ],
)
def test_confidence_changes_at_four_and_seven_tenths(probability: float, word: str) -> None:
    assert confidence(probability) == word


@given(probabilities, probabilities)
def test_a_larger_probability_never_gives_less_confidence(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert ORDER.index(confidence(low)) <= ORDER.index(confidence(high))


@pytest.mark.parametrize(
    ("package", "size", "name"),
    [("LATA", 0.35, "Cumbre LATA 0.35 L"), ("LATA", 2.0, "Cumbre LATA 2 L"), ("", None, "Cumbre")],
)
def test_a_product_is_called_by_brand_package_and_size(
    package: str, size: float | None, name: str
) -> None:
    assert Product(1, "Cumbre", "C", "S", "P", package, size, sold=True).name == name
