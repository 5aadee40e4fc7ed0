"""Questions are answered from what the week published, and from nothing else."""

from sodai.serving import Forecast

from tests.functional.week.conftest import Distributor


def asked(forecast: Forecast, question: str) -> float:
    answer = forecast.asking.answer(question)
    assert answer.value is not None, answer.text
    return answer.value


def test_each_week_answers_from_its_own_sales_and_forecast(distributor: Distributor) -> None:
    distributor.deliver_all()
    distributor.run()
    lines = distributor.tables.transactions.drop_duplicates()
    shop = int(lines["customer_id"].mode()[0])
    transactions = f"¿Cuántas transacciones tiene el cliente {shop}?"
    first = Forecast(distributor.latest, distributor.store.read)
    assert first.pointer["aggregates"] == f"aggregates/{first.pointer['clean_fingerprint']}/"
    assert asked(first, "how many customers are there?") == len(distributor.tables.customers)
    assert asked(first, transactions) == (lines["customer_id"] == shop).sum()
    assert asked(first, "how many pairs are predicted?") == first.pointer["predicted_pairs"]

    following = distributor.next_week()
    distributor.deliver("semana", following)
    distributor.run()
    lines = following.drop_duplicates()
    second = Forecast(distributor.latest, distributor.store.read)
    assert second.pointer["aggregates"] != first.pointer["aggregates"]
    assert asked(second, "how many pairs are predicted?") == second.pointer["predicted_pairs"]
    grown = asked(second, transactions) - asked(first, transactions)
    assert grown == (lines["customer_id"] == shop).sum()
    assert asked(second, "how many transactions last week?") == len(lines)


def test_a_forecast_of_the_same_data_is_asked_of_the_same_sales(distributor: Distributor) -> None:
    distributor.deliver_all()
    distributor.run()
    before = distributor.latest
    distributor.run(force_retrain=True)
    after = distributor.latest
    assert (after["run"] != before["run"], after["aggregates"]) == (True, before["aggregates"])
    assert len([*distributor.store.list("aggregates/")]) == 1


def test_an_experiment_writes_its_sales_into_its_own_corner(distributor: Distributor) -> None:
    distributor.deliver_all()
    distributor.run()
    before = {entry.key: entry.etag for entry in distributor.store.list("aggregates/")}
    ended = distributor.run(as_of="2025-04-06", force_retrain=True)
    assert {e.key: e.etag for e in distributor.store.list("aggregates/")} == before
    sales = [*distributor.store.list(f"experiments/{ended['run']}/aggregates/")]
    assert len(sales) == 1
