"""Whether a stop stands in an order's way, read in the transaction that makes or sends it."""

from sqlalchemy import Connection

from adapters.execution import store as rows
from adapters.execution.bookkeeping import held
from adapters.execution.order import Order
from adapters.execution.stopping.held import stopped
from adapters.execution.unexplained import explained, shared
from policy.order_contracts import OrderReason
from policy.stops.standing import stops_in_force


def stopped_now(connection: Connection, order: Order) -> OrderReason | None:
    """Why ``order``, which is not sent yet, may not go out as things stand; None where no stop is in its way.

    Stops that cannot be read count as everything being halted. Every other order that may still trade
    counts as traded.
    """
    stops = stops_in_force(connection)
    if not stops:
        return None
    shares = shared(held(connection), explained(connection))
    others = [one for one in rows.promised(connection) if one.order_id != order.order_id]
    return stopped(order, stops, shares, others)
