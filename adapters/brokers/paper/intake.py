"""What the paper broker takes in: what it refuses on the spot, and what it rejects after a look at the books.

What the ticket and the exchange alone settle is refused at once. What depends on the account, and what
the risk desk says, comes as a message, as it does from brokers that check behind their gateway.
"""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from adapters.brokers.paper.books import Books
from adapters.brokers.paper.faults import Fault
from adapters.brokers.paper.models import CENT, Models
from adapters.brokers.paper.orders import PaperOrder
from adapters.brokers.paper.turn import Turn, happened
from adapters.brokers.paper.venue import Venue
from adapters.ports import BrokerRefused, BrokerWord, OrderTicket

RISK_DESK = "held by the broker's risk desk"


def priced(ticket: OrderTicket, venue: Venue, at: datetime) -> tuple[date, Decimal]:
    """The session that an order of ``at`` is good for and the price it can count on, in dollars a share.

    Raises ``BrokerRefused`` for a ticket that nobody could trade then.
    """
    _check_form(ticket)
    if ticket.symbol not in venue.symbols:
        raise BrokerRefused(f"unknown symbol {ticket.symbol!r}")
    session = venue.session_at(at)
    if session is None:
        raise BrokerRefused("the market is closed")
    price = venue.price(ticket.symbol, ticket.side)
    if price is None:
        raise BrokerRefused(f"no price for {ticket.symbol}")
    return session, price


def taken_in(
    turn: Turn, ticket: OrderTicket, session: date, price: Decimal, models: Models
) -> tuple[Turn, PaperOrder]:
    """``turn`` with ``ticket`` as the youngest order, accepted or rejected."""
    arrival = turn.books.arrivals + 1
    order = PaperOrder(arrival, ticket, session, models.reserve_price(ticket.limit_price, price), turn.at)
    turn = replace(turn, books=replace(turn.books, arrivals=arrival))
    if turn.faults.strikes(Fault.RISK_REJECT, order.client_order_id):
        return happened(turn, order, BrokerWord.REJECTED, reason=RISK_DESK)
    objection = _objection(turn.books, order, models)
    if objection is not None:
        return happened(turn, order, BrokerWord.REJECTED, reason=objection)
    return happened(turn, order, BrokerWord.ACCEPTED)


def _check_form(ticket: OrderTicket) -> None:
    if ticket.qty <= 0 or ticket.qty != ticket.qty.to_integral_value():
        raise BrokerRefused(f"{ticket.qty} is no number of whole shares")
    if (ticket.order_type == "LIMIT") != (ticket.limit_price is not None):
        raise BrokerRefused("a limit price goes with a limit order and with no other")
    if ticket.limit_price is not None and (ticket.limit_price <= 0 or ticket.limit_price % CENT):
        raise BrokerRefused(f"{ticket.limit_price} is no price in whole cents")


def _objection(books: Books, order: PaperOrder, models: Models) -> str | None:
    ticket = order.ticket
    if ticket.side == "SELL":
        free = books.free_shares(ticket.symbol)
        return f"no short sales: {free} of {ticket.symbol} are free to sell" if ticket.qty > free else None
    value = ticket.qty * order.reserve_price
    needed = value + models.commission.of(ticket.qty, value)
    free = books.cash - books.reserved_cash()
    return f"no buying power: the order needs {needed} of {free} dollars" if needed > free else None
