"""Every state of an order against everything that can happen to it: one total table.

Above the table stand the rules of ``lifecycle.py``: fills are booked whatever the state, and messages of
the broker that are old or known never get here. What the rows do not name is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from adapters.execution.anomalies import Anomaly
from adapters.execution.happened import Happening
from policy.order_contracts import OrderState


class FillSize(StrEnum):
    """A fill by what it leaves: some of the order, or nothing."""

    PART = "fill-part"
    WHOLE = "fill-whole"


class Target(StrEnum):
    """Where a transition leads when no one state says it."""

    REFUSED = "refused"
    SAME = "same"
    BY_QUANTITY = "by-quantity"
    """ACCEPTED, PARTIALLY_FILLED or FILLED, as the bookings say."""
    ENDED = "ended"
    """REJECTED, or CANCELLED where something was filled."""
    AS_FOUND = "as-found"
    """What the broker's view says, see ``lifecycle.py``."""
    COUNTED = "counted"
    """UNKNOWN until the queries that found nothing suffice, then ENDED."""


Trigger = Happening | FillSize


@dataclass(frozen=True, slots=True)
class Cell:
    """Where an event leads, what is odd about it, and whether the broker should be asked soon."""

    to: OrderState | Target
    anomaly: Anomaly | None = None
    reconcile: bool = False


TRIGGERS: tuple[Trigger, ...] = (*(what for what in Happening if what is not Happening.FILL), *FillSize)

_REFUSED = Cell(Target.REFUSED, Anomaly.REFUSED)
_REQUEST_REFUSED = Cell(Target.REFUSED, Anomaly.REQUEST_REFUSED)
_SAME = Cell(Target.SAME)
_LOST = Cell(OrderState.UNKNOWN, Anomaly.LOST, reconcile=True)
_FORGED = Cell(OrderState.DENIED, Anomaly.GATE_PASSED_BY)
_REQUESTS = frozenset({Happening.CANCEL_REQUEST, Happening.REPLACE_REQUEST})

_Row = Mapping[Trigger, Cell]

# The rows of states in which the broker has the order, or may have it.
_SUBMITTED: _Row = {
    Happening.ACK: Cell(OrderState.ACCEPTED),
    Happening.BROKER_REJECT: Cell(OrderState.REJECTED),
    FillSize.PART: Cell(OrderState.PARTIALLY_FILLED),
    FillSize.WHOLE: Cell(OrderState.FILLED),
    Happening.CANCELLED: Cell(OrderState.CANCELLED),
    Happening.EXPIRED: Cell(OrderState.EXPIRED),
    Happening.CANCEL_REQUEST: Cell(OrderState.CANCEL_PENDING),
    Happening.TIMEOUT: Cell(OrderState.UNKNOWN, reconcile=True),
    Happening.FOUND: Cell(Target.AS_FOUND),
    Happening.NOT_FOUND: Cell(Target.COUNTED),
}
_UNKNOWN: _Row = {
    **_SUBMITTED,
    Happening.ACK: Cell(Target.BY_QUANTITY),
    Happening.BROKER_REJECT: Cell(Target.ENDED),
    Happening.REPLACED: Cell(Target.BY_QUANTITY),
    Happening.REPLACE_REJECTED: Cell(Target.BY_QUANTITY),
    Happening.CANCEL_REQUEST: _SAME,
    Happening.CANCEL_REJECTED: Cell(Target.SAME, reconcile=True),
    Happening.TIMEOUT: Cell(Target.SAME, reconcile=True),
}
_ACCEPTED: _Row = {
    Happening.ACK: _SAME,
    Happening.BROKER_REJECT: Cell(OrderState.REJECTED),
    FillSize.PART: Cell(OrderState.PARTIALLY_FILLED),
    FillSize.WHOLE: Cell(OrderState.FILLED),
    Happening.CANCELLED: Cell(OrderState.CANCELLED),
    Happening.EXPIRED: Cell(OrderState.EXPIRED),
    Happening.CANCEL_REQUEST: Cell(OrderState.CANCEL_PENDING),
    Happening.REPLACE_REQUEST: Cell(OrderState.REPLACE_PENDING),
    Happening.TIMEOUT: Cell(OrderState.UNKNOWN, reconcile=True),
    Happening.FOUND: Cell(Target.AS_FOUND),
    Happening.NOT_FOUND: _LOST,
}
_PARTIALLY_FILLED: _Row = {**_ACCEPTED, Happening.BROKER_REJECT: _REFUSED}
_CANCEL_PENDING: _Row = {
    Happening.ACK: _SAME,
    Happening.BROKER_REJECT: Cell(Target.ENDED),
    FillSize.PART: _SAME,
    FillSize.WHOLE: Cell(OrderState.FILLED),
    Happening.CANCELLED: Cell(OrderState.CANCELLED),
    Happening.EXPIRED: Cell(OrderState.EXPIRED),
    Happening.CANCEL_REJECTED: Cell(Target.BY_QUANTITY, reconcile=True),
    Happening.CANCEL_REQUEST: _SAME,
    Happening.TIMEOUT: Cell(Target.SAME, reconcile=True),
    Happening.FOUND: Cell(Target.AS_FOUND),
    Happening.NOT_FOUND: _LOST,
}
_REPLACE_PENDING: _Row = {
    Happening.ACK: _SAME,
    Happening.BROKER_REJECT: Cell(Target.ENDED),
    FillSize.PART: _SAME,
    FillSize.WHOLE: Cell(OrderState.FILLED),
    Happening.CANCELLED: Cell(OrderState.CANCELLED),
    Happening.EXPIRED: Cell(OrderState.EXPIRED),
    Happening.REPLACED: Cell(Target.BY_QUANTITY),
    Happening.REPLACE_REJECTED: Cell(Target.BY_QUANTITY),
    Happening.CANCEL_REQUEST: _SAME,
    Happening.TIMEOUT: Cell(OrderState.UNKNOWN, reconcile=True),
    Happening.FOUND: Cell(Target.AS_FOUND),
    Happening.NOT_FOUND: _LOST,
}

