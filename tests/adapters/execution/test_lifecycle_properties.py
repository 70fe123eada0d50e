"""What holds for an order whatever happens to it, in whatever order, however often."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.execution.lifecycle import Happened, Happening, Order, Step, replayed
from adapters.execution.order import totals
from policy.order_contracts import OrderState
from tests.adapters.execution.order_events import (
    CANCEL_REQUEST,
    CREATE,
    DENY,
    NEW_ORDER,
    NOT_FOUND,
    PERMIT_EXPIRED,
    REACHED,
    REPLACE_REQUEST,
    SEND,
    TIMEOUT,
    ack,
    booked_cash,
    booked_position,
    fill,
    found,
    replaced,
    seen,
    steps,
    word,
)

STEADY = settings(max_examples=300, deadline=None, derandomize=True)
QTY = 10


def race(*, numbered: bool, second: int) -> tuple[Happened, ...]:
    """Acknowledgement, two fills, a cancel request and its answer; numbered as the broker did them or not."""
    sequences = (1, 2, 3, 4) if numbered else (None,) * 4
    return (
        ack(sequences[0]),
        fill("e1", 4, "100.01", sequence=sequences[1]),
        fill("e2", second, "99.98", sequence=sequences[2]),
        CANCEL_REQUEST,
        word(Happening.CANCELLED, sequences[3]),
    )


def arrivals(events: Sequence[Happened]) -> Iterator[tuple[Happened, ...]]:
    """Every order of ``events``, and every order with one of them delivered twice."""
    yield from permutations(events)
    for order in permutations(events):
        for position, event in enumerate(order):
            for again in range(position + 1, len(order) + 1):
                yield (*order[:again], event, *order[again:])


def text(order: Order) -> str:
    return json.dumps(order.to_json(), sort_keys=True)


def replayed_text(some: Sequence[Step]) -> str:
    """The order as its recorded events give it, by way of their JSON."""
    first = Order.from_json(json.loads(text(some[0].order)))
    lines = [json.dumps(step.happened.to_json()) for step in some[1:]]
    return text(replayed(first, (Happened.from_json(json.loads(line)) for line in lines)))


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize(("second", "end"), [(3, OrderState.CANCELLED), (6, OrderState.FILLED)])
def test_no_order_of_arrival_loses_a_fill(numbered: bool, second: int, end: OrderState) -> None:
    for events in arrivals(race(numbered=numbered, second=second)):
        some = steps(SEND, *events)
        order = some[-1].order
        assert order.cum_qty == booked_position(some) == 4 + second
        assert booked_cash(some) == order.notional + order.commission
        assert order.commission == 2
        assert order.state is end


@pytest.mark.parametrize("second", [3, 6])
def test_replaying_the_recorded_events_gives_the_order_to_the_byte(second: int) -> None:
    for events in permutations(race(numbered=True, second=second)):
        some = steps(SEND, *events)
        assert replayed_text(some) == text(some[-1].order)


SEQUENCES = st.none() | st.integers(1, 6)
CUM = st.integers(0, QTY + 2)
VIEWS = st.builds(
    lambda state, cum, dear, sequence, qty: seen(state, cum, str(cum * dear), "1.00", sequence, qty=qty),
    st.sampled_from(OrderState),
    CUM,
    st.sampled_from([Decimal("99.99"), Decimal("100.003"), Decimal(-1)]),
    st.integers(1, 6),
    st.sampled_from([8, QTY, QTY, QTY]),
)
FILLS = st.builds(
    fill, st.sampled_from("abcde"), st.integers(0, QTY), st.sampled_from(["100", "99.9"]), sequence=SEQUENCES
)
WORDS = st.builds(
    word,
    st.sampled_from([what for what in Happening if what not in {Happening.FILL, Happening.FOUND}]),
    SEQUENCES,
)
HOUSE = st.sampled_from([CREATE, DENY, SEND, PERMIT_EXPIRED, CANCEL_REQUEST, REPLACE_REQUEST, TIMEOUT])
SILENCE = st.builds(lambda certain: replace(NOT_FOUND, certain=certain), st.booleans())
EVENTS = FILLS | VIEWS.map(found) | WORDS | HOUSE | SILENCE | st.integers(0, 12).map(replaced)
STARTS = st.sampled_from(list(REACHED.values()))


def check_step(before: Order, step: Step) -> None:
    """What every single step keeps."""
    order = step.order
    assert order.cum_qty - before.cum_qty == booked_position([step]) >= 0
    assert order.executions[: len(before.executions)] == before.executions
    assert step.effect == "applied" or not (step.bookings or step.send_cancel)
    assert not (before.state is OrderState.DENIED and order.state is not OrderState.DENIED)
    assert not (before.shown != "NEW" and order.shown == "NEW")
    assert order.state is not OrderState.UNKNOWN or order.shown == before.shown
    assert not step.send_cancel or order.state is OrderState.CANCEL_PENDING
    assert set(before.anomalies) <= set(order.anomalies)


def check_order(order: Order) -> None:
    """What every order is at any time."""
    assert order.leaves_qty >= 0
    assert order.qty - order.cum_qty == order.leaves_qty - order.overfill_qty
    assert order.state is not OrderState.FILLED or order.leaves_qty == 0
    assert order.state is not OrderState.ACCEPTED or order.cum_qty == 0
    assert order.state is not OrderState.PARTIALLY_FILLED or 0 < order.cum_qty < order.qty
    names = [one.execution_id for one in order.executions]
    assert len(set(names)) == len(names)


@STEADY
@given(STARTS, st.lists(EVENTS, max_size=12))
def test_whatever_happens_the_books_of_an_order_agree(start: tuple, events: list[Happened]) -> None:
    some = steps(*start, *events)
    for before, step in pairwise(some):
        check_step(before.order, step)
        check_order(step.order)
    assert replayed_text(some) == text(some[-1].order)


@STEADY
@given(STARTS, st.lists(EVENTS, max_size=12))
def test_every_fill_that_is_complete_is_booked_once(start: tuple, events: list[Happened]) -> None:
    some = steps(*start, *events)
    sent = {step.happened.execution_id for step in some if step.happened.what is Happening.FILL}
    unread = {step.happened.execution_id for step in some if step.quarantined}
    booked = [one.execution_id for one in some[-1].order.executions if one.kind == "fill"]
    assert sorted(booked) == sorted(set(booked))
    assert sent - unread <= set(booked) <= sent


@st.composite
def broker_days(draw: st.DrawFn) -> tuple[list[Happened], list[Happened]]:
    """What a broker did, in its order, and what of it was told in which order: every fill at least once,
    some twice, and views of its totals as they stood after some of them."""
    cents = st.integers(9_000, 11_000).map(lambda price: str(Decimal(price) / 100))
    dues = st.integers(0, 300).map(lambda due: str(Decimal(due) / 100))
    several = draw(st.lists(st.tuples(st.integers(1, 90), cents, dues), min_size=1, max_size=5))
    fills = [fill(f"e{n}", *several[n], sequence=n + 2) for n in range(len(several))]
    views = [found(view_after(fills[:n])) for n in range(len(fills) + 1)]
    again = draw(st.lists(st.sampled_from(fills), max_size=2))
    looks = draw(st.lists(st.sampled_from(views), max_size=4))
    return fills, draw(st.permutations([*fills, *again, *looks]))


def view_after(fills: Sequence[Happened]) -> object:
    """The broker's view once exactly these fills have happened."""
    cum = sum(one.qty for one in fills)
    notional = sum((one.qty * one.price for one in fills), Decimal(0))
    commission = sum((one.commission for one in fills), Decimal(0))
    state = OrderState.PARTIALLY_FILLED if fills else OrderState.ACCEPTED
    return seen(state, cum, str(notional), str(commission), sequence=len(fills) + 1, qty=1000)


