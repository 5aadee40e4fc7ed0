"""Shops without history: rates nearby, moved by type and deliveries, judged on hidden customers."""

import json

import numpy as np
import pytest
from sodai.domain.cold_start.learning import METHODS, hidden_quality, learn_rates
from sodai.domain.cold_start.likeness import MOST_PROBABLE, rank_alike

from tests.unit.domain import learned, shops

HISTORY = shops.tables(shops=150, weeks=20).history()
WINDOW = learned.TARGET
RATES = learn_rates(HISTORY, WINDOW)


def test_rates_are_plain_json_and_every_list_has_one_number_per_product() -> None:
    assert json.loads(json.dumps(RATES, allow_nan=False)) == RATES
    lists = [RATES["everyone"], *RATES["types"].values(), *RATES["deliveries"].values()]
    lists += [anchor["rates"] for anchor in RATES["anchors"]]
    assert {len(one) for one in lists} == {len(RATES["products"])}
    assert {*RATES["types"]} == {"KIOSK", "BAR", "STORE"}
    assert {*RATES["deliveries"]} == {"1", "2", "3"}
    assert len(RATES["anchors"]) > 1


def test_days_from_the_window_on_are_not_seen() -> None:
    past = shops.tables(shops=150, weeks=20).before(WINDOW.cutoff).history()
    assert learn_rates(past, WINDOW) == RATES


def test_everyones_rate_is_the_share_of_active_shops_that_bought() -> None:
    seen = HISTORY.purchases
    days = [WINDOW.shift(-week).cutoff.toordinal() for week in range(1, 9)]
    weights = 0.8 ** np.arange(8)
    active = set(seen.customer[(seen.day >= days[-1]) & (seen.day < days[0] + 7)].tolist())
    product = int(np.searchsorted(HISTORY.product_ids, RATES["products"][0]))
    share = sum(
        weight
        * len(
            {
                *seen.customer[
                    (seen.product == product) & (seen.day >= day) & (seen.day < day + 7)
                ].tolist()
            }
        )
        for day, weight in zip(days, weights / weights.sum(), strict=True)
    )
    assert RATES["everyone"][0] == pytest.approx(share / len(active), abs=1e-5)


def test_ranking_is_sorted_bounded_and_moved_by_type_and_place() -> None:
    ranked = rank_alike(RATES, "BAR", (-72.0, -40.0), 3)
    chances = [alike.chance for alike in ranked]
    assert chances == sorted(chances, reverse=True)
    assert {alike.product_id for alike in ranked} == {*RATES["products"]}
    assert all(0 <= chance <= MOST_PROBABLE for chance in chances)
    assert [a.chance for a in rank_alike(RATES, "BAR", None)] != chances


def test_an_unknown_description_gets_the_rates_of_all() -> None:
    ranked = rank_alike(RATES, "CIRCUS", None, 99)
    everyone = dict(zip(RATES["products"], RATES["everyone"], strict=True))
    assert all(alike.chance == pytest.approx(everyone[alike.product_id]) for alike in ranked)
    assert all(alike.reasons()[0][0] == "ALIKE_ALL" for alike in ranked)


def test_a_type_with_a_taste_of_its_own_is_ranked_better_than_by_popularity() -> None:
    """Half the shops buy one half of the products, the other half the other one."""
    tables = shops.tables(shops=400, weeks=20, seed=3)
    kind = np.where(np.arange(400) % 2, "EVEN", "ODD")
    types = dict(zip(tables.customers["customer_id"], kind, strict=True))
    lines = tables.transactions
    wanted = (lines["product_id"] % 2 == 0) == (lines["customer_id"].map(types) == "EVEN")
    tables.customers["customer_type"] = kind
    history = shops.Tables(tables.customers, tables.products, lines[wanted]).history()
    quality = hidden_quality(history, WINDOW)
    assert {*quality} == {*METHODS}
    assert quality["cold_start"]["customers"] == quality["popularity"]["customers"] > 20
    assert quality["cold_start"]["recall_at_5"] > quality["popularity"]["recall_at_5"] + 0.1


def test_hidden_customers_teach_nothing() -> None:
    known = np.arange(len(HISTORY.customer_ids)) % 2 == 0
    half = learn_rates(HISTORY, WINDOW, known)
    assert half["everyone"] != RATES["everyone"]


def test_without_a_purchase_in_the_window_there_is_nothing_to_judge() -> None:
    assert hidden_quality(HISTORY, WINDOW.shift(40)) == {}
