"""Is a synthetic distributor of the same kind as the real one? One ratio per figure."""

from dataclasses import dataclass
from typing import Final

from data.figures import MEANING, REAL, Figures

TOLERANCE: Final = 0.20


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both distributors."""

    figure: str
    synthetic: float
    real: float

    @property
    def ratio(self) -> float:
        """Synthetic over real."""
        return self.synthetic / self.real

    @property
    def is_close(self) -> bool:
        """Whether the two are within the tolerance."""
        return abs(self.ratio - 1) <= TOLERANCE


def compare(synthetic: Figures, real: Figures = REAL) -> list[Row]:
    """Put the figures of two distributors side by side, in the order of the figures' list."""
    return [Row(name, synthetic[name], real[name]) for name in MEANING]
