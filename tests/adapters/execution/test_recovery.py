"""A process that broke off had begun something: the next one finishes it, and sends nothing twice."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest

from adapters.execution import store as rows
from adapters.execution.keys import Key
from adapters.execution.placing import Placing
from adapters.execution.reading import order_request
from adapters.ports import BrokerWord
from policy.problems import Problem
from policy.store import writing
from tests.adapters.execution.broken_line import ProcessEnded
from tests.adapters.execution.parts import SCOPE, TradingHouse, order_body

KEY = Key(SCOPE, "key 1")
ORDER = KEY.order_id


def made(house: TradingHouse) -> None:
    """The process ends once the order is on record and before it is sent."""
    house.decide()
    assert Placing(house.parts).for_caller(KEY, order_request(json.dumps(order_body()).encode()))
    assert house.state(ORDER) == "NEW"
    house.reopen()


def sent(house: TradingHouse, *, arrived: bool) -> None:
    """The process ends while the order is handed in."""
    (house.broker.last if arrived else house.broker.fatal).add("submit")
    house.decide()
    with pytest.raises(ProcessEnded):
        house.place()
    house.broker.mend()
    house.reopen()
    assert house.state(ORDER) == "SUBMITTED"


def freeze(house: TradingHouse, what: str) -> None:
    with writing(house.store) as connection:
        rows.freeze(connection, house.clock.now(), what, "a person has to look")


def submissions(house: TradingHouse) -> int:
    return house.broker.inner.submissions(KEY.client_order_id)


def test_what_was_made_and_not_sent_is_sent(either_house: TradingHouse) -> None:
    made(either_house)
    either_house.execution.recover()
    either_house.step()
    assert (either_house.state(ORDER), submissions(either_house)) == ("FILLED", 1)
    assert either_house.books_agree()


def test_the_same_request_finishes_what_its_first_had_begun(either_house: TradingHouse) -> None:
    made(either_house)
    answer = either_house.place()
    assert (answer.order_id, answer.state_detail) == (ORDER, "SUBMITTED")
    assert either_house.place() == answer
    assert submissions(either_house) == 1


def test_what_was_made_and_found_too_late_ends_unsent(house: TradingHouse) -> None:
    made(house)
    house.clock.pass_by(minutes=2)
    house.execution.recover()
    assert (house.state(ORDER), submissions(house)) == ("EXPIRED", 0)
    assert house.place().state_detail == "EXPIRED"


@pytest.mark.parametrize(
    ("hold_back", "code"),
    [(TradingHouse.halt, "stopped"), (lambda house: freeze(house, "IBM"), "limit-symbol-frozen")],
)
def test_what_was_made_before_a_stop_or_a_freeze_is_denied_and_not_sent(
    house: TradingHouse, hold_back: Callable[[TradingHouse], None], code: str
) -> None:
    made(house)
    hold_back(house)
    house.execution.recover()
    assert (house.state(ORDER), submissions(house)) == ("DENIED", 0)
    assert [reason.code for reason in house.place().reasons] == [code]


def test_what_never_arrived_is_not_sent_once_the_house_has_halted(house: TradingHouse) -> None:
    sent(house, arrived=False)
    house.halt()
    house.execution.recover()
    assert house.state(ORDER) == "UNKNOWN"
    house.reconcile()
    assert (house.state(ORDER), submissions(house)) == ("REJECTED", 0)


def test_an_exit_goes_out_of_a_halted_house(house: TradingHouse) -> None:
    house.hold(2, "IBM", 10)
    house.halt()
    [leaving] = house.execution.flatten("IBM", "somebody").orders
    house.step()
    assert house.state(leaving.order_id) == "FILLED"
    assert house.books_agree()


def test_a_new_order_can_be_cancelled_before_anybody_sent_it(house: TradingHouse) -> None:
    made(house)
    assert house.execution.cancel(ORDER, "somebody").state == "CANCELLED"
    house.execution.recover()
    assert submissions(house) == 0


@pytest.mark.parametrize("arrived", [False, True])
def test_what_was_being_handed_in_arrives_once(either_house: TradingHouse, arrived: bool) -> None:
    sent(either_house, arrived=arrived)
    for _ in range(2):
        either_house.execution.recover()
    either_house.step()
    assert (either_house.state(ORDER), submissions(either_house)) == ("FILLED", 1)
    assert either_house.place().order_id == ORDER
    assert either_house.books_agree()


def test_what_never_arrived_is_not_sent_once_its_permit_has_run_out(house: TradingHouse) -> None:
    sent(house, arrived=False)
    house.clock.pass_by(minutes=2)
    house.execution.recover()
    assert house.state(ORDER) == "UNKNOWN"
    house.reconcile()
    assert (house.state(ORDER), submissions(house)) == ("REJECTED", 0)


def test_a_broker_that_may_still_receive_it_is_not_sent_it_again(house: TradingHouse) -> None:
    sent(house, arrived=False)
    house.broker.certain = False
    house.execution.recover()
    assert (house.state(ORDER), submissions(house)) == ("UNKNOWN", 0)


def test_a_silent_broker_leaves_the_order_unknown_until_it_speaks(house: TradingHouse) -> None:
    sent(house, arrived=True)
    house.broker.cut = {"order", "heard"}
    house.execution.recover()
    assert house.state(ORDER) == "UNKNOWN"
    house.broker.mend()
    house.step()
    assert house.state(ORDER) == "FILLED"
    assert house.books_agree()


@pytest.mark.parametrize("call", ["fatal", "last"])
def test_a_cancel_that_was_being_sent_ends_the_order(house: TradingHouse, call: str) -> None:
    order = house.order()
    getattr(house.broker, call).add("cancel")
    with pytest.raises(ProcessEnded):
        house.execution.cancel(order, "somebody")
    house.broker.mend()
    house.reopen()
    assert house.state(order) == "CANCEL_PENDING"
    house.execution.recover()
    assert house.state(order) == "CANCELLED"
    assert house.books_agree()


def test_a_cancel_nobody_answers_at_recovery_stays_pending(house: TradingHouse) -> None:
    order = house.order()
    house.broker.held = {BrokerWord.CANCELLED}
    house.execution.cancel(order, "somebody")
    house.broker.cut = {"order"}
    house.execution.recover()
    assert house.state(order) == "CANCEL_PENDING"


def test_a_cancel_of_an_order_that_never_arrived_waits_until_that_is_known(house: TradingHouse) -> None:
    house.broker.cut = {"submit"}
    order = house.order()
    assert house.execution.cancel(order, "somebody").state_detail == "UNKNOWN"
    house.broker.mend()
    house.reconcile()
    assert house.state(order) == "REJECTED"


def test_recovery_with_nothing_begun_does_nothing(house: TradingHouse) -> None:
    order: UUID = house.order()
    before = house.one(order)
    house.execution.recover()
    assert house.one(order) == before


def test_an_answer_that_was_given_is_given_again_by_the_next_process(either_house: TradingHouse) -> None:
    house = either_house
    first = house.place()
    house.reopen()
    house.execution.recover()
    assert house.place() == first
    with pytest.raises(Problem, match="another order"):
        house.place(qty=11)
