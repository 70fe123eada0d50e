"""Saying things to the broker: on record before it is said, and what comes of it never guessed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Connection

from adapters.execution import keys
from adapters.execution import store as rows
from adapters.execution.controls.doubt import held_back
from adapters.execution.happened import Happened, Happening
from adapters.execution.last_look import last_look
from adapters.execution.lifecycle import Step, after
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.stopping.asked import stopped_now
from adapters.execution.views import view_of
from adapters.ports import BrokerRefused, BrokerSilent, OrderTicket
from policy.order_contracts import OrderReason, OrderState
from policy.permits import OrderPermit
from policy.store import reading, writing
from policy.watching.traces import doing

log = structlog.get_logger(__name__)

CREATED = 201

Beside = Callable[[Connection, Order, Order], None]
"""What else goes on record in the transaction of a step, given the order before and after it."""


def _nothing(_connection: Connection, _before: Order, _after: Order) -> None:
    return


@dataclass(frozen=True)
class Sending:
    """Hands permitted orders and cancels to the broker of ``parts``."""

    parts: Parts

    def send(self, order_ids: Sequence[UUID]) -> None:
        """Hand in those of the orders that are still NEW; whoever asked for one has the answer from then on.

        One whose permit has run out ends as EXPIRED instead, and one that was made before a stop or a freeze
        that concerns it as DENIED. Each is looked at when its turn comes: a broker may take seconds over
        those before it, and a trip meanwhile holds back the rest.
        """
        with self.parts.line:
            for order_id in order_ids:
                with writing(self.parts.store) as connection:
                    ready = self._ready(connection, order_id)
                if ready is not None:
                    self.hand_in(*ready)

    def hand_in(self, permit: OrderPermit, order: Order) -> None:
        """Give ``order``, which is on record as sent, to the broker, and record where that failed."""
        self.parts.unsettled.set()
        try:
            with doing("broker.submit", order.signal_id, order_id=str(order.order_id)):
                self.parts.broker.submit(permit, _ticket(order))
        except BrokerRefused as refused:
            reason = OrderReason(code="broker-refused", message=str(refused))
            self.tell(order.order_id, Happening.BROKER_REJECT, "broker", (reason,))
        except BrokerSilent as silent:
            log.warning("no answer to an order", order_id=str(order.order_id), why=str(silent))
            self.tell(order.order_id, Happening.TIMEOUT, "execution")

    def tell(self, order_id: UUID, what: Happening, by: str, reasons: tuple[OrderReason, ...] = ()) -> Step:
        """Let ``what`` happen to an order now, and send the cancel that it sets free, if it does."""
        happened = Happened(what, self.parts.clock.now(), by, reasons=reasons)
        return self.apply(order_id, happened)

    def apply(self, order_id: UUID, happened: Happened, beside: Beside = _nothing) -> Step:
        """As ``tell``, with an event that is ready; raises KeyError for an order that is not there."""
        with self.parts.line:
            with writing(self.parts.store) as connection:
                kept = rows.one(connection, order_id, locked=True)
                if kept is None:
                    raise KeyError(order_id)
                step = after(kept.order, happened)
                self.parts.record(connection, kept, [step], self.parts.clock.now())
                beside(connection, kept.order, step.order)
            if step.send_cancel:
                self.send_cancel(step.order)
            return step

    def send_cancel(self, order: Order) -> None:
        """Ask the broker to end ``order``, which is on record as asked for; its answer comes as a message."""
        try:
            self.parts.broker.cancel(order.client_order_id)
        except BrokerRefused as refused:
            reason = OrderReason(code="broker-refused", message=str(refused))
            self.tell(order.order_id, Happening.CANCEL_REJECTED, "broker", (reason,))
        except BrokerSilent as silent:
            log.warning("no answer to a cancel", order_id=str(order.order_id), why=str(silent))
            self.tell(order.order_id, Happening.TIMEOUT, "execution")

    def resume(self, order: Order) -> None:
        """Find out what became of an order that is on record as sent when the process broke off.

        Where the broker is certain never to have had it, the sending did not happen, and happens now: once,
        unless its permit has run out or new risk is held back by now.
        """
        try:
            seen = self.parts.broker.order(order.client_order_id)
        except BrokerSilent:
            self.tell(order.order_id, Happening.TIMEOUT, "recovery")
            return
        if seen is not None:
            return  # its messages are still to be heard
        with reading(self.parts.store) as connection:
            permit = self.parts.permits.recall(connection, order.order_id)
            reason = self._held_back(connection, order)
        happened = _what_happens(permit, reason, self.parts.clock.now())
        may_go = happened.what is Happening.SEND
        if permit is not None and self.parts.broker.certain and may_go:
            self.hand_in(permit, order)
        else:
            self.tell(order.order_id, Happening.TIMEOUT, "recovery")

    def _ready(self, connection: Connection, order_id: UUID) -> tuple[OrderPermit, Order] | None:
        """Put on record that the order is sent, and the answer with it; None where nothing is to be sent."""
        kept = rows.one(connection, order_id, locked=True)
        if kept is None or kept.order.state is not OrderState.NEW:
            return None
        permit, now = self.parts.permits.recall(connection, order_id), self.parts.clock.now()
        happened = _what_happens(permit, self._held_back(connection, kept.order), now)
        step = after(kept.order, happened)
        self.parts.record(connection, kept, [step], now)
        keys.answer(connection, order_id, CREATED, view_of(step.order).model_dump_json())
        return (permit, step.order) if permit is not None and happened.what is Happening.SEND else None

    def _held_back(self, connection: Connection, order: Order) -> OrderReason | None:
        """Why a permitted order does not go out after all: a stop, or what only exits get past."""
        reason = stopped_now(connection, order)
        reason = reason or last_look(self.parts, connection, order)
        if reason is not None or order.purpose == "exit":
            return reason
        frozen = rows.frozen(connection)
        return self.parts.gate.refusal() or held_back(order.symbol, order.side, frozen)


def _what_happens(permit: OrderPermit | None, reason: OrderReason | None, now: datetime) -> Happened:
    """Whether a permitted order goes out ``now``; ``reason`` is what holds it back, if anything does."""
    if permit is None or permit.expires_at <= now:
        return Happened(Happening.PERMIT_EXPIRED, now, "execution")
    if reason is not None:
        return Happened(Happening.DENY, now, "execution", reasons=(reason,))
    return Happened(Happening.SEND, now, "execution")


def _ticket(order: Order) -> OrderTicket:
    return OrderTicket(
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        qty=order.qty,
        order_type=order.order_type,
        limit_price=order.limit_price,
    )
