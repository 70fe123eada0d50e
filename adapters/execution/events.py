"""What the rest of the house is told of orders: which step becomes which event."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from adapters.execution.lifecycle import Effect, Step
from adapters.execution.order import Execution
from adapters.execution.views import fill_view, view_of
from policy.contracts import EventType
from policy.order_contracts import OrderState
from policy.outbox import event_row
from policy.ports import derived_id

SOURCE = "/trivet/execution"

_ENTERED: Mapping[OrderState, EventType] = {
    OrderState.SUBMITTED: EventType.ORDER_SUBMITTED,
    OrderState.ACCEPTED: EventType.ORDER_ACCEPTED,
    OrderState.REJECTED: EventType.ORDER_REJECTED,
    OrderState.DENIED: EventType.ORDER_REJECTED,
    OrderState.CANCELLED: EventType.ORDER_CANCELLED,
    OrderState.EXPIRED: EventType.ORDER_CANCELLED,
}


def events_of(step: Step) -> Iterator[dict[str, Any]]:
    """Outbox rows: one for a state that was entered and is worth telling, one for each booking.

    An order enters such a state once in its life, save for a repair, whose event is told apart by its time.
    """
    order = step.order
    kind = _ENTERED.get(order.state)
    if kind is not None and step.effect is Effect.APPLIED and step.from_state is not order.state:
        again = order.state.value if step.from_state in _BEFORE else step.happened.at.isoformat()
        yield _row(step, kind, derived_id("order-event", order.order_id, order.state.value, again))
    for booked in step.bookings:
        yield _row(step, EventType.ORDER_FILLED, _fill_id(booked), booked)


_BEFORE = frozenset({None, OrderState.NEW, OrderState.SUBMITTED})


def _fill_id(booked: Execution) -> UUID:
    return derived_id("fill", booked.execution_id, booked.kind)


def _row(step: Step, kind: EventType, about: UUID, booked: Execution | None = None) -> dict[str, Any]:
    order = view_of(step.order).model_dump_json()
    fill = "null" if booked is None else fill_view(booked).model_dump_json()
    row = event_row(kind, about, step.happened.at, f'{{"order":{order},"fill":{fill}}}', SOURCE)
    return row | {"subject": str(step.order.order_id)}
