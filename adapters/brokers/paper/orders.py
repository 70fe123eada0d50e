"""An order in the paper broker's journal: what it was when it came in, and what every entry made of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from uuid import UUID

from adapters.ports import BrokerOrder, BrokerWord, OrderTicket
from policy.order_contracts import OrderState
from policy.ports import derived_id

_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])  # money is added up, never rounded
_ZERO = Decimal(0)
_ENDS = {
    BrokerWord.REJECTED: OrderState.REJECTED,
    BrokerWord.CANCELLED: OrderState.CANCELLED,
    BrokerWord.EXPIRED: OrderState.EXPIRED,
}
_WORKING = frozenset({OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class Trade:
    """One execution: whole shares at dollars a share, and its part of the order's commission in dollars."""

    execution_id: str
    qty: Decimal
    price: Decimal
    commission: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal: the ``sequence``-th thing that happened to an order."""

    client_order_id: UUID
    sequence: int
    word: BrokerWord
    at: datetime
    trade: Trade | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """An order with everything the journal says of it.

    ``arrival`` is its place in the queue, ``session`` the day it is good for, ``reserve_price`` what a buy
    sets aside, in dollars a share. Before its first entry it is NEW.
    """

    arrival: int
    ticket: OrderTicket
    session: date
    reserve_price: Decimal
    taken_at: datetime
    state: OrderState = OrderState.NEW
    cum_qty: Decimal = _ZERO
    notional: Decimal = _ZERO
    commission: Decimal = _ZERO
    fills: int = 0
    sequence: int = 0
    at: datetime | None = None

    @property
    def client_order_id(self) -> UUID:
        """The customer's own id of the order."""
        return self.ticket.client_order_id

    @property
    def leaves_qty(self) -> Decimal:
        """Shares that are not filled."""
        return self.ticket.qty - self.cum_qty

    @property
    def is_working(self) -> bool:
        """Whether it can still trade."""
        return self.state in _WORKING


def external_order_id(client_order_id: UUID) -> str:
    """The broker's id of an order; it follows from the customer's, so that replays agree."""
    return f"paper-{derived_id('paper-order', client_order_id)}"


def execution_id(order: PaperOrder) -> str:
    """The id of the order's next execution."""
    return f"{external_order_id(order.client_order_id)}-{order.fills + 1}"


def after(order: PaperOrder, entry: Entry) -> PaperOrder:
    """``order`` once ``entry`` has happened to it."""
    order = replace(order, sequence=entry.sequence, at=entry.at)
    if entry.trade is not None:
        return _traded(order, entry.trade)
    if entry.word in _ENDS:
        return replace(order, state=_ENDS[entry.word])
    if entry.word is BrokerWord.ACCEPTED:
        return replace(order, state=OrderState.ACCEPTED)
    return order


def cash_moved(order: PaperOrder, trade: Trade) -> Decimal:
    """Dollars by which ``trade`` changes the account's cash, commission included."""
    with localcontext(_EXACT):
        paid = trade.qty * trade.price
        return (-paid if order.ticket.side == "BUY" else paid) - trade.commission


def shares_moved(order: PaperOrder, trade: Trade) -> Decimal:
    """Shares by which ``trade`` changes the account's position."""
    return trade.qty if order.ticket.side == "BUY" else -trade.qty


def seen(order: PaperOrder) -> BrokerOrder:
    """``order`` as the broker shows it to its customer."""
    ticket = order.ticket
    return BrokerOrder(
        client_order_id=ticket.client_order_id,
        external_order_id=external_order_id(ticket.client_order_id),
        symbol=ticket.symbol,
        side=ticket.side,
        qty=ticket.qty,
        order_type=ticket.order_type,
        limit_price=ticket.limit_price,
        state=order.state,
        cum_qty=order.cum_qty,
        notional=order.notional,
        commission=order.commission,
        sequence=order.sequence,
        at=order.at or order.taken_at,
    )


def _traded(order: PaperOrder, trade: Trade) -> PaperOrder:
    with localcontext(_EXACT):
        filled = order.cum_qty + trade.qty
        return replace(
            order,
            cum_qty=filled,
            notional=order.notional + trade.qty * trade.price,
            commission=order.commission + trade.commission,
            fills=order.fills + 1,
            state=OrderState.FILLED if filled == order.ticket.qty else OrderState.PARTIALLY_FILLED,
        )
