"""A trip is obeyed: new risk is denied, what adds is cancelled, exits pass, and all of it is on record."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import text

from adapters.execution.keys import Key
from adapters.execution.reading import order_request
from adapters.execution.stopping import record
from adapters.ports import BrokerWord
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.store import reading, writing
from tests.adapters.execution.controls.attempts import followed, judged, narrow
from tests.adapters.execution.parts import SCOPE, TradingHouse, order_body


def at_work(house, number=2, **deal):
    order = house.order(number, **deal)
    assert house.state(order) == "ACCEPTED"
    return order


def codes(house, order):
    return [reason.code for reason in house.one(order).reasons]


def leave(house, symbol="IBM"):
    [exit_order] = house.execution.flatten(symbol, "kim").orders
    return exit_order.order_id


def records(house):
    with reading(house.store) as connection:
        return record.newest(connection, 10)


@pytest.mark.parametrize("state", [StopState.REDUCING, StopState.HALTED])
def test_a_trip_denies_new_risk_cancels_what_adds_and_lets_exits_pass(either_house: TradingHouse, state):
    house = either_house
    house.hold(1, "IBM", 10)
    adding = at_work(house, 2, symbol="MSFT")
    leaving = leave(house)
    house.halt(state=state)
    assert house.execution.obey().left == 0
    assert (house.state(adding), house.state(leaving)) == ("CANCELLED", "ACCEPTED")
    assert codes(house, house.order(3, symbol="MSFT")) == ["stopped"]
    house.step()
    assert house.state(leaving) == "FILLED"
    [told] = records(house)
    assert (told.scope, told.outcome, told.cancelled) == ("everything", "quiet", (adding,))


def test_a_halt_with_exits_held_ends_everything_at_work_and_denies_exits(house: TradingHouse):
    house.hold(1, "IBM", 10)
    adding, leaving = at_work(house, 2, symbol="MSFT"), leave(house)
    house.halt(exits=False)
    house.execution.obey()
    assert (house.state(adding), house.state(leaving)) == ("CANCELLED", "CANCELLED")
    assert codes(house, leave(house)) == ["stopped"]


def test_a_reducing_sale_by_a_signal_passes_reducing_and_is_denied_when_halted(house: TradingHouse):
    house.hold(1, "IBM", 10)
    house.halt(state=StopState.REDUCING)
    assert house.state(house.order(2, side="SELL", qty=4)) == "ACCEPTED"
    house.halt(state=StopState.HALTED)
    assert codes(house, house.order(3, side="SELL", qty=4)) == ["stopped"]


def test_a_stop_of_one_symbol_leaves_the_others_alone(house: TradingHouse):
    ours, other = at_work(house, 1, symbol="IBM"), at_work(house, 2, symbol="MSFT")
    house.halt(Scope.symbol("IBM"))
    house.execution.obey()
    assert (house.state(ours), house.state(other)) == ("CANCELLED", "ACCEPTED")
    assert house.state(house.order(3, symbol="MSFT")) == "ACCEPTED"


def test_a_person_may_cancel_whatever_is_stopped(house: TradingHouse):
    house.hold(1, "IBM", 10)
    leaving = leave(house)
    house.halt()
    house.execution.obey()
    assert house.execution.cancel(leaving, "kim").state == "CANCELLED"


def test_obeying_again_changes_nothing(house: TradingHouse):
    adding = at_work(house)
    house.halt()
    house.execution.obey()
    before = house.one(adding).events
    assert house.execution.obey().asked == 0
    assert house.one(adding).events == before
    assert len(records(house)) == 1


def test_a_silent_broker_is_asked_until_it_is_quiet(house: TradingHouse):
    adding = at_work(house)
    house.halt()
    house.broker.cut = {"cancel", "order"}
    assert [house.execution.obey().left for _ in range(3)] == [1, 1, 1]
    assert (house.state(adding), records(house)[0].outcome) == ("CANCEL_PENDING", "obeying")
    house.broker.mend()
    assert house.execution.obey().left == 0
    assert (house.state(adding), records(house)[0].outcome) == ("CANCELLED", "quiet")


def test_a_cancel_whose_answer_was_lost_is_found_out(house: TradingHouse):
    adding = at_work(house)
    house.halt()
    house.broker.lost = {BrokerWord.CANCELLED}
    assert house.execution.obey().left == 1
    assert house.execution.obey().left == 0
    assert house.state(adding) == "CANCELLED"


def test_a_cancel_that_never_arrived_is_sent_again(house: TradingHouse):
    adding = at_work(house)
    house.halt()
    house.broker.cut = {"cancel"}
    house.execution.obey()
    house.broker.mend()
    assert house.execution.obey().left == 0
    assert house.state(adding) == "CANCELLED"


def test_an_order_nobody_knows_the_end_of_is_found_and_ended(house: TradingHouse):
    house.broker.certain = False
    house.broker.mute, house.broker.cut = {"submit"}, {"heard", "order", "cancel"}
    unknown = house.order(1)
    assert house.state(unknown) == "UNKNOWN"
    house.halt()
    assert house.execution.obey().left == 1
    house.broker.mend()
    house.execution.obey()
    assert house.execution.obey().left == 0
    assert house.state(unknown) == "CANCELLED"


def test_what_was_tripped_survives_the_process_and_is_obeyed_by_the_next(house: TradingHouse):
    adding = at_work(house)
    house.halt()
    house.reopen()
    house.execution.recover()
    assert codes(house, house.order(3, symbol="MSFT")) == ["stopped"]
    house.execution.guard()
    assert house.state(adding) == "CANCELLED"
    assert records(house)[0].outcome == "quiet"


def test_what_is_re_armed_before_it_is_quiet_is_told_as_let_go(house: TradingHouse):
    at_work(house)
    house.broker.cut = {"cancel", "order"}
    house.halt()
    house.execution.obey()
    house.parts.stops.rearm(EVERYTHING, by="kim", note="a mistake")
    house.execution.obey()
    assert records(house)[0].outcome == "let-go"


def test_stops_that_cannot_be_read_deny_new_risk_cancel_what_adds_and_let_exits_pass(house: TradingHouse):
    house.hold(1, "IBM", 10)
    adding = at_work(house, 2, symbol="MSFT")
    house.decide(3, symbol="MSFT")
    with writing(house.store) as connection:
        connection.execute(text("DROP TABLE stops"))
    assert codes(house, house.place(3, symbol="MSFT").order_id) == ["stopped"]
    house.execution.obey()
    assert house.state(adding) == "CANCELLED"
    leaving = leave(house)
    house.step()
    assert house.state(leaving) == "FILLED"


def test_a_trip_while_orders_are_handed_in_holds_back_the_rest_of_them(either_house: TradingHouse):
    house = either_house
    hand_in = house.broker.submit

    def tripped_meanwhile(permit, ticket):
        hand_in(permit, ticket)
        house.halt()

    house.broker.submit = tripped_meanwhile
    first, *others = followed(house, *(judged(house, number, size_pct=number / 1000) for number in (1, 2, 3)))
    assert [[reason.code for reason in one.reasons] for one in others] == [["stopped"], ["stopped"]]
    assert sum(house.broker.tried.values()) == 1
    assert house.state(first.order_id) == "CANCELLED"


def never_sent(house, number, **deal):
    """The key of an order whose caller was told to come back, and has not yet."""
    key = Key(SCOPE, f"key {number}")
    body = json.dumps(order_body(number, **deal)).encode()
    house.execution._placing.for_caller(key, order_request(body))
    assert house.state(key.order_id) == "NEW"
    return key


def test_a_sale_that_nobody_sent_keeps_no_position_from_being_left(house: TradingHouse):
    house.hold(1, "IBM", 10)
    house.decide(2, candidate_action="SELL")
    stuck = never_sent(house, 2, side="SELL")
    house.clock.pass_by(minutes=2)
    leaving = leave(house)
    house.step()
    assert (house.state(stuck.order_id), house.state(leaving)) == ("EXPIRED", "FILLED")


def test_an_order_that_was_made_and_never_sent_does_not_outlive_the_stop(house: TradingHouse):
    house.decide(1)
    key = never_sent(house, 1)
    house.halt()
    assert house.execution.obey().asked == 1
    house.parts.stops.rearm(EVERYTHING, by="kim", note="looked at it")
    assert codes(house, house.place(1, key=key.key).order_id) == ["stopped"]
    assert house.broker.tried == {}


def test_an_exit_that_would_flip_is_no_exit(house: TradingHouse):
    house.hold(1, "IBM", 10)
    leaving = at_work(house, 2, side="SELL", qty=8)
    house.halt(state=StopState.REDUCING)
    assert codes(house, house.order(3, side="SELL", qty=3)) == ["stopped"]
    assert house.state(leaving) == "ACCEPTED"
    assert house.shares()["house"] == {"IBM": Decimal(10)}


def test_what_a_stop_cancels_uses_up_nobody_s_pace(house: TradingHouse):
    narrow(house, cancels_per_minute=2)
    house.hold(1, "IBM", 10)
    for number in (2, 3, 4):
        at_work(house, number, symbol="MSFT", qty=number)
    leaving = leave(house)
    house.halt()
    house.execution.obey()
    assert house.execution.cancel(leaving, "kim").state == "CANCELLED"
