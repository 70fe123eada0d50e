"""What every broker asks of an order before anything else: that the permit handed in covers it."""

from datetime import datetime

from adapters.ports import OrderTicket
from policy.permits import OrderPermit


def check_permit(permit: OrderPermit, ticket: OrderTicket, now: datetime) -> None:
    """Raises ValueError unless ``permit`` covers ``ticket`` at ``now``."""
    asked = (ticket.client_order_id, ticket.symbol, ticket.side)
    if asked != (permit.client_order_id, permit.symbol, permit.side):
        raise ValueError(f"permit {permit.permit_id} is for another order; ask for one for this ticket")
    if ticket.qty > permit.qty:
        raise ValueError(
            f"permit {permit.permit_id} covers {permit.qty} shares, not {ticket.qty}; ask for less"
        )
    if permit.expires_at <= now:
        raise ValueError(f"permit {permit.permit_id} expired at {permit.expires_at}; ask for a new one")
