"""The sandbox broker's messages on record: numbered once for all, so a restart loses and doubles none."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, select, update

from adapters.brokers.alpaca.tables import alpaca_messages, alpaca_orders, alpaca_progress
from adapters.brokers.alpaca.telling import (
    Fit,
    Known,
    Message,
    Trade,
    by_status,
    by_trade,
    client_id,
    is_over,
    refused,
)
from adapters.brokers.alpaca.wire import WireOrder
from adapters.ports import BrokerMessage, BrokerWord
from policy.order_contracts import decimal_text
from policy.ports import Clock, derived_id
from policy.store import insert_new, lock_out_writers, reading, writing

_OPENED, _READ = "opened", "fills-read"
_FILL = "fill/"
_ORDER = select(alpaca_orders).where(alpaca_orders.c.external_order_id == bindparam("order"))
_TOLD = select(alpaca_messages).where(alpaca_messages.c.external_order_id == bindparam("order"))
_LAST = select(func.coalesce(func.max(alpaca_messages.c.number), 0))
_AT_WORK = select(alpaca_orders.c.external_order_id).where(~alpaca_orders.c.ended)
_BY_CLIENT = select(alpaca_orders.c.external_order_id).where(
    alpaca_orders.c.client_order_id == bindparam("client")
)
_CHANGED = select(alpaca_messages.c.external_order_id).where(alpaca_messages.c.heard_at >= bindparam("since"))
_AFTER = (
    select(alpaca_messages, alpaca_orders.c.client_order_id)
    .join(alpaca_orders, alpaca_orders.c.external_order_id == alpaca_messages.c.external_order_id)
    .where(alpaca_messages.c.number > bindparam("after"))
    .order_by(alpaca_messages.c.number)
)
_END = update(alpaca_orders).where(alpaca_orders.c.external_order_id == bindparam("order")).values(ended=True)
_PROGRESS = select(alpaca_progress.c.at).where(alpaca_progress.c.name == bindparam("which"))
_MOVE = update(alpaca_progress).where(alpaca_progress.c.name == bindparam("which")).values(at=bindparam("to"))


class Journal:
    """What one sandbox account told, over one store; safe to be used from threads and processes at once."""

    def __init__(self, store: Engine, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        now = clock.now()
        rows = [{"name": name, "at": now} for name in (_OPENED, _READ)]
        with writing(store) as connection:
            connection.execute(insert_new(connection, alpaca_progress), rows)

    @property
    def opened_at(self) -> datetime:
        """When the account was first opened here; what had ended before is none of the house's business."""
        return self._progress(_OPENED)

    @property
    def fills_read_until(self) -> datetime:
        """The broker's time up to which its list of fills has been read."""
        return self._progress(_READ)

    def read_fills_until(self, at: datetime) -> None:
        """Note that the list of fills has been read up to ``at``."""
        with writing(self._store) as connection:
            connection.execute(_MOVE, {"which": _READ, "to": at})

    def shown(self, orders: Iterable[WireOrder]) -> dict[str, Known]:
        """Tell what the statuses of ``orders`` say anew; what is known of each then, by the broker's id."""
        return {order.id: self._met(order) for order in orders}

    def traded(self, external_order_id: str, trade: Trade, *, listed: bool) -> Fit:
        """Tell of ``trade``, unless it was told; returns how it fits.

        One that the broker's list of fills holds (``listed``) counts wherever it lies; one of the stream
        only where it goes on from the last: what it skips, or says otherwise, waits for the list.
        Raises KeyError for an order that was never shown.
        """
        fits: list[Fit] = []

        def tell(known: Known) -> list[Message]:
            fit, message = by_trade(known, trade)
            fits.append(fit)
            wanted = listed or fit is Fit.NEXT
            return [message] if message is not None and wanted else []

        self._told(external_order_id, tell)
        return fits[-1]

    def refused(self, external_order_id: str, word: BrokerWord, at: datetime, reason: str) -> None:
        """Tell that a request of ours was refused; raises KeyError for an order that was never shown."""

        def tell(known: Known) -> list[Message]:
            message = refused(known, word, at, reason)
            return [message] if message is not None else []

        self._told(external_order_id, tell)

    def known(self, external_order_id: str) -> Known:
        """One order as far as it was told; raises KeyError when it was never shown."""
        with reading(self._store) as connection:
            return _known(connection, external_order_id)

    def external_id(self, client_order_id: UUID) -> str | None:
        """The broker's id of an order that it has shown; None for one that it has not."""
        with reading(self._store) as connection:
            found: str | None = connection.scalar(_BY_CLIENT, {"client": client_order_id})
            return found

    def at_work(self) -> list[str]:
        """The broker's ids of the orders to which something may still happen."""
        with reading(self._store) as connection:
            return list(connection.scalars(_AT_WORK.order_by(alpaca_orders.c.external_order_id)))

    def changed_since(self, since: datetime) -> list[str]:
        """The broker's ids of the orders of which something was told at ``since`` or later."""
        with reading(self._store) as connection:
            found = connection.scalars(_CHANGED.distinct(), {"since": since})
            return sorted(found)

    def after(self, number: int) -> list[BrokerMessage]:
        """Messages with a number above ``number``, in the order in which they were told."""
        with reading(self._store) as connection:
            return [_message(row) for row in connection.execute(_AFTER, {"after": number})]

    def _met(self, order: WireOrder) -> Known:
        """Keep ``order`` if it is new, and tell what its status says anew."""
        with reading(self._store) as connection:
            row = connection.execute(_ORDER, {"order": order.id}).first()
        if row is None:
            self._keep(order)
        known = self._told(order.id, lambda known: by_status(known, order))
        if is_over(known, order) and not known.ended:
            with writing(self._store) as connection:
                connection.execute(_END, {"order": order.id})
        return known

    def _keep(self, order: WireOrder) -> None:
        """A new order, under its customer's id; if another order has that, under one of its own."""
        theirs, next_best = client_id(order.client_order_id), derived_id("alpaca-order", order.id)
        with writing(self._store) as connection:
            for client in (theirs, next_best):
                connection.execute(insert_new(connection, alpaca_orders), [_order_row(order, client)])
                if connection.execute(_ORDER, {"order": order.id}).first() is not None:
                    return

    def _told(self, external_order_id: str, tell: Callable[[Known], Sequence[Message]]) -> Known:
        """Put on record what ``tell`` finds to say; asked again behind the lock, since others tell too."""
        with reading(self._store) as connection:
            known = _known(connection, external_order_id)
        if not tell(known):
            return known
        with writing(self._store) as connection:
            lock_out_writers(connection, alpaca_messages)
            messages = tell(_known(connection, external_order_id))
            if messages:
                rows = self._numbered(connection, external_order_id, messages)
                connection.execute(insert(alpaca_messages), rows)
            return _known(connection, external_order_id)

    def _numbered(
        self, connection: Connection, external_order_id: str, messages: Sequence[Message]
    ) -> list[dict[str, Any]]:
        last: int = connection.execute(_LAST).scalar_one()
        own = {"external_order_id": external_order_id, "heard_at": self._clock.now()}
        return [
            {"number": last + place, **own, **_message_row(message)}
            for place, message in enumerate(messages, start=1)
        ]

    def _progress(self, name: str) -> datetime:
        with reading(self._store) as connection:
            at: datetime = connection.execute(_PROGRESS, {"which": name}).scalar_one()
            return at


