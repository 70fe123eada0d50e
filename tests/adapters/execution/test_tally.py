"""What execution counts: how orders move, what is booked, repairs, and what may still be filled."""

from decimal import Decimal

import pytest
from prometheus_client import CollectorRegistry

from adapters.execution.gauges import frozen, working_orders
from adapters.ports import BrokerWord
from policy.watching.gauges import StoreGauges
from tests.adapters.execution.parts import TradingHouse


def page(house: TradingHouse) -> CollectorRegistry:
    """Everything that the house's execution service shows."""
    registry = CollectorRegistry()
    registry.register(house.parts.tally)
    registry.register(StoreGauges(house.store, house.clock, (working_orders, frozen)))
    return registry


def moved(house: TradingHouse, before: str, after: str) -> float | None:
    labels = {"from_state": before, "to_state": after}
    return page(house).get_sample_value("trivet_order_transitions_total", labels)


def working(house: TradingHouse, state: str) -> float | None:
    return page(house).get_sample_value("trivet_orders_working", {"state": state})


def test_each_move_of_an_order_is_counted_once(either_house: TradingHouse) -> None:
    house = either_house
    house.order()
    assert (moved(house, "none", "NEW"), moved(house, "NEW", "SUBMITTED")) == (1, 1)
    assert (working(house, "ACCEPTED"), working(house, "UNKNOWN")) == (1, 0)
    house.step()
    house.hear()
    assert moved(house, "ACCEPTED", "FILLED") == 1
    assert working(house, "ACCEPTED") == 0
    assert page(house).get_sample_value("trivet_fills_total", {"kind": "fill"}) == 1


def test_a_move_that_was_not_durable_is_not_counted(
    house: TradingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.decide()
    monkeypatch.setattr("adapters.execution.store.book", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        house.place()
    assert moved(house, "none", "NEW") is None


def test_looks_at_the_broker_s_account_and_repairs_are_counted(house: TradingHouse) -> None:
    house.broker.lost = {BrokerWord.FILLED}
    house.order()
    house.step()
    assert house.reconcile() == ["Tell"]
    registry = page(house)
    assert registry.get_sample_value("trivet_reconciliation_repairs_total", {"kind": "told"}) == 1
    looks = registry.get_sample_value("trivet_reconciliations_total", {"outcome": "answered"})
    assert looks == 2  # the first of the process, and this one
    assert registry.get_sample_value("trivet_fills_total", {"kind": "synthetic"}) == 1


def test_what_freezes_a_symbol_is_counted_once_and_shown(house: TradingHouse) -> None:
    house.broker.claims = {"MSFT": Decimal(7)}
    for _ in range(3):
        house.reconcile()
    registry = page(house)
    assert registry.get_sample_value("trivet_execution_alerts_total", {"what": "position-mismatch"}) == 1
    assert registry.get_sample_value("trivet_reconciliation_repairs_total", {"kind": "frozen"}) == 1
    assert registry.get_sample_value("trivet_frozen_symbols") == 1
    assert registry.get_sample_value("trivet_halted") == 0


def test_a_halted_house_shows(house: TradingHouse) -> None:
    house.halt()
    registry = page(house)
    assert registry.get_sample_value("trivet_halted") == 1
    assert registry.get_sample_value("trivet_frozen_symbols") == 0
