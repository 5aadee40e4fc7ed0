"""The last look at a forecast before it is published; it needs no labels."""

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sodai.domain.arrays import positions_in
from sodai.domain.calendar import DAYS_PER_WEEK, Window
from sodai.domain.errors import ForecastRefused

LOOK_BACK_WEEKS: Final = 8
HABIT_PURCHASES: Final = 3  # weeks of these in which a product was bought
HABIT_FLOOR: Final = 0.90  # healthy forecasts: 0.96 to 1
FEWEST_HABITS: Final = 30  # with fewer such customers the share is chance
MIXED_UP_LIMIT: Final = 0.01  # of these customers; healthy forecasts: 0 to 0.002
MIXED_UP_RANK: Final = 0.3  # share of the others whose habits fit the scores better
FEWEST_JUDGED: Final = 200  # customers with a habit; a model of fewer may be blurred
REFERENCES: Final = 200  # customers whose habits the scores are held against
MOST_CUSTOMERS: Final = 4_000
MOST_PRODUCTS: Final = 300  # the most usual ones
RAREST: Final = 1e-4  # probability of a pair without one


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a forecast must not be published."""

    code: str
    sentence_es: str
    sentence_en: str


@dataclass(frozen=True, slots=True)
class SanityReport:
    """What was looked at, and what failed.

    Parameters
    ----------
    active : int
        Customers who bought in the last 8 weeks.
    unscored : int
        Those of them without any probability.
    not_finite, out_of_range : int
        Probabilities that are no number, or not within [0, 1].
    predicted_pairs : int
        Pairs selected.
    usual_pairs : float
        Median of the pairs bought in the same days of the last 8 weeks; reported only.
    habit_customers : int
        Scored customers who bought some product in at least 3 of the last 8 weeks.
    habit_top1 : float or None
        Share of these whose best-scored product they bought in these weeks.
    mixed_up : int
        Those of them whose scores fit the habits of three in ten others better.
    """

    active: int
    unscored: int
    not_finite: int
    out_of_range: int
    predicted_pairs: int
    usual_pairs: float
    habit_customers: int
    habit_top1: float | None
    mixed_up: int
    limit: float
    failures: tuple[Failure, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report ready for JSON."""
        return {**asdict(self), "failures": [asdict(failure) for failure in self.failures]}

    def require_sane(self) -> None:
        """Raise `ForecastRefused` if anything failed."""
        if self.failures:
            words = " ".join(failure.sentence_en for failure in self.failures)
            codes = ", ".join(failure.code for failure in self.failures)
            raise ForecastRefused(codes, f"The forecast was not published: {words}")


def check(
    ranking: pd.DataFrame,
    transactions: pd.DataFrame,
    customers: pd.DataFrame,
    target: Window,
    forecast: Window,
) -> SanityReport:
    """Look at a forecast before it is published.

    Parameters
    ----------
    ranking : DataFrame
        ``customer_id, product_id, probability, selected``, one row per scored pair.
    transactions, customers : DataFrame
        The clean tables; lines on or after the cutoff are not looked at.
    target : Window
        The window that has to be forecast.
    forecast : Window
        The window that the scores are for.

    Returns
    -------
    SanityReport
        With any failure the forecast must not be published.
    """
    probability = ranking["probability"].to_numpy(dtype=np.float64)
    is_finite = np.isfinite(probability)
    recent = _recent_purchases(transactions, target)
    active = np.intersect1d(recent["customer_id"].unique(), customers["customer_id"])
    habit_customers, habit_top1 = _habit_top1(ranking[is_finite], recent)
    report = SanityReport(
        active=len(active),
        unscored=len(np.setdiff1d(active, ranking.loc[is_finite, "customer_id"])),
        not_finite=int((~is_finite).sum()),
        out_of_range=int((np.abs(probability[is_finite] - 0.5) > 0.5).sum()),
        predicted_pairs=int(ranking["selected"].sum()),
        usual_pairs=_usual_pairs(recent, target),
        habit_customers=habit_customers,
        habit_top1=habit_top1,
        mixed_up=_mixed_up(ranking[is_finite], recent),
        limit=HABIT_FLOOR,
    )
    return replace(report, failures=_failures(report, target, forecast))


def _recent_purchases(transactions: pd.DataFrame, target: Window) -> pd.DataFrame:
    """Return customer, product, day and weeks back of the purchases of the last 8 weeks."""
    cutoff = pd.Timestamp(target.cutoff)
    days = transactions["purchase_date"]
    is_recent = (days < cutoff) & (days >= cutoff - timedelta(weeks=LOOK_BACK_WEEKS))
    bought = transactions[is_recent & (transactions["items"] > 0)]
    days_back = (cutoff - bought["purchase_date"]).dt.days
    return bought[["customer_id", "product_id"]].assign(
        days_back=days_back, weeks_back=(days_back - 1) // DAYS_PER_WEEK
    )


def _habit_top1(ranking: pd.DataFrame, recent: pd.DataFrame) -> tuple[int, float | None]:
    """Return the customers with a habit, and how many of them get a usual product first."""
    pair = ["customer_id", "product_id"]
    weeks = recent.groupby(pair)["weeks_back"].nunique()
    with_habit = weeks.index[weeks >= HABIT_PURCHASES].get_level_values(0).unique()
    best = ranking.sort_values(["probability", "product_id"], ascending=[False, True])
    best = best.drop_duplicates("customer_id")
    best = best[best["customer_id"].isin(with_habit)]
    if best.empty:
        return 0, None
    return len(best), len(best.merge(recent[pair].drop_duplicates(), on=pair)) / len(best)


