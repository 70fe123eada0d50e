"""Nothing is held overnight: before a session closes what would add is cancelled and what is held is sold.

How long before, the limit ``flatten_before_close_minutes`` of the phase in force says; a phase without one
holds what it likes. Asked again, it does what is left to do, so a lost or refused exit is made once more.
An order that adds and was not filled for a while is let go: what a market does not give it will not take back
in time either. What is held all the same when the market has closed is alerted, and stops its symbol until a
person lets go.
"""

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from adapters.execution.bookkeeping import CASH, held
from adapters.execution.flattening import Flattening
from adapters.execution.parts import Parts
from adapters.execution.tables import orders
from policy.stops.scope import Scope, StopState
from policy.stops.standing import stops_in_force
from policy.stops.tables import stop_events
from policy.store import reading, writing

BY = "overnight"
"""On record as who left the positions."""
CAUSE = "held-overnight"
PATIENCE = timedelta(seconds=30)
"""How long a symbol whose exits came to nothing is left alone before it is tried again."""
STALE = timedelta(minutes=10)
"""How long an order that adds may wait for the market."""


@dataclass(frozen=True)
class Overnight:
    """Takes the house of ``parts`` out of its positions before each close.

    ``reconcile`` compares the books with the broker's, where an order is at work, and gives what it repaired.
    """

    parts: Parts
    flattening: Flattening
    reconcile: Callable[[], Sized]

    def leave_before_close(self) -> int:
        """Do what is due now; returns how many repairs, orders made or asked to end, and stops that came to.

        Raises ``PhaseUnreadable`` where the phase cannot be told.
        """
        with reading(self.parts.store) as connection:
            minutes = self.parts.bounds(connection).limits.flatten_before_close_minutes
        if minutes is None:
            return 0
        now = self.parts.clock.now()
        closes = self.parts.market.closes_at(now)
        if closes is None:
            return self._caught()
        is_late = closes - now <= timedelta(minutes=minutes)
        found = len(self.reconcile()) if is_late else 0  # what was bought and not told yet is left, too
        left = sum(self._leave(symbol) for symbol in self._due(now, everything=is_late))
        return found + left + self.flattening.let_go(now - STALE, BY)

    def _due(self, now: datetime, *, everything: bool) -> Sequence[str]:
        """Symbols to be left now: all of them late in a session, else those that were held overnight."""
        with reading(self.parts.store) as connection:
            standing = self.parts.standing(connection)
            found = {symbol for symbol, qty in standing.shares.items() if qty}
            found |= {order.symbol for order in standing.working} if everything else set()
            wanted = (one for one in sorted(found) if everything or _was_caught(connection, one))
            return [one for one in wanted if self._may_be_left(connection, one, now)]

    def _may_be_left(self, connection: Connection, symbol: str, now: datetime) -> bool:
        """Whether a try makes sense: exits are not held back, and none was made just now."""
        stop = stops_in_force(connection).over(symbol, None)
        if stop is not None and not stop.exits:
            return False
        just_made = (orders.c.symbol == symbol, orders.c.created_at > now - PATIENCE)
        tried = connection.execute(select(orders.c.seq).where(*just_made, orders.c.signal_id.is_(None)))
        return tried.first() is None

    def _leave(self, symbol: str) -> int:
        done = self.flattening.flatten(symbol, BY)
        return len(done.orders) + len(done.cancelled)

    def _caught(self) -> int:
        """Stop every symbol that is held although the market has closed; once for each until it is let go."""
        if not self._held():
            return 0
        found = len(self.reconcile())  # a fill that is on its way counts
        with writing(self.parts.store) as connection:
            caught = [one for one in self._held_by(connection) if not _was_caught(connection, one)]
            for symbol in caught:
                self._stop(connection, symbol)
            return found + len(caught)

    def _stop(self, connection: Connection, symbol: str) -> None:
        qty, now = held(connection)[symbol], self.parts.clock.now()
        self.parts.alert(connection, now, CAUSE, symbol, qty=str(qty))
        note = f"{qty} of {symbol} are held though the market has closed; they are left at the next open"
        self.parts.stops.trip(
            Scope.symbol(symbol), StopState.REDUCING, cause=CAUSE, by=BY, note=note, connection=connection
        )

    def _held(self) -> Sequence[str]:
        with reading(self.parts.store) as connection:
            return self._held_by(connection)

    @staticmethod
    def _held_by(connection: Connection) -> Sequence[str]:
        return sorted(symbol for symbol, qty in held(connection).items() if qty and symbol != CASH)


def _was_caught(connection: Connection, symbol: str) -> bool:
    """Whether ``symbol`` was stopped for being held overnight and nobody has let it go since."""
    told = or_(stop_events.c.cause == CAUSE, stop_events.c.act == "rearmed")
    of_symbol = select(stop_events.c.act).where(stop_events.c.scope == str(Scope.symbol(symbol)), told)
    return connection.scalar(of_symbol.order_by(stop_events.c.number.desc()).limit(1)) == "tripped"
