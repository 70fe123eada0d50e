"""Whether a stop stands in an order's way, read in the transaction that makes or sends it."""

from sqlalchemy import Connection

from adapters.execution import store as rows
from adapters.execution.order import Order
from adapters.execution.stopping.held import stopped
from adapters.execution.unexplained import sure_shares
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
    return stopped(order, stops, sure_shares(connection), rows.promised(connection, beside=order))
