"""The races that cost money elsewhere, each with its end: state, bookings, what the house must do."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from syrupy.assertion import SnapshotAssertion

from adapters.execution.lifecycle import Happened, Happening, Step, after, created
from adapters.execution.reconciliation.compare import adopted
from adapters.execution.settling import GRACE
from policy.order_contracts import OrderState, decimal_text
from tests.adapters.execution.order_events import (
    CANCEL_REQUEST,
    DENY,
    LATER,
    NEW_ORDER,
    NOT_FOUND,
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

WORKING = (SEND, ack(1))
CANCELLED = Happening.CANCELLED
CANCEL_REJECTED = Happening.CANCEL_REJECTED
PARTIAL = OrderState.PARTIALLY_FILLED
SIX_SEEN = seen(PARTIAL, 6, "600.03", "1.00", sequence=3)
STORIES: Mapping[str, Sequence[Happened]] = {
    "fill before the acknowledgement": (SEND, fill("e1", 4, sequence=2), ack(1)),
    "fill before its sending was recorded": (fill("e1", 10, sequence=2),),
    "late fill after cancel": (
        *WORKING,
        CANCEL_REQUEST,
        word(CANCELLED, sequence=3),
        fill("e1", 4, sequence=2),
    ),
    "late fill of everything after cancel": (
        *WORKING,
        CANCEL_REQUEST,
        word(CANCELLED, sequence=3),
        fill("e1", 10, sequence=2),
    ),
    "late fill after expiry": (*WORKING, word(Happening.EXPIRED, sequence=3), fill("e1", 4, sequence=2)),
    "fill while cancel is pending, then cancelled": (
        *WORKING,
        CANCEL_REQUEST,
        fill("e1", 4, sequence=2),
        word(CANCELLED, sequence=3),
    ),
    "cancel race lost: filled, then the cancel is rejected": (
        *WORKING,
        CANCEL_REQUEST,
        fill("e1", 10, sequence=2),
        word(CANCEL_REJECTED, sequence=3),
    ),
    "cancel rejected before the fill came": (
        *WORKING,
        CANCEL_REQUEST,
        word(CANCEL_REJECTED, sequence=3),
        fill("e1", 10, sequence=2),
    ),
    "cancel asked for before the acknowledgement, order rejected": (
        SEND,
        CANCEL_REQUEST,
        word(Happening.BROKER_REJECT, sequence=1),
    ),
    "unsolicited cancel": (*WORKING, fill("e1", 4, sequence=2), word(CANCELLED, sequence=3)),
    "timeout on submit, then found working": (SEND, TIMEOUT, found(seen(OrderState.ACCEPTED))),
    "timeout on submit, then found filled in part, then its fills come": (
        SEND,
        TIMEOUT,
        found(SIX_SEEN),
        fill("e2", 3, "100.01", sequence=3),
        fill("e1", 3, "100.00", sequence=2),
    ),
    "timeout on submit, cancel asked for, then found": (SEND, TIMEOUT, CANCEL_REQUEST, found(SIX_SEEN)),
    "timeout on submit, then its fill comes": (SEND, TIMEOUT, fill("e1", 10, sequence=2)),
    "timeout after a fill, never found": (
        *WORKING,
        fill("e1", 4, sequence=2),
        TIMEOUT,
        replace(NOT_FOUND, certain=True),
    ),
    "timeout on submit, a certain broker has never had it": (SEND, TIMEOUT, replace(NOT_FOUND, certain=True)),
    "never found, then alive after all": (
        SEND,
        TIMEOUT,
        replace(NOT_FOUND, certain=True),
        found(seen(OrderState.ACCEPTED)),
    ),
    "overfill": (*WORKING, fill("e1", 6, sequence=2), fill("e2", 6, sequence=3)),
    "fill after it was filled": (*WORKING, fill("e1", 10, sequence=2), fill("e2", 1, sequence=3)),
    "duplicate fill": (*WORKING, fill("e1", 4, sequence=2), fill("e1", 4, sequence=2)),
    "known fill with another price": (*WORKING, fill("e1", 4, sequence=2), fill("e1", 4, "99.00")),
    "fill on a rejected order": (SEND, word(Happening.BROKER_REJECT, sequence=1), fill("e1", 4)),
    "fill on a denied order": (DENY, fill("e1", 4)),
    "replaced to less than was filled": (
        *WORKING,
        Happened(Happening.REPLACE_REQUEST, LATER, "caller"),
        fill("e1", 4, sequence=2),
        replaced(3),
    ),
}


def line(some: Sequence[Step]) -> str:
    """One row: the way, the end, the bookings, what was odd and what the house is asked to do."""
    order = some[-1].order
    way = " > ".join(step.order.state for step in some)
    asks = sorted({ask for step in some for ask in step.asks})
    sums = f"shares {decimal_text(booked_position(some))}, dollars {decimal_text(booked_cash(some))}"
    cancels = sum(step.send_cancel for step in some)
    return (
        f"{way} | shown {order.shown} | {sums} | cancels sent {cancels}"
        f" | odd: {', '.join(order.anomalies) or '-'} | asks: {', '.join(asks) or '-'}"
    )


def never_found() -> list[Step]:
    """A timeout on submit, then silence, query after query until the grace time is over."""
    some = steps(SEND, TIMEOUT)
    for count in range(1, 4):
        asked = replace(NOT_FOUND, at=NEW_ORDER.created_at + count * GRACE / 3 + timedelta(seconds=2))
        some.append(after(some[-1].order, asked))
    return some


def unknown_at_broker() -> list[Step]:
    """The broker works an order that the house never sent."""
    order = adopted(SIX_SEEN, NEW_ORDER.order_id, "EXTERNAL", LATER)
    first = created(order, "reconciliation")
    return [first, after(first.order, replace(found(SIX_SEEN), at=LATER))]


def test_the_hard_cases_end_as_they_should(snapshot: SnapshotAssertion) -> None:
    told = {name: line(steps(*events)) for name, events in STORIES.items()}
    told["timeout on submit, then never found"] = line(never_found())
    told["unknown order at the broker"] = line(unknown_at_broker())
    assert told == snapshot
