"""The hard cases of an order's life, played against a real broker: how each ends, and what is then held."""

from collections.abc import Callable
from uuid import UUID

import pytest
from syrupy.assertion import SnapshotAssertion

from adapters.ports import BrokerWord
from tests.adapters.brokers.trading import permit, ticket
from tests.adapters.execution.broken_line import ProcessEnded
from tests.adapters.execution.parts import TradingHouse

ACCEPTED, CANCELLED, FILLED = BrokerWord.ACCEPTED, BrokerWord.CANCELLED, BrokerWord.FILLED
Case = Callable[[TradingHouse], UUID]


def sixty_of_a_hundred(house: TradingHouse, *held: BrokerWord) -> UUID:
    """A hundred shares are ordered and sixty filled; what the broker says of it in ``held`` words waits."""
    order = house.order(qty=100)
    house.broker.held = set(held)
    house.step(volume=600)
    return order


def late_fill_after_cancel(house: TradingHouse) -> UUID:
    order = sixty_of_a_hundred(house, FILLED)
    house.execution.cancel(order, "caller")
    house.broker.release(FILLED)
    return order


def late_fill_after_cancel_and_reconciliation(house: TradingHouse) -> UUID:
    order = sixty_of_a_hundred(house, FILLED)
    house.execution.cancel(order, "caller")
    house.reconcile()
    house.broker.release(FILLED)
    return order


def part_filled_while_cancel_is_pending(house: TradingHouse) -> UUID:
    order = sixty_of_a_hundred(house, FILLED, CANCELLED)
    house.execution.cancel(order, "caller")
    house.broker.release(FILLED)
    house.hear()
    house.broker.release(CANCELLED)
    return order


def whole_filled_while_cancel_is_pending(house: TradingHouse) -> UUID:
    order = house.order()
    house.broker.held = {FILLED, BrokerWord.CANCEL_REJECTED}
    house.step()
    house.execution.cancel(order, "caller")
    house.broker.release(FILLED)
    house.hear()
    house.broker.release(BrokerWord.CANCEL_REJECTED)
    return order


def cancel_refused_before_the_fill_is_heard(house: TradingHouse) -> UUID:
    order = house.order()
    house.broker.held = {FILLED}
    house.step()
    house.execution.cancel(order, "caller")
    house.hear()
    house.broker.release(FILLED)
    return order


def unknown_order_at_the_broker(house: TradingHouse) -> UUID:
    stranger = ticket(qty=30)
    house.broker.inner.submit(permit(stranger), stranger)
    house.step()
    house.reconcile()
    [(_, adopted)] = house.execution.listed(state=None, before=None, limit=10)
    return adopted.order_id


def submit_timed_out_and_was_taken(house: TradingHouse) -> UUID:
    house.broker.mute, house.broker.cut = {"submit"}, {"heard"}
    order = house.order()
    house.broker.cut = set()
    house.step()
    return order


def submit_timed_out_and_no_message_ever_came(house: TradingHouse) -> UUID:
    house.broker.mute, house.broker.lost = {"submit"}, set(BrokerWord)
    order = house.order()
    house.step()
    house.reconcile()
    return order


def submit_timed_out_and_never_arrived(house: TradingHouse) -> UUID:
    house.broker.cut = {"submit"}
    return house.order()


def submit_timed_out_at_a_broker_that_is_never_certain(house: TradingHouse) -> UUID:
    house.broker.cut, house.broker.certain = {"submit"}, False
    order = house.order()
    for _ in range(4):
        house.reconcile(after=10)
    return order


def cancelled_while_nobody_knew_of_it(house: TradingHouse) -> UUID:
    house.broker.mute, house.broker.cut = {"submit"}, {"heard"}
    order = house.order()
    house.execution.cancel(order, "caller")
    house.broker.cut = set()
    return order


def fill_before_acknowledgement(house: TradingHouse) -> UUID:
    house.broker.held = {ACCEPTED}
    order = house.order()
    house.step()
    house.broker.release(ACCEPTED)
    return order


def everything_told_twice(house: TradingHouse) -> UUID:
    house.broker.twice = set(BrokerWord)
    order = sixty_of_a_hundred(house)
    house.step()
    return order


def half_filled_at_the_close(house: TradingHouse) -> UUID:
    order = sixty_of_a_hundred(house)
    house.step(moment="close", volume=0)
    return order


def rejected_after_it_was_taken_in(house: TradingHouse) -> UUID:
    """Somebody else's order takes the account's cash between our look at it and the broker's."""
    stranger = ticket(qty=9_620)
    house.broker.inner.submit(permit(stranger), stranger)
    return house.order(qty=99)


def process_ended_before_the_order_arrived(house: TradingHouse) -> UUID:
    house.broker.fatal = {"submit"}
    return taken_up_again(house)


def process_ended_after_the_order_arrived(house: TradingHouse) -> UUID:
    house.broker.last = {"submit"}
    return taken_up_again(house)


def taken_up_again(house: TradingHouse) -> UUID:
    """An order during which the process ends, and another that finishes it and lets it trade."""
    with pytest.raises(ProcessEnded):
        house.order()
    house.broker.mend()
    house.reopen()
    house.execution.recover()
    house.step()
    [(_, order)] = house.execution.listed(state=None, before=None, limit=10)
    return order.order_id


CASES: tuple[Case, ...] = (
    late_fill_after_cancel,
    late_fill_after_cancel_and_reconciliation,
    part_filled_while_cancel_is_pending,
    whole_filled_while_cancel_is_pending,
    cancel_refused_before_the_fill_is_heard,
    unknown_order_at_the_broker,
    submit_timed_out_and_was_taken,
    submit_timed_out_and_no_message_ever_came,
    submit_timed_out_and_never_arrived,
    submit_timed_out_at_a_broker_that_is_never_certain,
    cancelled_while_nobody_knew_of_it,
    fill_before_acknowledgement,
    everything_told_twice,
    half_filled_at_the_close,
    rejected_after_it_was_taken_in,
    process_ended_before_the_order_arrived,
    process_ended_after_the_order_arrived,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_each_hard_case_ends_with_equal_books(
    house: TradingHouse, case: Case, snapshot: SnapshotAssertion
) -> None:
    order = case(house)
    house.hear()
    house.reconcile()
    assert house.books_agree()
    assert house.broker.inner.submissions(house.one(order).client_order_id) <= 1
    assert told(house, order) == snapshot


def told(house: TradingHouse, order_id: UUID) -> str:
    """The order's life, its end and the books, a line each."""
    order = house.one(order_id)
    life = [f"{event.event} -> {event.to_state.value}" for event in order.events]
    fills = [f"{fill.kind} {fill.qty} at {fill.price}, fee {fill.commission}" for fill in order.fills]
    lines = {
        "life": "; ".join(life),
        "ends": f"{order.state_detail.value}, shown as {order.state}",
        "filled": f"{order.cum_qty} of {order.qty}",
        "fills": "; ".join(fills) or "none",
        "anomalies": ", ".join(order.anomalies) or "none",
        "reasons": "; ".join(reason.code for reason in order.reasons) or "none",
        "shares in every book": str({name: str(qty) for name, qty in house.shares()["house"].items()}),
        "cash in every book": str(house.cash()["house"]),
    }
    return "\n".join(f"{name}: {text}" for name, text in lines.items())
