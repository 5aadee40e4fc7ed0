"""Naive forecasts on plain arrays, independent of the product's own models.

They exist to measure how predictable a data set is; the definitions follow the design: a pair is
(known customer, product sold before the cutoff), weeks are blocks of seven days before it.
"""

from typing import Final

import numpy as np

from data.recipe import Bools, Floats

JUDGED_WEEKS: Final = 12
FREQUENCY_WEEKS: Final = 8
LOGISTIC_WEEKS: Final = 16
WARM_UP_WEEKS: Final = 10
NEVER: Final = 60.0  # weeks since the last purchase of a pair that has none


def f1(chosen: Bools, bought: Bools) -> float:
    """Return 2·TP / (chosen + bought)."""
    return float(2 * (chosen & bought).sum() / max(chosen.sum() + bought.sum(), 1))


def average_precision(score: Floats, bought: Bools) -> float:
    """Return the area under precision against recall, tied scores taken together."""
    order = np.argsort(-score.ravel(), kind="stable")
    ranked, hits = score.ravel()[order], np.cumsum(bought.ravel()[order])
    last_of_tie = np.append(ranked[1:] != ranked[:-1], True)
    recall = hits[last_of_tie] / max(hits[-1], 1)
    precision = hits[last_of_tie] / (np.flatnonzero(last_of_tie) + 1)
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def best_threshold(score: Floats, bought: Bools) -> float:
    """Return the score from which on choosing gives the largest F1."""
    order = np.argsort(-score.ravel(), kind="stable")
    ranked, hits = score.ravel()[order], np.cumsum(bought.ravel()[order])
    curve = 2 * hits / (np.arange(1, len(hits) + 1) + hits[-1])
    last_of_tie = np.append(ranked[1:] != ranked[:-1], True)
    return float(ranked[np.argmax(np.where(last_of_tie, curve, 0))])


def plug_in_choice(probability: Floats) -> Bools:
    """Choose the set that maximises the expected F1 if the probabilities are right."""
    ranked = np.sort(probability, axis=None)[::-1]
    curve = 2 * np.cumsum(ranked) / (np.arange(1, ranked.size + 1) + ranked.sum())
    chosen: Bools = probability >= ranked[np.argmax(curve)]
    return chosen


def logistic_inputs(bought: Bools, week: int) -> Floats:
    """Return recency and frequency of every pair before ``week``, shape (pairs, 7)."""
    past = bought[:, :, :week]
    weeks_back = np.arange(week - 1, -1, -1)
    orders: Bools = np.asarray(past.any(axis=1))
    ever: Bools = np.asarray(past.any(axis=2))
    ordered: Bools = np.asarray(orders.any(axis=1))
    since = np.where(ever, np.argmax(past[:, :, ::-1], axis=2), NEVER)
    orders_since = np.where(ordered, np.argmax(orders[:, ::-1], axis=1), NEVER)
    columns = [np.log1p(since)]
    for half_life in (8.5, 26.0):
        weight = 0.5 ** (weeks_back / half_life)
        columns.append(np.sqrt(past @ (weight / weight.sum())))
    weight = 0.5 ** (weeks_back / 4)
    shop_rate = np.sqrt(orders @ (weight / weight.sum()))
    sold = np.sqrt(past[:, :, -4:].mean(axis=(0, 2)))
    columns += [past[:, :, -1].astype(float)]
    columns += [np.broadcast_to(c, since.shape) for c in (shop_rate[:, None], sold[None])]
    columns += [np.broadcast_to(np.log1p(orders_since)[:, None], since.shape)]
    return np.stack([column.ravel() for column in columns], axis=1)


def fit_logistic(inputs: Floats, bought: Bools, rounds: int = 12) -> Floats:
    """Fit weights (the intercept last) by Newton's method with a small ridge."""
    x = np.column_stack([inputs, np.ones(len(inputs))])
    weights = np.zeros(x.shape[1])
    ridge = 1e-3 * np.eye(x.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (p - bought) + ridge @ weights
        weights -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + ridge, slope)
    return weights


def judge(bought: Bools) -> dict[str, float]:
    """Return mean F1 and average precision of the naive forecasts over the last weeks.

    Parameters
    ----------
    bought : ndarray of shape (customers, products, weeks)
        Whether the pair was bought in the week; complete weeks only.
    """
    weeks = bought.shape[2]
    judged = range(max(weeks - JUDGED_WEEKS, WARM_UP_WEEKS + 1), weeks)
    score: dict[str, list[float]] = {}
    weights = _fit_before(bought, judged.start)
    for week in judged:
        truth = bought[:, :, week]
        known = bought[:, :, :week].any(axis=(0, 2))  # products sold before the cutoff
        frequency = _frequency(bought, week)
        limits = [
            best_threshold(_frequency(bought, w), bought[:, :, w])
            for w in range(week - FREQUENCY_WEEKS, week)
            if w > 0
        ]
        inputs = np.column_stack([logistic_inputs(bought, week), np.ones(truth.size)])
        probability = (1 / (1 + np.exp(-inputs @ weights))).reshape(truth.shape) * known
        row = {
            "repeat_last_week_f1": f1(bought[:, :, week - 1], truth),
            "frequency_8w_f1": f1(frequency >= np.mean(limits) - 1e-3, truth),
            "frequency_8w_ap": average_precision(frequency, truth),
            "logistic_f1": f1(plug_in_choice(probability), truth),
            "logistic_ap": average_precision(probability, truth),
        }
        for key, value in row.items():
            score.setdefault(key, []).append(value)
    return {key: float(np.mean(values)) for key, values in score.items()}


def _frequency(bought: Bools, week: int) -> Floats:
    recent = bought[:, :, max(week - FREQUENCY_WEEKS, 0) : week]
    return np.asarray(recent.sum(axis=2), float)


def _fit_before(bought: Bools, week: int) -> Floats:
    """Fit the logistic forecast on the weeks just before ``week``, pairs on sale only."""
    inputs, truth = [], []
    for past in range(max(week - LOGISTIC_WEEKS, WARM_UP_WEEKS), week):
        on_sale = bought[:, :, max(past - 4, 0) : past].any(axis=(0, 2))
        on_sale = np.broadcast_to(on_sale, bought.shape[:2]).ravel()
        inputs.append(logistic_inputs(bought, past)[on_sale])
        truth.append(bought[:, :, past].ravel()[on_sale])
    return fit_logistic(np.concatenate(inputs), np.concatenate(truth))
