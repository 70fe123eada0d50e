"""Leaving positions on demand: what would add is cancelled, what is held is sold, by exit permits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection

from adapters.execution import store as rows
from adapters.execution.bookkeeping import one_at_a_time
from adapters.execution.controls.standing import free_to_leave, way_out
from adapters.execution.happened import Happening
from adapters.execution.hearing import Hearing
from adapters.execution.keys import Key
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from adapters.execution.placing import EXIT, Placing
from adapters.execution.sending import Sending
from adapters.execution.views import view_of
from policy.order_contracts import OrderState, OrderView
from policy.store import reading, writing


@dataclass(frozen=True, slots=True)
class Flattened:
    """What a flattening did: exits that were made, and orders that were asked to end."""

    orders: tuple[OrderView, ...]
    cancelled: tuple[OrderView, ...]


@dataclass(frozen=True)
class Flattening:
    """Takes the house out of positions; asked again while its exits are at work it adds none."""

    parts: Parts
    placing: Placing
    sending: Sending
    hearing: Hearing

    def flatten(self, symbol: str | None, by: str) -> Flattened:
        """Leave ``symbol``, or every symbol where it is None, as far as that is not under way already."""
        with self.parts.line:
            cancelled = [self._cancel(order, by) for order in self._adding(symbol)]
            self.sending.send(self._unsent(symbol))
            self.hearing.hear()
            exits = self._made(symbol, by)
            self.sending.send(exits)
            self.hearing.hear()
            return Flattened(self._views(exits), self._views(cancelled))

    def let_go(self, made_by: datetime, by: str) -> int:
        """Cancel orders at work that add and were made by that time; returns how many were asked to end."""
        with self.parts.line:
            old = [one for one in self._adding(None) if one.created_at <= made_by]
            asked = [self._cancel(one, by) for one in old if one.state is not OrderState.CANCEL_PENDING]
            if asked:
                self.hearing.hear()
            return len(asked)

    def _adding(self, symbol: str | None) -> list[Order]:
        """Orders at work that would make a position larger."""
        with reading(self.parts.store) as connection:
            standing = self.parts.standing(connection)
        return [order for order in standing.working if _adds(order, standing.shares, symbol)]

    def _unsent(self, symbol: str | None) -> list[UUID]:
        """Orders that were made and nobody has sent: until they are, or end, their shares cannot be sold."""
        with reading(self.parts.store) as connection:
            made = rows.never_sent(connection)
        return [order.order_id for order in made if symbol in (None, order.symbol)]

    def _cancel(self, order: Order, by: str) -> UUID:
        self.sending.tell(order.order_id, Happening.CANCEL_REQUEST, by)
        return order.order_id

    def _made(self, symbol: str | None, by: str) -> list[UUID]:
        with writing(self.parts.store) as connection:
            one_at_a_time(connection)
            shares = self.parts.standing(connection).shares
            wanted = [one for one in sorted(shares) if symbol in (None, one)]
            return [made for one in wanted if (made := self._exit(connection, one, by))]

    def _exit(self, connection: Connection, symbol: str, by: str) -> UUID | None:
        """An order for the shares of ``symbol`` that are not on their way out yet; None when all are."""
        standing = self.parts.standing(connection)
        side = way_out(standing.held(symbol))
        free = free_to_leave(symbol, side, standing.shares, standing.working)
        if free <= 0:
            return None
        key = Key(EXIT, f"{symbol}/{rows.count_of(connection, symbol)}")
        return self.placing.exit(connection, key, symbol, free, by).order_id

    def _views(self, order_ids: list[UUID]) -> tuple[OrderView, ...]:
        with reading(self.parts.store) as connection:
            found = [rows.one(connection, order_id) for order_id in order_ids]
        return tuple(view_of(kept.order) for kept in found if kept is not None)


def _adds(order: Order, shares: Mapping[str, Decimal], symbol: str | None) -> bool:
    wanted = symbol is None or order.symbol == symbol
    return wanted and order.side != way_out(shares.get(order.symbol, Decimal(0)))
