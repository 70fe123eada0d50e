"""What the execution service's tables say at a scrape: orders at work, and what takes no new risk."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection, func, select

from adapters.execution.tables import frozen_symbols, orders
from policy.order_contracts import FINAL, OrderState
from policy.stops.scope import EVERYTHING, StopState
from policy.stops.standing import stops_in_force
from policy.watching.gauges import gauge, gauges

_AT_WORK = select(orders.c.state, func.count()).where(orders.c.working).group_by(orders.c.state)
_WORKING = [state for state in OrderState if state not in FINAL and state is not OrderState.NEW]
_FROZEN = select(func.count()).select_from(frozen_symbols)


def working_orders(connection: Connection, _at: datetime | None) -> Iterator[Metric]:
    """Orders that are, or may be, at work with the broker, by state; a state without any is told as 0."""
    counts = {state.value: 0.0 for state in _WORKING}
    counts |= {str(state): float(count) for state, count in connection.execute(_AT_WORK)}
    yield gauges("trivet_orders_working", "orders that may still be filled, by state", "state", counts)


def frozen(connection: Connection, _at: datetime | None) -> Iterator[Metric]:
    """What is frozen, and whether the whole house is halted."""
    stop = stops_in_force(connection).at(EVERYTHING)
    halted = stop is not None and stop.state is StopState.HALTED
    yield gauge("trivet_halted", "1 while nothing but exits may be sent", float(halted))
    count = connection.scalar(_FROZEN) or 0
    yield gauge("trivet_frozen_symbols", "symbols that take no new risk", count)
