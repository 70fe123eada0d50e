"""The stops in force, read in the transaction that acts on them; what cannot be read counts as tripped."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row, select

from policy.stops.contracts import StopView
from policy.stops.scope import EVERYTHING, Scope, StopState
from policy.stops.tables import stops

log = structlog.get_logger(__name__)

UNREADABLE = "unreadable"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALL = select(stops).order_by(stops.c.scope)


@dataclass(frozen=True, slots=True)
class Stop:
    """How one scope stands. ``exits``: orders that only reduce still pass; only a halt can hold them.

    ``cause`` is a code such as ``person`` or ``daily-drawdown``, ``number`` the event that made it so.
    """

    scope: Scope
    state: StopState
    exits: bool
    cause: str
    by: str
    note: str
    at: datetime
    number: int

    @property
    def severity(self) -> tuple[int, bool]:
        """Orders stops: of two, the greater lets less through."""
        return self.state.severity, not self.exits

    def view(self) -> StopView:
        """The same as a message."""
        return StopView(
            scope=str(self.scope),
            state=self.state,
            exits=self.exits,
            cause=self.cause,
            by=self.by,
            note=self.note,
            at=self.at,
            number=self.number,
        )


@dataclass(frozen=True, slots=True)
class StopsInForce:
    """Every stop that stands, none of them ACTIVE, in the order of their scopes' texts."""

    stops: tuple[Stop, ...] = ()

    def __iter__(self) -> Iterator[Stop]:
        return iter(self.stops)

    def __bool__(self) -> bool:
        return bool(self.stops)

    def at(self, scope: Scope) -> Stop | None:
        """The stop that stands at exactly ``scope``."""
        return next((one for one in self.stops if one.scope == scope), None)

    def over(self, symbol: str, strategy: str | None) -> Stop | None:
        """The strictest stop that concerns a trade in ``symbol`` by ``strategy``; None where none does."""
        concerned = {EVERYTHING, Scope.symbol(symbol)}
        if strategy is not None:
            concerned.add(Scope.strategy(strategy))
        return strictest(one for one in self.stops if one.scope in concerned)


def strictest(found: Iterable[Stop]) -> Stop | None:
    """The one that lets least through; of equals the earliest, None of none."""
    return max(found, key=lambda one: (one.severity, -one.number), default=None)


def stops_in_force(connection: Connection) -> StopsInForce:
    """What is stopped now, as the transaction of ``connection`` sees it.

    Never raises: where it cannot be read, for whatever reason, everything is HALTED with the cause
    ``unreadable``, and exits pass. The transaction itself stays usable if the database still answers.
    """
    try:
        with _apart(connection):
            found = tuple(stop_of(row) for row in connection.execute(_ALL))
    except Exception as error:  # whatever it is, not knowing counts as stopped
        log.error("the stops cannot be read, so everything counts as halted", error=repr(error))
        return StopsInForce((_unreadable(error),))
    return StopsInForce(tuple(one for one in found if one.state is not StopState.ACTIVE))


def stop_of(row: Row[Any]) -> Stop:
    """A row of ``stops``; raises ValueError where it holds what nobody wrote."""
    return Stop(
        scope=Scope.parse(row.scope),
        state=StopState(row.state),
        exits=bool(row.exits),
        cause=row.cause,
        by=row.by,
        note=row.note,
        at=row.at,
        number=row.number,
    )


def _apart(connection: Connection) -> AbstractContextManager[object]:
    """On Postgres a failed statement spoils its transaction unless it has a savepoint of its own."""
    return connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext()


def _unreadable(error: Exception) -> Stop:
    note = f"the stops cannot be read ({type(error).__name__}); mend the store, nothing needs re-arming then"
    return Stop(EVERYTHING, StopState.HALTED, True, UNREADABLE, "policy", note, _EPOCH, 0)
