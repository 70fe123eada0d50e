"""The books are made to follow the broker's, on record; silence changes nothing."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from adapters.execution import store as rows
from adapters.execution.tables import execution_alerts, execution_events, orders
from adapters.ports import BrokerWord
from policy.store import reading, writing
from tests.adapters.brokers.trading import permit, ticket
from tests.adapters.execution.parts import TradingHouse


def alerts(house: TradingHouse) -> list[str]:
    with reading(house.store) as connection:
        return list(connection.scalars(select(execution_alerts.c.what).order_by(execution_alerts.c.id)))


def frozen(house: TradingHouse) -> set[str]:
    with reading(house.store) as connection:
        return set(rows.frozen(connection))


def events(house: TradingHouse, order: UUID) -> list[tuple[str, str]]:
    return [(event.event, event.by) for event in house.one(order).events]


def test_books_that_agree_are_left_alone(either_house: TradingHouse) -> None:
    order = either_house.order()
    either_house.step()
    before = either_house.one(order)
    assert either_house.reconcile() == []
    assert either_house.one(order) == before
    assert either_house.execution.reconcile_if_working() == ()


def test_a_lost_acknowledgement_is_made_up_for(house: TradingHouse) -> None:
    house.broker.lost = {BrokerWord.ACCEPTED}
    order = house.order()
    assert house.state(order) == "SUBMITTED"
    assert house.reconcile() == ["Tell"]
    assert house.state(order) == "ACCEPTED"
    assert events(house, order)[-1] == ("found", "reconciliation")
    house.step()
    assert house.state(order) == "FILLED"


def test_a_lost_fill_is_booked_from_the_broker_s_totals(either_house: TradingHouse) -> None:
    house = either_house
    house.broker.lost = {BrokerWord.FILLED}
    order = house.order()
    house.step()
    assert house.state(order) == "ACCEPTED"
    assert not house.books_agree()
    assert house.reconcile() == ["Tell"]
    assert [(fill.kind, fill.qty) for fill in house.one(order).fills] == [("synthetic", 10)]
    assert house.state(order) == "FILLED"
    assert house.books_agree()


def test_a_fill_that_comes_after_all_takes_the_place_of_the_one_made_up(either_house: TradingHouse) -> None:
    house = either_house
    house.broker.held = {BrokerWord.FILLED}
    order = house.order()
    house.step()
    house.reconcile()
    house.broker.release(BrokerWord.FILLED)
    house.hear()
    assert [fill.kind for fill in house.one(order).fills] == ["synthetic", "reversal", "fill"]
    assert house.books_agree()
    assert house.reconcile() == []


def test_an_order_with_news_of_just_now_is_left_alone(house: TradingHouse) -> None:
    house.broker.lost = {BrokerWord.ACCEPTED}
    order = house.order()
    assert house.reconcile(after=4) == []
    assert house.state(order) == "SUBMITTED"
    assert house.reconcile(after=1) == ["Tell"]


@pytest.mark.parametrize("call", ["account", "heard"])
def test_a_silent_broker_changes_nothing(house: TradingHouse, call: str) -> None:
    order = house.order()
    house.broker.cut = {call, "heard"}
    house.step()
    before = house.one(order)
    house.broker.claims = {"MSFT": Decimal(7)}
    if call == "account":
        assert house.reconcile() == []
        assert frozen(house) == set()
    assert house.one(order).events == before.events


def test_an_order_that_arrived_unanswered_is_known_again_by_its_messages(house: TradingHouse) -> None:
    house.broker.mute, house.broker.cut = {"submit"}, {"heard"}
    order = house.order()
    assert house.state(order) == "UNKNOWN"
    house.broker.mute = house.broker.cut = set()
    house.step()
    assert house.state(order) == "FILLED"
    assert house.books_agree()


def test_an_order_that_never_arrived_ends_once_the_broker_is_certain(house: TradingHouse) -> None:
    house.broker.cut = {"submit"}
    order = house.order()
    assert (house.state(order), house.one(order).state) == ("UNKNOWN", "NEW")
    assert house.reconcile() == ["Ask"]
    assert house.state(order) == "REJECTED"
    assert [reason.code for reason in house.one(order).reasons] == ["not-at-broker"]
    assert house.broker.tried[house.one(order).client_order_id] == 1


def test_a_broker_that_is_not_certain_is_asked_three_times_and_half_a_minute(house: TradingHouse) -> None:
    house.broker.cut, house.broker.certain = {"submit"}, False
    order = house.order()
    states = []
    for _ in range(5):
        house.reconcile(after=8)
        states.append(house.state(order))
    assert states == ["UNKNOWN", "UNKNOWN", "UNKNOWN", "REJECTED", "REJECTED"]


def test_an_order_nobody_can_ask_about_stays_unknown(house: TradingHouse) -> None:
    house.broker.cut = {"submit", "order"}
    order = house.order()
    assert house.reconcile() == ["Ask"]
    assert house.state(order) == "UNKNOWN"


def test_what_ended_since_the_last_look_is_found_however_long_ago_that_was(house: TradingHouse) -> None:
    house.broker.lost = {BrokerWord.FILLED}
    order = house.order()
    house.step()
    house.clock.pass_by(days=9)
    house.reopen()
    assert house.reconcile() == ["Tell"]
    assert house.state(order) == "FILLED"
    assert house.books_agree()


def test_an_order_that_the_account_leaves_out_is_asked_for_by_name(house: TradingHouse) -> None:
    house.broker.lost, house.broker.forgets = {BrokerWord.FILLED}, True
    order = house.order()
    house.step()
    assert house.reconcile() == ["Ask"]
    assert house.state(order) == "FILLED"
    assert house.books_agree()


def strange_order(house: TradingHouse) -> UUID:
    """An order of 30 IBM that somebody else sends to the account, filled; returns its client_order_id."""
    stranger = ticket(qty=30)
    house.broker.inner.submit(permit(stranger), stranger)
    house.step()
    return stranger.client_order_id


def test_an_order_only_the_broker_has_is_adopted_with_its_fills(either_house: TradingHouse) -> None:
    house = either_house
    client_order_id = strange_order(house)
    assert alerts(house) == ["unheard-of-order"] * 2
    assert house.reconcile() == ["Adopt"]
    [(_, order)] = house.execution.listed(state="FILLED", before=None, limit=10)
    assert (order.origin, order.purpose, order.client_order_id) == ("EXTERNAL", "external", client_order_id)
    assert house.shares()["house"] == {"IBM": 30}
    assert house.books_agree()
    assert house.reconcile() == []


def test_an_order_of_ours_whose_row_is_gone_comes_back_as_ours(house: TradingHouse) -> None:
    order = house.order()
    with writing(house.store) as connection:
        for table in (execution_events, orders):
            connection.execute(delete(table).where(table.c.order_id == order))
    house.step()
    assert house.reconcile() == ["Adopt"]
    [(_, found)] = house.execution.listed(state="FILLED", before=None, limit=10)
    assert found.origin == "RECONCILED"
    assert house.books_agree()


def test_shares_that_no_order_explains_freeze_their_symbol_once(either_house: TradingHouse) -> None:
    house = either_house
    house.broker.claims = {"MSFT": Decimal(7)}
    assert [house.reconcile() for _ in range(3)] == [["Freeze"]] * 3
    assert (frozen(house), alerts(house)) == ({"MSFT"}, ["position-mismatch"])
    house.step()
    assert [reason.code for reason in house.one(house.order(1, symbol="MSFT")).reasons] == [
        "limit-symbol-frozen"
    ]
    assert house.one(house.order(2)).reasons == ()


def test_dollars_that_no_order_explains_are_put_on_record_once(house: TradingHouse) -> None:
    house.broker.gift = Decimal("0.01")
    for _ in range(3):
        assert house.reconcile() == ["CashOff"]
    assert alerts(house) == ["cash-mismatch"]


def test_nothing_is_bought_while_the_cash_is_unexplained_and_what_is_held_can_be_sold(
    house: TradingHouse,
) -> None:
    house.hold(1, "IBM", 10)
    house.broker.gift = Decimal("0.01")
    assert house.reconcile() == ["CashOff"]
    house.step()
    assert [reason.code for reason in house.one(house.order(2)).reasons] == ["limit-cash-frozen"]
    assert house.one(house.order(3, side="SELL")).reasons == ()


def test_the_same_fill_told_twice_is_booked_once(either_house: TradingHouse) -> None:
    house = either_house
    house.broker.twice = set(BrokerWord)
    order = house.order()
    house.step()
    assert house.one(order).cum_qty == 10
    assert len(house.one(order).fills) == 1
    assert house.books_agree()


def test_what_needs_a_person_is_told_apart_from_what_does_not(house: TradingHouse) -> None:
    strange_order(house)
    house.reconcile()
    with reading(house.store) as connection:
        details: list[Any] = list(connection.scalars(select(execution_alerts.c.detail)))
    assert all(isinstance(detail, dict) and detail for detail in details)
