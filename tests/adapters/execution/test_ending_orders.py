"""Cancelling orders and leaving positions: asked for as often as one likes, done once."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from adapters.execution import store as rows
from adapters.ports import BrokerWord
from policy.problems import Problem
from policy.store import writing
from tests.adapters.execution.conftest import Serve
from tests.adapters.execution.parts import TradingHouse


def test_an_order_at_work_is_cancelled_over_http(either_house: TradingHouse, serve: Serve) -> None:
    order = either_house.order()
    client = serve(either_house)
    answer = client.post(f"/v1/orders/{order}/cancel", json={})
    assert (answer.status_code, answer.json()["state"]) == (202, "CANCELLED")
    again = client.post(f"/v1/orders/{order}/cancel", json={})
    assert (again.status_code, again.json()["type"]) == (409, "urn:trivet:problem:order-not-cancellable")
    either_house.step()
    assert either_house.shares()["broker"] == {}
    missing = client.post(f"/v1/orders/{uuid4()}/cancel", json={})
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:trivet:problem:order-not-found")


def test_a_cancel_is_asked_for_once_while_it_is_pending(house: TradingHouse, serve: Serve) -> None:
    order = house.order()
    house.broker.held = {BrokerWord.CANCELLED}
    client = serve(house)
    for _ in range(3):
        answer = client.post(f"/v1/orders/{order}/cancel", json={})
        assert (answer.status_code, answer.json()["state"]) == (202, "CANCEL_PENDING")
    house.broker.release(BrokerWord.CANCELLED)
    house.hear()
    assert house.state(order) == "CANCELLED"
    assert [event.event for event in house.one(order).events].count("cancelled") == 1


@pytest.mark.parametrize("final", ["FILLED", "DENIED", "REJECTED", "EXPIRED"])
def test_what_has_ended_has_nothing_left_to_cancel(house: TradingHouse, final: str) -> None:
    order = ENDINGS[final](house)
    assert house.state(order) == final
    with pytest.raises(Problem) as refused:
        house.execution.cancel(order, "somebody")
    assert (refused.value.status, refused.value.slug) == (409, "order-not-cancellable")
    assert house.state(order) == final


def _filled(house: TradingHouse) -> UUID:
    order = house.order()
    house.step()
    return order


def _expired(house: TradingHouse) -> UUID:
    order = house.order(limit_price="90.00")
    house.step(moment="close")
    return order


def _rejected(house: TradingHouse) -> UUID:
    """The house has a price of AAPL, and the broker does not trade it."""
    house.market.exchange.prices["AAPL"] = (Decimal("9.90"), Decimal("10.00"))
    return house.order(symbol="AAPL")


ENDINGS = {
    "FILLED": _filled,
    "DENIED": lambda house: house.place().order_id,
    "REJECTED": _rejected,
    "EXPIRED": _expired,
}


def test_what_the_broker_refuses_ends_with_the_broker_s_reason(house: TradingHouse) -> None:
    order = house.one(_rejected(house))
    assert [(reason.code, reason.message) for reason in order.reasons] == [
        ("broker-refused", "unknown symbol 'AAPL'")
    ]
    assert house.books_agree()


def test_a_cancel_that_gets_no_answer_is_asked_for_again(house: TradingHouse) -> None:
    order = house.order()
    house.broker.cut = {"cancel"}
    assert house.execution.cancel(order, "somebody").state == "CANCEL_PENDING"
    house.broker.cut = set()
    assert house.reconcile() == ["Tell"]
    assert house.state(order) == "CANCELLED"
    assert house.books_agree()


def test_a_cancel_the_broker_refuses_leaves_the_order_at_work(house: TradingHouse) -> None:
    order = house.order()
    house.broker.refused = {"cancel"}
    assert house.execution.cancel(order, "somebody").state == "ACCEPTED"
    assert house.one(order).events[-1].event == "cancel-rejected"
    house.step()
    assert house.state(order) == "FILLED"


def test_a_cancel_that_comes_too_late_leaves_the_fill(house: TradingHouse) -> None:
    order = house.order()
    house.broker.held = {BrokerWord.FILLED}
    house.step()
    house.execution.cancel(order, "somebody")
    house.broker.release(BrokerWord.FILLED)
    house.hear()
    assert (house.state(order), house.one(order).cum_qty) == ("FILLED", 10)
    assert house.books_agree()


def test_flattening_ends_what_adds_and_sells_what_is_free(either_house: TradingHouse, serve: Serve) -> None:
    house = either_house
    house.hold(1, "IBM", 50)
    house.hold(2, "MSFT", 20)
    resting = house.order(3, symbol="MSFT", limit_price="20.00")
    selling = house.order(4, side="SELL", qty=20)
    client = serve(house)
    answer = client.post("/v1/portfolio/flatten", json={}).json()
    assert [one["order_id"] for one in answer["cancelled"]] == [str(resting)]
    exits = [(one["symbol"], one["side"], one["qty"], one["purpose"]) for one in answer["orders"]]
    assert exits == [("IBM", "SELL", "30", "exit"), ("MSFT", "SELL", "20", "exit")]
    assert client.post("/v1/portfolio/flatten", json={}).json() == {"orders": [], "cancelled": []}
    house.step()
    assert house.state(selling) == "FILLED"
    assert house.shares() == {"house": {}, "broker": {}, "portfolio": {}}
    assert house.books_agree()


def test_flattening_one_symbol_leaves_the_others(house: TradingHouse) -> None:
    house.hold(1, "IBM", 50)
    house.hold(2, "MSFT", 20)
    resting = house.order(3, symbol="MSFT", limit_price="20.00")
    assert [one.symbol for one in house.execution.flatten("IBM", "somebody").orders] == ["IBM"]
    house.step()
    assert house.shares()["broker"] == {"MSFT": 20}
    assert house.state(resting) == "ACCEPTED"


def test_a_position_is_left_anew_when_it_came_back(house: TradingHouse) -> None:
    for number in (1, 2):
        house.hold(number, "IBM", 10)
        [sold] = house.execution.flatten(None, "somebody").orders
        house.step()
        assert (house.state(sold.order_id), house.shares()["broker"]) == ("FILLED", {})


def test_nobody_sells_into_a_closed_market(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    house.market.exchange.is_open = False
    [denied] = house.execution.flatten(None, "somebody").orders
    assert (denied.state_detail, [reason.code for reason in denied.reasons]) == ("DENIED", ["market-closed"])
    house.market.exchange.is_open = True
    [sold] = house.execution.flatten(None, "somebody").orders
    assert sold.order_id != denied.order_id
    house.step()
    assert house.shares()["broker"] == {}


def test_neither_stale_quotes_nor_a_frozen_symbol_keep_the_house_from_leaving(house: TradingHouse) -> None:
    house.hold(1, "IBM", 10)
    house.clock.pass_by(hours=1)
    with writing(house.store) as connection:
        rows.freeze(connection, house.clock.now(), "IBM", "its position does not match")
    [sold] = house.execution.flatten(None, "somebody").orders
    assert sold.reasons == ()
    house.step()
    assert house.shares()["broker"] == {}