BIG = replace(NEW_ORDER, qty=Decimal(1000))


@STEADY
@given(broker_days())
def test_bookings_are_what_the_broker_told_and_the_fills_beyond_it(
    day: tuple[list[Happened], list[Happened]],
) -> None:
    fills, told = day
    heard: set[int] = set()
    some = steps(SEND, *told, order=BIG)
    for step in some[2:]:
        event = step.happened
        heard |= {event.sequence} if event.seen is None else set(range(2, event.seen.sequence + 1))
        known = [one for one in fills if one.sequence in heard]
        assert step.order.cum_qty == sum(one.qty for one in known)
        assert step.order.notional == sum((one.qty * one.price for one in known), Decimal(0))
        assert step.order.commission == sum((one.commission for one in known), Decimal(0))
    assert {one.kind for one in open_bookings(some[-1].order)} == {"fill"}


@STEADY
@given(broker_days())
def test_once_every_fill_has_come_the_books_hold_the_fills_alone_even_without_numbers(
    day: tuple[list[Happened], list[Happened]],
) -> None:
    fills, told = day
    bare = [one if one.seen else replace(one, sequence=None) for one in told]
    order = steps(SEND, *bare, order=BIG)[-1].order
    assert order.cum_qty == sum(one.qty for one in fills)
    assert order.notional == sum((one.qty * one.price for one in fills), Decimal(0))
    assert order.commission == sum((one.commission for one in fills), Decimal(0))
    assert order.anomalies in {(), ("fill-synthesised",)}


def open_bookings(order: Order) -> list:
    """The bookings that were not taken back."""
    undone = {one.execution_id.removesuffix("/reversal") for one in order.executions if one.sign < 0}
    return [one for one in order.executions if one.sign > 0 and one.execution_id not in undone]


def test_totals_take_reversals_off() -> None:
    view = found(seen(OrderState.PARTIALLY_FILLED, 4, "400.00", "1.00", sequence=2))
    order = steps(SEND, view, fill("e1", 4, sequence=2))[-1].order
    assert len(order.executions) == 3
    assert totals(order.executions) == totals(open_bookings(order))


def test_the_times_of_an_order_never_run_backwards() -> None:
    order = steps(SEND, ack(1))[-1].order
    late = replace(fill("e1", 1), at=order.updated_at - timedelta(hours=1))
    assert replayed(order, [late]).updated_at == order.updated_at
