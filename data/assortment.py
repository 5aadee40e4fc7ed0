"""What stands on the shelf: products that come and go, run out, and are promoted."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from data.catalogue import Catalogue
from data.recipe import Bools, Floats, Ints, Recipe, Stream

SHELF_SHARE: Final = 0.064  # of the catalogue, on the first day
LAUNCHES: Final = 0.0009  # of the catalogue, per week
BEST_APPEAL: Final = 0.0  # log-odds that a usual shop takes the best seller
APPEAL_RANGE: Final = 10.5
APPEAL_SHAPE: Final = 0.5  # below 1: few best sellers, a long tail
LAUNCH_BEST: Final = 0.12  # best rank of a newcomer, 0 being the best seller
RETIRE: Final = (0.002, 0.025)  # chance per week for the best seller and for the last of the tail
FADE: Final = 1.5  # log-odds lost per week by a product on its way out
GONE: Final = -13.0
RUN_OUT: Final = (0.004, 0.06)  # chance per week, again for the best and the last
WEEKS_OUT: Final = 3.5
WAVE_KEEP: Final = 0.88
WAVE_SPREAD: Final = 0.5  # standard deviation of the slow wave, in log-odds
SHOCK_SPREAD: Final = 0.24
PROMOTION: Final = (0.055, 1.0, 2.8)  # chance per week, smallest and largest gain in log-odds
PROMOTION_DAYS: Final = (5, 18)
NEWCOMER_DAYS: Final = 10  # until a newcomer is known
TASTE_SCALE: Final = 2.3  # sqrt(1 + pi/8 times the variance of tastes): logits against shares
SHELF_TOTAL: Final = 3.6  # products in a usual order of a usual shop
SUBSTITUTION: Final = 0.8  # how far a fuller or emptier shelf leaves the basket as it was


@dataclass(slots=True)
class Assortment:
    """State of the shelf, one row per product of the catalogue; :meth:`next_week` moves it on."""

    recipe: Recipe
    catalogue: Catalogue
    week: int = 0
    launched: int = 0
    on_shelf: Bools = field(init=False)
    fading: Bools = field(init=False)
    rank: Floats = field(init=False)
    appeal: Floats = field(init=False)
    wave: Floats = field(init=False)
    back_week: Ints = field(init=False)
    first_day: Ints = field(init=False)
    promotion: Floats = field(init=False)  # gain, first day, last day

    def __post_init__(self) -> None:
        count = len(self.catalogue.table)
        self.on_shelf = np.zeros(count, bool)
        self.fading = np.zeros(count, bool)
        self.rank = np.zeros(count)
        self.appeal = np.zeros(count)
        self.wave = np.zeros(count)
        self.back_week = np.zeros(count, np.int64)
        self.first_day = np.zeros(count, np.int64)
        self.promotion = np.tile(np.array([0.0, -1.0, -1.0]), (count, 1))

    def next_week(self) -> tuple[Ints, Floats]:
        """Move on by a week.

        Returns
        -------
        rows : ndarray of shape (n_on_shelf,)
            Rows of the catalogue on the shelf this week.
        appeal : ndarray of shape (7, n_on_shelf)
            Log-odds, day by day, that a usual shop's order holds the product; minus infinity
            while it cannot be had.
        """
        chance = self.recipe.chance(Stream.ASSORTMENT, self.week)
        count = len(self.catalogue.table)
        self._retire(chance)
        self._launch(chance)
        runs_out = self.on_shelf & (chance.random(count) < self._by_rank(RUN_OUT))
        missing = self.week + chance.geometric(1 / WEEKS_OUT, count)
        self.back_week = np.where(runs_out, missing, self.back_week)
        innovation = WAVE_SPREAD * np.sqrt(1 - WAVE_KEEP**2) * chance.standard_normal(count)
        self.wave = WAVE_KEEP * self.wave + innovation
        shock = SHOCK_SPREAD * chance.standard_normal(count)
        self._promote(chance)
        rows = np.flatnonzero(self.on_shelf & (self.back_week <= self.week))
        appeal = self._by_day(rows, shock)
        self.week += 1
        return rows, appeal

    def _by_rank(self, ends: tuple[float, float]) -> Floats:
        best, last = ends
        return best + (last - best) * self.rank

    def _retire(self, chance: np.random.Generator) -> None:
        retires = self.on_shelf & (chance.random(len(self.rank)) < self._by_rank(RETIRE))
        self.fading |= retires
        self.appeal[self.fading] -= FADE
        self.on_shelf &= self.appeal > GONE

    def _launch(self, chance: np.random.Generator) -> None:
        waiting = len(self.catalogue.queue) - self.launched
        size = len(self.catalogue.table)
        if self.week == 0:
            count = min(waiting, max(8, round(size * SHELF_SHARE)))
            rank = np.arange(count) / count
        else:
            due = np.floor(size * LAUNCHES * np.array([self.week, self.week + 1]))
            count = min(waiting, int(due[1] - due[0]))
            rank = chance.uniform(LAUNCH_BEST, 1, count)
        rows = self.catalogue.queue[self.launched : self.launched + count]
        self.launched += count
        self.on_shelf[rows] = True
        self.rank[rows] = rank
        self.appeal[rows] = BEST_APPEAL - APPEAL_RANGE * rank**APPEAL_SHAPE
        self.appeal[rows] += chance.normal(0, 0.15, count)
        self.wave[rows] = WAVE_SPREAD * chance.standard_normal(count)
        known = -NEWCOMER_DAYS if self.week == 0 else 7 * self.week
        self.first_day[rows] = known + chance.integers(0, 5, count) * (self.week > 0)

    def _promote(self, chance: np.random.Generator) -> None:
        count = len(self.on_shelf)
        probability, least, most = PROMOTION
        begins = chance.random(count) < probability
        first = 7 * self.week + chance.integers(0, 7, count)
        last = first + chance.integers(*PROMOTION_DAYS, count)
        plan = np.stack([chance.uniform(least, most, count), first, last], axis=1)
        self.promotion = np.where(begins[:, None], plan, self.promotion)

    def _by_day(self, rows: Ints, shock: Floats) -> Floats:
        day = 7 * self.week + np.arange(7)[:, None]
        gain, first, last = self.promotion[rows].T
        age = day - self.first_day[rows]
        appeal = (self.appeal + self.wave + shock)[rows] + gain * ((day >= first) & (day <= last))
        unknown = np.clip(1 - age / NEWCOMER_DAYS, 0, 1)
        appeal = np.where(age < 0, -np.inf, appeal - 1.5 * unknown)
        return appeal + SUBSTITUTION * np.array([[_shelf_shift(day)] for day in appeal])


def _shelf_shift(appeal: Floats) -> float:
    """Return the shift of all log-odds at which the shelf fills a usual basket."""
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        filled = float(np.sum(1 / (1 + np.exp(-(appeal + middle) / TASTE_SCALE))))
        low, high = (middle, high) if filled < SHELF_TOTAL else (low, middle)
    return (low + high) / 2
