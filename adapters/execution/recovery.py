"""What a process that broke off had begun is finished by the next one, and nothing is sent twice."""

import structlog

from adapters.execution import store as rows
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.sending import Sending
from adapters.ports import BrokerSilent
from policy.order_contracts import OrderState
from policy.store import reading

log = structlog.get_logger(__name__)


def recover(parts: Parts, sending: Sending) -> None:
    """Send what was made and never sent; find out about what was being sent, and being cancelled."""
    with reading(parts.store) as connection:
        made, working = rows.never_sent(connection), rows.working(connection)
    submitted = [order for order in working if order.state is OrderState.SUBMITTED]
    cancelling = [order for order in working if order.state is OrderState.CANCEL_PENDING]
    if made or submitted or cancelling:
        log.info("going on", made=len(made), sent=len(submitted), being_cancelled=len(cancelling))
    for order in submitted:
        sending.resume(order)
    for order in cancelling:
        _cancel_again(parts, sending, order)
    sending.send([order.order_id for order in made])


def _cancel_again(parts: Parts, sending: Sending, order: Order) -> None:
    """A cancel that the broker had is harmless the second time; one that it never had is sent now."""
    try:
        seen = parts.broker.order(order.client_order_id)
    except BrokerSilent:
        return  # it stays pending, and reconciliation asks again
    if seen is not None and seen.state in (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED):
        sending.send_cancel(order)
