"""The last look: what is cheap to check is checked once more, in the transaction that sends an order."""

from sqlalchemy import Connection

from adapters.execution import store as rows
from adapters.execution.controls.flips import would_flip
from adapters.execution.controls.trial import Bounds
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.unexplained import sure_shares
from policy.order_contracts import OrderReason
from policy.rollout.phases import InPhase, PhaseUnreadable, standing_phase


def last_look(parts: Parts, connection: Connection, order: Order) -> OrderReason | None:
    """Control 42: why ``order``, permitted a moment or a restart ago, does not go out now; None where it may.

    What it would sell must still be there. All but exits are held against the phase that is in force by now.
    """
    shares, others = sure_shares(connection), rows.promised(connection, beside=order)
    if (reason := would_flip(order, shares, others)) is not None:
        return reason
    return None if order.purpose == "exit" else _beyond(parts, connection, order)


def _beyond(parts: Parts, connection: Connection, order: Order) -> OrderReason | None:
    try:
        standing = standing_phase(connection)
    except PhaseUnreadable as error:
        return OrderReason(code="limit-phase-unknown", message=str(error))
    bounds = Bounds(standing.phase, parts.limits[standing.phase])
    return _moved(standing, order) or _other_broker(bounds, parts.broker.name)


def _moved(standing: InPhase, order: Order) -> OrderReason | None:
    """The limits by which the order was judged are no longer those that count."""
    if standing.since is None or standing.since <= order.created_at:
        return None
    message = (
        f"the house entered phase {standing.phase.value} after this was judged; have a new signal judged"
    )
    return OrderReason(code="limit-phase-changed", message=message)


def _other_broker(bounds: Bounds, broker: str) -> OrderReason | None:
    if broker in bounds.limits.brokers:
        return None
    return bounds.refusal("phase-lock", f"the broker of the house is {broker}", "brokers")
