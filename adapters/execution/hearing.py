"""Hearing the broker: its messages applied once each, in the order of delivery."""

from collections.abc import Sequence

import structlog
from sqlalchemy import Connection, bindparam, select, update

from adapters.execution import store as rows
from adapters.execution.excess import Excess
from adapters.execution.happened import from_message
from adapters.execution.lifecycle import after
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.sending import Sending
from adapters.execution.tables import broker_cursor as cursors
from adapters.ports import BrokerMessage, BrokerSilent, BrokerWord
from policy.bulk import insert_new_rows
from policy.store import reading, writing

log = structlog.get_logger(__name__)

_AT = select(cursors.c.number).where(cursors.c.broker == bindparam("which"))
_LOCKED = _AT.with_for_update()
_MOVE = update(cursors).where(cursors.c.broker == bindparam("which")).values(number=bindparam("heard"))


class Hearing:
    """Follows the stream of one broker; what was heard last is on record with what it changed.

    Every broker numbers its messages anew, so each has its own place on record, under its name.
    """

    def __init__(self, parts: Parts, sending: Sending) -> None:
        self._parts = parts
        self._sending = sending
        self._excess = Excess(parts, sending)
        self._which = {"which": parts.broker.name}
        with reading(parts.store) as connection:
            self._heard: int = connection.scalar(_AT, self._which) or 0

    def hear(self) -> int:
        """Apply everything the broker has delivered by now; returns how many messages that were.

        A silent broker has said nothing: the rest is heard the next time.
        """
        count = 0
        with self._parts.line:
            while messages := self._next():
                self._parts.unsettled.set()
                for order in self._applied(messages):
                    self._sending.send_cancel(order)
                if any(message.word is BrokerWord.FILLED for message in messages):
                    self._excess.end()
                count += len(messages)
        return count

    def _next(self) -> Sequence[BrokerMessage]:
        try:
            return self._parts.broker.heard(self._heard)
        except BrokerSilent as silent:
            log.warning("the broker's messages cannot be heard now", why=str(silent))
            return ()

    def _applied(self, messages: Sequence[BrokerMessage]) -> list[Order]:
        """Apply ``messages`` in one transaction; returns the orders whose cancel can go out now."""
        with writing(self._parts.store) as connection:
            last = self._lock(connection)
            new = [message for message in messages if message.number > last]
            cancels = [order for message in new if (order := self._apply(connection, message))]
            connection.execute(_MOVE, {**self._which, "heard": messages[-1].number})
        self._heard = messages[-1].number
        return cancels

    def _lock(self, connection: Connection) -> int:
        """What was heard last on record; nobody else applies messages until this transaction ends."""
        last = connection.scalar(_LOCKED, self._which)
        if last is None:
            row = {"broker": self._parts.broker.name, "number": 0}
            insert_new_rows(connection, cursors, [row], "broker")
            last = connection.scalar(_LOCKED, self._which)
        return int(last or 0)

    def _apply(self, connection: Connection, message: BrokerMessage) -> Order | None:
        now, kept = self._parts.clock.now(), rows.by_client_id(connection, message.client_order_id)
        if kept is None:
            self._unheard_of(connection, message)
            return None
        step = after(kept.order, from_message(message, now))
        self._parts.record(connection, kept, [step], now)
        return step.order if step.send_cancel else None

    def _unheard_of(self, connection: Connection, message: BrokerMessage) -> None:
        """A message about an order we do not have: reconciliation will find the order itself."""
        self._parts.alert(
            connection,
            message.at,
            "unheard-of-order",
            None,
            client_order_id=str(message.client_order_id),
            external_order_id=message.external_order_id,
            word=message.word.value,
        )