def _order_row(order: WireOrder, client_order_id: UUID) -> dict[str, Any]:
    return {
        "external_order_id": order.id,
        "client_order_id": client_order_id,
        "symbol": order.symbol,
        "submitted_at": order.submitted_at,
        "ended": False,
    }


def _message_row(message: Message) -> dict[str, Any]:
    trade = message.trade
    return {
        "what": message.what,
        "sequence": message.sequence,
        "word": message.word.value,
        "at": message.at,
        "qty": trade.qty if trade else None,
        "price": trade.price if trade else None,
        "filled_until": trade.until if trade else None,
        "reason": message.reason,
    }


def _known(connection: Connection, external_order_id: str) -> Known:
    order = connection.execute(_ORDER, {"order": external_order_id}).first()
    if order is None:
        raise KeyError(external_order_id)
    told = connection.execute(_TOLD, {"order": external_order_id}).all()
    trades = [
        Trade(row.filled_until, row.qty, row.price, row.at) for row in told if row.what.startswith(_FILL)
    ]
    return Known(
        external_order_id=external_order_id,
        client_order_id=order.client_order_id,
        submitted_at=order.submitted_at,
        ended=order.ended,
        told=frozenset(row.what for row in told),
        trades=tuple(sorted(trades, key=lambda trade: trade.until)),
    )


def _message(row: Row[Any]) -> BrokerMessage:
    is_fill = row.filled_until is not None
    return BrokerMessage(
        number=row.number,
        sequence=row.sequence,
        word=BrokerWord(row.word),
        client_order_id=row.client_order_id,
        external_order_id=row.external_order_id,
        at=row.at,
        execution_id=f"{row.external_order_id}/{decimal_text(row.filled_until)}" if is_fill else None,
        qty=row.qty,
        price=row.price,
        commission=Decimal(0) if is_fill else None,
        reason=row.reason,
    )
