"""Orders and their events for the tests of the lifecycle: ten shares bought, a second between events."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from uuid import UUID

from adapters.execution.lifecycle import Happened, Happening, Order, Step, after, created
from adapters.ports import BrokerOrder
from policy.order_contracts import OrderReason, OrderState

NOON = datetime(2012, 6, 4, 16, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
CLIENT_ID = UUID("6f9f0d0e-8a52-5d0b-9a51-0a4f3b7f9a10")
NEW_ORDER = Order(
    order_id=UUID("0b6dd3f7-4f0e-5a53-8e55-2f4a1f7f0d01"),
    client_order_id=CLIENT_ID,
    symbol="AAPL",
    side="BUY",
    qty=Decimal(10),
    order_type="MARKET",
    limit_price=None,
    purpose="signal",
    created_at=NOON,
    updated_at=NOON,
)


def _at(what: Happening, by: str) -> Happened:
    return Happened(what, NOON, by)


CREATE = _at(Happening.CREATE, "caller")
DENY = replace(_at(Happening.DENY, "house"), reasons=(OrderReason(code="no-quote", message="none"),))
SEND = _at(Happening.SEND, "house")
PERMIT_EXPIRED = _at(Happening.PERMIT_EXPIRED, "house")
CANCEL_REQUEST = _at(Happening.CANCEL_REQUEST, "caller")
REPLACE_REQUEST = _at(Happening.REPLACE_REQUEST, "caller")
TIMEOUT = _at(Happening.TIMEOUT, "house")
NOT_FOUND = _at(Happening.NOT_FOUND, "recovery")


def ack(sequence: int | None = None) -> Happened:
    return replace(_at(Happening.ACK, "broker"), sequence=sequence, external_order_id="B-1")


def word(what: Happening, sequence: int | None = None) -> Happened:
    return replace(_at(what, "broker"), sequence=sequence)


def fill(
    name: str, qty: int | str, price: str = "100.00", commission: str = "1.00", sequence: int | None = None
) -> Happened:
    return replace(
        word(Happening.FILL, sequence),
        qty=Decimal(qty),
        price=Decimal(price),
        commission=Decimal(commission),
        execution_id=name,
    )


def replaced(qty: int) -> Happened:
    return replace(word(Happening.REPLACED), qty=Decimal(qty))


def seen(
    state: OrderState,
    cum_qty: int = 0,
    notional: str = "0",
    commission: str = "0",
    sequence: int = 1,
    symbol: str = "AAPL",
    qty: int = 10,
) -> BrokerOrder:
    return BrokerOrder(
        client_order_id=CLIENT_ID,
        external_order_id="B-1",
        symbol=symbol,
        side="BUY",
        qty=Decimal(qty),
        order_type="MARKET",
        limit_price=None,
        state=state,
        cum_qty=Decimal(cum_qty),
        notional=Decimal(notional),
        commission=Decimal(commission),
        sequence=sequence,
        at=NOON,
    )


def found(view: BrokerOrder) -> Happened:
    return replace(_at(Happening.FOUND, "reconciliation"), seen=view)


def steps(*events: Happened, order: Order = NEW_ORDER) -> list[Step]:
    """The step of creation and one for every event, a second apart."""
    timed = (replace(event, at=NOON + timedelta(seconds=n)) for n, event in enumerate(events, start=1))
    first = created(order, "caller")
    return list(accumulate(timed, lambda step, event: after(step.order, event), initial=first))


def lived(*events: Happened, order: Order = NEW_ORDER) -> Order:
    """The order after ``events``."""
    return steps(*events, order=order)[-1].order


def booked_position(some: Iterable[Step]) -> Decimal:
    """The shares that the bookings of these steps bring."""
    return sum((one.sign * one.qty for step in some for one in step.bookings), Decimal(0))


def booked_cash(some: Iterable[Step]) -> Decimal:
    """The dollars that the bookings of these steps cost, commission included."""
    bookings = [one for step in some for one in step.bookings]
    return sum((one.sign * (one.qty * one.price + one.commission) for one in bookings), Decimal(0))


REACHED: Mapping[OrderState, tuple[Happened, ...]] = {
    OrderState.NEW: (),
    OrderState.SUBMITTED: (SEND,),
    OrderState.UNKNOWN: (SEND, TIMEOUT),
    OrderState.ACCEPTED: (SEND, ack()),
    OrderState.PARTIALLY_FILLED: (SEND, ack(), fill("early", 4)),
    OrderState.CANCEL_PENDING: (SEND, ack(), CANCEL_REQUEST),
    OrderState.REPLACE_PENDING: (SEND, ack(), REPLACE_REQUEST),
    OrderState.FILLED: (SEND, ack(), fill("early", 10)),
    OrderState.CANCELLED: (SEND, ack(), word(Happening.CANCELLED)),
    OrderState.REJECTED: (SEND, word(Happening.BROKER_REJECT)),
    OrderState.EXPIRED: (SEND, ack(), word(Happening.EXPIRED)),
    OrderState.DENIED: (DENY,),
}
"""The shortest life that leads to each state."""
