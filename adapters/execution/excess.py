"""Ends orders that would sell shares which are not there any more: the position shrank while they rested."""

from dataclasses import dataclass

import structlog

from adapters.execution import store as rows
from adapters.execution.controls.flips import excess
from adapters.execution.happened import Happening
from adapters.execution.parts import Parts
from adapters.execution.sending import Sending
from adapters.execution.unexplained import sure_shares
from policy.order_contracts import OrderReason
from policy.store import reading

log = structlog.get_logger(__name__)

BY = "execution"
CODE = "not-reducing"


@dataclass(frozen=True)
class Excess:
    """Watches over what rests with the broker of ``parts``, whenever shares have been booked."""

    parts: Parts
    sending: Sending

    def end(self) -> int:
        """Ask for the end of every order that would flip a position by now; returns how many."""
        with reading(self.parts.store) as connection:
            shares = sure_shares(connection)
            over = list(excess(shares, rows.working(connection)))
        for order in over:
            message = (
                f"{shares.get(order.symbol, 0)} shares of {order.symbol} are left, so this would flip them"
            )
            log.warning("ended before it sells too much", order_id=str(order.order_id), symbol=order.symbol)
            reason = OrderReason(code=CODE, message=message)
            self.sending.tell(order.order_id, Happening.CANCEL_REQUEST, BY, (reason,))
        return len(over)
