"""Who orders on which day, and what: the weeks of a distributor, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from data.assortment import Assortment
from data.catalogue import Catalogue, make_catalogue
from data.recipe import Bools, Floats, Ints, Narrow, Recipe, Stream
from data.season import day_volume
from data.town import KINDS, Shops, make_shops

OPEN_AT_FIRST: Final = 0.88
OPENS: Final = 0.022  # chance per week that a shop not yet served places its first order
CLOSES: Final = 0.0012
SLEEPS: Final = (0.008, 5.0)  # chance per week, mean length in weeks
MOOD_KEEP: Final = 0.92
MOOD_SPREAD: Final = 0.35  # slow wave of a shop's log rate
NEED_POWER: Final = 1.2  # how much a long time without an order calls for one
NEED_LIMITS: Final = (0.08, 1.8)
PAIR_TASTE: Final = 2.85  # standard deviations of a shop's liking, in log-odds
BRAND_TASTE: Final = 0.8
FORMAT_TASTE: Final = 0.8
KIND_TASTE: Final = 0.5
TASTE_KEEP: Final = 0.9985  # per week
ORDER_SPREAD: Final = 0.25
WEEK_SPREAD: Final = 0.15  # of all baskets of a week together
WHIM: Final = (0.03, 3.5)  # share of looks at a shelf taken on a whim, gain in log-odds
BASKET_BY_VOLUME: Final = 0.9  # smaller weeks have smaller baskets too


@dataclass(frozen=True, slots=True)
class WeekOfOrders:
    """Orders of one week and their lines, as row numbers of the shop and product tables."""

    week: int
    order_shop: Ints
    order_day: Ints  # 0 is Monday
    line_order: Ints
    line_product: Ints


@dataclass(slots=True)
class Distributor:
    """A distributor that lives week by week; its state is a function of recipe and week."""

    recipe: Recipe
    shops: Shops = field(init=False)
    catalogue: Catalogue = field(init=False)
    assortment: Assortment = field(init=False)
    taste: Narrow = field(init=False)
    is_open: Bools = field(init=False)
    awake_week: Ints = field(init=False)
    mood: Floats = field(init=False)
    last_order: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.shops = make_shops(self.recipe)
        self.catalogue = make_catalogue(self.recipe)
        self.assortment = Assortment(self.recipe, self.catalogue)
        self.taste = self._first_tastes()
        chance = self.recipe.chance(Stream.SHOP_LIFE, -1 % 2**31)
        count = self.recipe.customers
        self.is_open = chance.random(count) < OPEN_AT_FIRST
        self.awake_week = np.zeros(count, np.int64)
        self.mood = MOOD_SPREAD * chance.standard_normal(count)
        self.last_order = -chance.exponential(1, count) * 7 / np.exp(self.shops.log_rate)

    def weeks(self) -> Iterator[WeekOfOrders]:
        """Yield the weeks from the first on, without end."""
        week = 0
        while True:
            yield self._live(week)
            week += 1

    def _first_tastes(self) -> Narrow:
        chance = self.recipe.chance(Stream.TASTES)
        shops, catalogue = self.shops, self.catalogue
        count = (len(shops.table), len(catalogue.table))

        def liking(spread: float, rows: int, columns: int) -> Narrow:
            return chance.standard_normal((rows, columns), np.float32) * np.float32(spread)

        taste = liking(PAIR_TASTE, *count)
        taste += liking(BRAND_TASTE, count[0], catalogue.brand.max() + 1)[:, catalogue.brand]
        taste += liking(FORMAT_TASTE, count[0], catalogue.format.max() + 1)[:, catalogue.format]
        taste += liking(KIND_TASTE, len(KINDS), count[1])[shops.kind]
        taste += shops.basket[:, None].astype(np.float32)
        return taste

    def _live(self, week: int) -> WeekOfOrders:
        volume = day_volume(self.recipe, week)
        self._age(week)
        shop, day = self._orders(week, volume)
        products, appeal = self.assortment.next_week()
        self._drift(week, products)
        line_order, column = self._baskets(week, shop, day, products, appeal, volume)
        return WeekOfOrders(week, shop, day, line_order, products[column])

    def _age(self, week: int) -> None:
        """Open, close and rest shops, and let their moods swing."""
        chance = self.recipe.chance(Stream.SHOP_LIFE, week)
        count = self.recipe.customers
        turn = chance.random(count)
        self.is_open = np.where(self.is_open, turn >= CLOSES, turn < OPENS)
        rests = chance.random(count) < SLEEPS[0]
        until = week + chance.geometric(1 / SLEEPS[1], count)
        self.awake_week = np.where(rests, until, self.awake_week)
        swing = MOOD_SPREAD * np.sqrt(1 - MOOD_KEEP**2) * chance.standard_normal(count)
        self.mood = MOOD_KEEP * self.mood + swing

    def _orders(self, week: int, volume: Floats) -> tuple[Ints, Ints]:
        """Decide which shops order on which days; every weekday sees at least one order."""
        chance = self.recipe.chance(Stream.ORDERS, week)
        rate = np.exp(self.shops.log_rate + self.mood) * self.is_open
        rate *= self.awake_week <= week
        taken = []
        for day in range(7):
            today = 7 * week + day
            since = (today - self.last_order) * np.maximum(rate, 1e-3) / 7
            need = np.clip(since**NEED_POWER, *NEED_LIMITS)
            expected = rate * self.shops.weekday[:, day] * need * volume[day]
            wish = expected / chance.standard_exponential(len(rate))
            orders = wish > 1
            orders[np.argmax(wish)] = True
            self.last_order = np.where(orders, today, self.last_order)
            taken.append(np.flatnonzero(orders))
        day_of = np.repeat(np.arange(7), [len(shops) for shops in taken])
        return np.concatenate(taken), day_of

    def _drift(self, week: int, products: Ints) -> None:
        chance = self.recipe.chance(Stream.DRIFT, week)
        step = np.float32(PAIR_TASTE * np.sqrt(1 - TASTE_KEEP**2))
        moved = chance.standard_normal((len(self.taste), len(products)), np.float32) * step
        usual = self.shops.basket[:, None].astype(np.float32)
        kept = (self.taste[:, products] - usual) * np.float32(TASTE_KEEP)
        self.taste[:, products] = usual + kept + moved

    def _baskets(
        self, week: int, shop: Ints, day: Ints, products: Ints, appeal: Floats, volume: Floats
    ) -> tuple[Ints, Ints]:
        """Fill each order; an order left empty takes the product it came closest to."""
        chance = self.recipe.chance(Stream.BASKETS, week)
        mood = ORDER_SPREAD * chance.standard_normal(len(shop))
        mood += WEEK_SPREAD * chance.standard_normal()
        mood += BASKET_BY_VOLUME * np.log(np.clip(np.median(volume), 0.4, 1.6))
        odds = self.taste[np.ix_(shop, products)] + appeal[day] + mood[:, None]
        luck = chance.random(odds.shape)
        odds += np.log(luck) - np.log1p(-luck)
        odds += WHIM[1] * (chance.random(odds.shape) < WHIM[0])
        takes = odds > 0
        empty = np.flatnonzero(~takes.any(axis=1))
        takes[empty, np.argmax(odds[empty], axis=1)] = True
        order, column = np.nonzero(takes)
        return order, column
