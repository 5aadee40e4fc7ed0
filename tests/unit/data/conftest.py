"""A small distributor, made once."""

import pytest

from data.generate import Tables, generate
from data.recipe import Recipe


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return Recipe(customers=150, products=200, weeks=26, seed=3)


@pytest.fixture(scope="session")
def tables(recipe: Recipe) -> Tables:
    return generate(recipe)
