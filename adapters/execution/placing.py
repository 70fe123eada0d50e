"""Placing orders: claimed, judged and put on record in one transaction, before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID

from sqlalchemy import Connection

from adapters.execution import keys
from adapters.execution.bookkeeping import one_at_a_time
from adapters.execution.controls.standing import free_to_leave, leaving, way_out
from adapters.execution.happened import Happened, Happening
from adapters.execution.keys import Key
from adapters.execution.lifecycle import after, created
from adapters.execution.order import Order, Purpose
from adapters.execution.parts import Parts
from adapters.execution.sending import CREATED
from adapters.execution.stopping.asked import stopped_now
from adapters.execution.trying import refused
from adapters.execution.views import view_of
from policy.contracts import Action, Decision
from policy.order_contracts import OrderReason, OrderRequest
from policy.permits import Asked, Denied, ExitAsked, OrderPermit
from policy.signals_on_record import SignalOnRecord, signal_on_record
from policy.store import writing
from policy.watching.traces import doing

CALLER = "caller"
HOUSE = "house"
EXIT = "exit"


@dataclass(frozen=True)
class Placing:
    """Makes orders of ``parts``; sending them is the next step and somebody else's."""

    parts: Parts

    def for_caller(self, key: Key, request: OrderRequest, by: str = CALLER) -> bool:
        """Make the one order of ``key``, denied or ready to be sent; False when the key was used before."""
        with writing(self.parts.store) as connection:
            one_at_a_time(connection)
            if not keys.claim(connection, key, keys.payload_hash(request), self.parts.clock.now()):
                return False
            self._make(connection, self._order(key, request), by)
            return True

    def for_house(self, decisions: Sequence[Decision]) -> list[UUID]:
        """Make an order for each of the house's own approvals; returns their ids, of old ones too.

        Each is for what was approved of the equity, in whole shares; a SELL for no more than is held.
        """
        with writing(self.parts.store) as connection:
            one_at_a_time(connection)
            return [self._follow(connection, decision) for decision in decisions]

    def exit(self, connection: Connection, key: Key, symbol: str, qty: Decimal, by: str) -> Order:
        """Make an order that reduces the position in ``symbol`` by ``qty`` shares, with an exit permit."""
        standing = self.parts.standing(connection)
        position = standing.shares.get(symbol, Decimal(0))
        order = self._new(key, symbol, way_out(position), qty, "exit")
        if (stop := stopped_now(connection, order)) is not None:
            return self._write(connection, order, (stop,), by)
        asked = self._exit_asked(order, position, leaving(symbol, order.side, standing.working))
        answer = self.parts.permits.grant_exit(connection, asked)
        return self._write(connection, order, _reasons(answer), by)

    def _follow(self, connection: Connection, decision: Decision) -> UUID:
        key = Key(HOUSE, str(decision.decision_id))
        if keys.claim(connection, key, str(decision.decision_id), self.parts.clock.now()):
            self._make(connection, self._order(key, self._sized(connection, decision)), HOUSE)
        return key.order_id

    def _sized(self, connection: Connection, decision: Decision) -> OrderRequest:
        """The order that an approval comes to: at least one share, so that a refusal of it is on record."""
        symbol, side = decision.symbol, decision.candidate_action
        price, equity = self.parts.market.reference_price(symbol, side), self.parts.account.equity()
        qty = Decimal(0)
        if price is not None and equity is not None:
            share = Decimal(repr(decision.approved_size_pct or 0.0))
            qty = (share * equity / price).to_integral_value(ROUND_FLOOR)
        if side == "SELL":
            standing = self.parts.standing(connection)
            free = free_to_leave(symbol, side, standing.shares, standing.working)
            qty = min(qty, free) if free > 0 else qty
        return OrderRequest(
            signal_id=decision.signal_id,
            symbol=symbol,
            side=side,
            qty=max(qty, Decimal(1)),
            order_type="MARKET",
        )

    def _order(self, key: Key, request: OrderRequest) -> Order:
        order = self._new(key, request.symbol, request.side, request.qty, "signal")
        return replace(
            order,
            signal_id=request.signal_id,
            order_type=request.order_type,
            limit_price=request.limit_price,
        )

    def _new(self, key: Key, symbol: str, side: Action, qty: Decimal, purpose: Purpose) -> Order:
        """An order of this moment, at the market."""
        now = self.parts.clock.now()
        return Order(
            order_id=key.order_id,
            client_order_id=key.client_order_id,
            symbol=symbol,
            side=side,
            qty=qty,
            order_type="MARKET",
            limit_price=None,
            purpose=purpose,
            created_at=now,
            updated_at=now,
        )

    def _make(self, connection: Connection, order: Order, by: str) -> None:
        with doing("execution.place", order.signal_id, order_id=str(order.order_id), symbol=order.symbol):
            signal = signal_on_record(connection, _signal_of(order))
            order = replace(order, strategy=signal.strategy if signal else None)
            decision_id, reasons = self._permitted(connection, order, signal)
            self._write(connection, replace(order, decision_id=decision_id), reasons, by)

    def _permitted(
        self, connection: Connection, order: Order, signal: SignalOnRecord | None
    ) -> tuple[UUID | None, tuple[OrderReason, ...]]:
        """The decision that stands for the order, and why it may not be sent; nothing when it may.

        A stop comes first: whatever the rules say, it holds.
        """
        if (stop := stopped_now(connection, order)) is not None:
            return (signal.decision_id if signal else None), (stop,)
        asked = self._asked(order)
        examined = self.parts.permits.examine(connection, asked)
        if isinstance(examined, Denied):
            return examined.decision_id, (examined.reason,)
        assert signal is not None, "what was examined has a decision on record"
        reasons = refused(self.parts, connection, order, asked, signal)
        return examined.decision_id, reasons or _reasons(self.parts.permits.grant(connection, examined))

    def _asked(self, order: Order) -> Asked:
        return Asked(
            order_id=order.order_id,
            client_order_id=order.client_order_id,
            signal_id=_signal_of(order),
            symbol=order.symbol,
            side=order.side,
            qty=order.qty,
            price=self._price(order),
            equity=self.parts.account.equity(),
        )

    def _exit_asked(self, order: Order, position: Decimal, leaving: Decimal) -> ExitAsked:
        """What an exit permit is asked for: ``leaving`` shares are on their way out already."""
        return ExitAsked(
            order_id=order.order_id,
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=order.side,
            qty=order.qty,
            position=position,
            leaving=leaving,
            price=self.parts.market.reference_price(order.symbol, order.side),
            market_open=self.parts.market.is_open(order.created_at),
        )

    def _price(self, order: Order) -> Decimal | None:
        """What a share may cost at most, or brings now: a BUY's limit counts where it is above the market."""
        price = self.parts.market.reference_price(order.symbol, order.side)
        if price is None or order.limit_price is None or order.side == "SELL":
            return price
        return max(price, order.limit_price)

    def _write(
        self, connection: Connection, order: Order, refused: tuple[OrderReason, ...], by: str
    ) -> Order:
        """Record the order, and where it is refused its end and the answer."""
        steps = [created(order, by)]
        if refused:
            denied = Happened(Happening.DENY, order.created_at, "execution", reasons=refused)
            steps.append(after(steps[0].order, denied))
        last = self.parts.record(connection, None, steps, order.created_at)
        if refused:
            keys.answer(connection, order.order_id, CREATED, view_of(last).model_dump_json())
        return last


def _signal_of(order: Order) -> UUID:
    assert order.signal_id is not None, "orders without a signal need an exit permit"
    return order.signal_id


def _reasons(answer: OrderPermit | OrderReason) -> tuple[OrderReason, ...]:
    """Why no permit was given; nothing where one was."""
    return (answer,) if isinstance(answer, OrderReason) else ()
