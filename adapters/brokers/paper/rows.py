"""How the values of the paper broker's books are spelled as rows, and rows as values."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from adapters.brokers.paper.books import Delivery
from adapters.brokers.paper.orders import Entry, PaperOrder, Trade, external_order_id
from adapters.ports import BrokerMessage, BrokerWord, OrderTicket

Values = dict[str, Any]


def order_row(order: PaperOrder) -> Values:
    """An order as it came in."""
    own = {
        "arrival": order.arrival,
        "reserve_price": order.reserve_price,
        "session": order.session,
        "taken_at": order.taken_at,
    }
    return asdict(order.ticket) | own


def entry_row(entry: Entry) -> Values:
    """One line of the journal; without a trade its columns are empty."""
    trade = entry.trade
    return {
        "client_order_id": entry.client_order_id,
        "sequence": entry.sequence,
        "word": entry.word.value,
        "at": entry.at,
        "execution_id": trade.execution_id if trade else None,
        "qty": trade.qty if trade else None,
        "price": trade.price if trade else None,
        "commission": trade.commission if trade else None,
        "reason": entry.reason,
    }


def delivery_row(delivery: Delivery) -> Values:
    """One telling, told or held back."""
    return asdict(delivery)


def order_of(row: Row[Any]) -> PaperOrder:
    """The order as it came in, before its journal."""
    ticket = OrderTicket(
        client_order_id=row.client_order_id,
        symbol=row.symbol,
        side=row.side,
        qty=row.qty,
        order_type=row.order_type,
        limit_price=row.limit_price,
    )
    return PaperOrder(row.arrival, ticket, row.session, row.reserve_price, row.taken_at)


def entry_of(row: Row[Any]) -> Entry:
    """The line of the journal that ``entry_row`` spelled."""
    told = row.execution_id
    trade = Trade(told, row.qty, row.price, row.commission) if told is not None else None
    return Entry(row.client_order_id, row.sequence, BrokerWord(row.word), row.at, trade, row.reason)


def delivery_of(row: Row[Any]) -> Delivery:
    """The telling that ``delivery_row`` spelled."""
    return Delivery(**row._asdict())


def message_of(row: Row[Any]) -> BrokerMessage:
    """A line of the journal as it was told under ``row.number``."""
    return BrokerMessage(
        number=row.number,
        sequence=row.sequence,
        word=BrokerWord(row.word),
        client_order_id=row.client_order_id,
        external_order_id=external_order_id(row.client_order_id),
        at=row.at,
        execution_id=row.execution_id,
        qty=row.qty,
        price=row.price,
        commission=row.commission,
        reason=row.reason,
    )