def _mixed_up(ranking: pd.DataFrame, recent: pd.DataFrame) -> int:
    """Count the customers whose scores fit the habits of others better than their own.

    A product speaks for a habit by how much more of the customer's scores it gets than of
    everyone's, so that best sellers say nothing.
    """
    pair = ["customer_id", "product_id"]
    habits = recent.groupby(pair)["weeks_back"].nunique()
    regular = habits.index[habits >= HABIT_PURCHASES].get_level_values(0).unique()
    customers = np.intersect1d(regular, ranking["customer_id"])
    if len(customers) > MOST_CUSTOMERS:
        customers = customers[np.linspace(0, len(customers) - 1, MOST_CUSTOMERS).astype(np.int64)]
    usual = habits.groupby("product_id").size().sort_values(ascending=False, kind="stable")
    products = np.sort(usual.index.to_numpy(np.int64)[:MOST_PRODUCTS])
    if len(customers) < FEWEST_HABITS:
        return 0
    scores = np.maximum(_grid(ranking.set_index(pair)["probability"], customers, products), RAREST)
    weeks = _grid(habits, customers, products)
    weeks /= np.maximum(weeks.sum(axis=1, keepdims=True), 1)
    everyone = scores.mean(axis=0) / scores.mean(axis=0).sum()
    lift = np.log(scores / scores.sum(axis=1, keepdims=True) / everyone)
    others = np.linspace(0, len(customers) - 1, min(REFERENCES, len(customers))).astype(np.int64)
    better = lift @ weeks[others].T > (lift * weeks).sum(axis=1)[:, None]
    better &= np.arange(len(customers))[:, None] != others[None, :]
    return int((better.mean(axis=1) > MIXED_UP_RANK).sum())


def _grid(
    values: pd.Series, customers: NDArray[np.int64], products: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return values by customer and product; 0 where there is none."""
    row = positions_in(customers, values.index.get_level_values(0).to_numpy(np.int64))
    column = positions_in(products, values.index.get_level_values(1).to_numpy(np.int64))
    there = (row >= 0) & (column >= 0)
    grid = np.zeros((len(customers), len(products)))
    grid[row[there], column[there]] = values.to_numpy(np.float64)[there]
    return grid


def _usual_pairs(recent: pd.DataFrame, target: Window) -> float:
    """Return the median number of pairs bought in the target's days of the last 8 weeks."""
    day_of_block = DAYS_PER_WEEK - 1 - (recent["days_back"] - 1) % DAYS_PER_WEEK
    same_days = recent[day_of_block < target.horizon_days]
    pairs = same_days.drop_duplicates(["customer_id", "product_id", "weeks_back"])
    per_week = np.bincount(pairs["weeks_back"], minlength=LOOK_BACK_WEEKS)
    return float(np.median(per_week))


def _failures(report: SanityReport, target: Window, forecast: Window) -> tuple[Failure, ...]:
    found = []
    if forecast != target:
        found.append(
            Failure(
                "WRONG_WINDOW",
                f"Los puntajes son de la semana del {forecast.cutoff}, no del {target.cutoff}.",
                f"The scores are for the days from {forecast.cutoff}, not from {target.cutoff}.",
            )
        )
    if report.unscored:
        found.append(
            Failure(
                "UNSCORED_CUSTOMERS",
                f"{report.unscored} clientes activos no tienen puntaje.",
                f"{report.unscored} active customers have no score.",
            )
        )
    if report.not_finite or report.out_of_range:
        count = report.not_finite + report.out_of_range
        found.append(
            Failure(
                "BAD_PROBABILITY",
                f"{count} probabilidades no son números entre 0 y 1.",
                f"{count} probabilities are no numbers between 0 and 1.",
            )
        )
    if not report.predicted_pairs:
        found.append(
            Failure("NO_PAIRS", "No se eligió ningún par.", "Not a single pair was selected.")
        )
    is_judged = report.habit_customers >= FEWEST_HABITS
    if is_judged and report.habit_top1 is not None and report.habit_top1 < HABIT_FLOOR:
        found.append(
            Failure(
                "HABITS_LOST",
                f"Solo {report.habit_top1:.0%} de los clientes con hábito reciben primero un "
                "producto que compran: los puntajes parecen cruzados entre clientes.",
                f"Only {report.habit_top1:.0%} of the customers with a habit get a product they "
                "buy as their first: the scores look mixed up between customers.",
            )
        )
    is_judged = report.habit_customers >= FEWEST_JUDGED
    if is_judged and report.mixed_up > MIXED_UP_LIMIT * report.habit_customers:
        found.append(
            Failure(
                "SCORES_MIXED_UP",
                f"Los puntajes de {report.mixed_up} de {report.habit_customers} clientes con "
                "hábito calzan mejor con los hábitos de otros: parecen cruzados.",
                f"The scores of {report.mixed_up} of {report.habit_customers} customers with a "
                "habit fit the habits of others better: they look mixed up.",
            )
        )
    return tuple(found)