# The rows of states in which the order is not with the broker, or no longer.
_NEW: _Row = {
    Happening.DENY: Cell(OrderState.DENIED),
    Happening.SEND: Cell(OrderState.SUBMITTED),
    Happening.PERMIT_EXPIRED: Cell(OrderState.EXPIRED),
    Happening.CANCEL_REQUEST: Cell(OrderState.CANCELLED),
    Happening.NOT_FOUND: _SAME,
    **{
        trigger: replace(cell, anomaly=Anomaly.SEND_RECORDED_LATE)
        for trigger, cell in _SUBMITTED.items()
        if trigger not in {Happening.CANCEL_REQUEST, Happening.NOT_FOUND}
    },
}
_ENDED: _Row = {  # silence says nothing of an order that has ended: brokers forget
    Happening.ACK: _SAME,
    Happening.CANCEL_REJECTED: _SAME,
    Happening.REPLACE_REJECTED: _SAME,
    Happening.TIMEOUT: _SAME,
    Happening.FOUND: Cell(Target.AS_FOUND),
    Happening.NOT_FOUND: _SAME,
}
_FILLED: _Row = {
    **_ENDED,
    FillSize.PART: Cell(OrderState.FILLED, Anomaly.OVERFILL),
    FillSize.WHOLE: Cell(OrderState.FILLED, Anomaly.OVERFILL),
}
_CANCELLED: _Row = {
    **_ENDED,
    FillSize.PART: Cell(Target.SAME, Anomaly.LATE_FILL),
    FillSize.WHOLE: Cell(OrderState.FILLED, Anomaly.LATE_FILL),
    Happening.CANCELLED: _SAME,
}
_EXPIRED: _Row = {
    **_ENDED,
    FillSize.PART: Cell(Target.SAME, Anomaly.LATE_FILL),
    FillSize.WHOLE: Cell(OrderState.FILLED, Anomaly.LATE_FILL),
    Happening.EXPIRED: _SAME,
}
_REJECTED: _Row = {
    **_ENDED,
    Happening.ACK: Cell(Target.SAME, reconcile=True),
    Happening.BROKER_REJECT: _SAME,
    FillSize.PART: Cell(OrderState.PARTIALLY_FILLED, Anomaly.FILL_AFTER_REJECT),
    FillSize.WHOLE: Cell(OrderState.FILLED, Anomaly.FILL_AFTER_REJECT),
}
_DENIED: _Row = {
    Happening.ACK: _FORGED,
    Happening.BROKER_REJECT: _FORGED,
    FillSize.PART: _FORGED,
    FillSize.WHOLE: _FORGED,
    Happening.CANCELLED: _FORGED,
    Happening.CANCEL_REJECTED: _FORGED,
    Happening.EXPIRED: _FORGED,
    Happening.REPLACED: _FORGED,
    Happening.REPLACE_REJECTED: _FORGED,
    Happening.FOUND: _FORGED,
}

_ROWS: Mapping[OrderState, _Row] = {
    OrderState.NEW: _NEW,
    OrderState.SUBMITTED: _SUBMITTED,
    OrderState.UNKNOWN: _UNKNOWN,
    OrderState.ACCEPTED: _ACCEPTED,
    OrderState.PARTIALLY_FILLED: _PARTIALLY_FILLED,
    OrderState.REPLACE_PENDING: _REPLACE_PENDING,
    OrderState.CANCEL_PENDING: _CANCEL_PENDING,
    OrderState.FILLED: _FILLED,
    OrderState.CANCELLED: _CANCELLED,
    OrderState.REJECTED: _REJECTED,
    OrderState.EXPIRED: _EXPIRED,
    OrderState.DENIED: _DENIED,
}

TABLE: Mapping[tuple[OrderState, Trigger], Cell] = {
    (state, trigger): row.get(trigger, _REQUEST_REFUSED if trigger in _REQUESTS else _REFUSED)
    for state, row in _ROWS.items()
    for trigger in TRIGGERS
}
"""The whole table: a cell for every state and every trigger."""
