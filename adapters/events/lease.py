"""The right to relay: one relay of a store at a time, for two would lose the order.

On Postgres the right is an advisory lock of one connection, and everything the relay reads and marks goes
over that very connection: when it is lost, the lock is lost with it, and nothing more can be read to be
published. SQLite's store belongs to one process alone.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from policy.contracts import Event
from policy.outbox import mark_delivered, undelivered
from policy.store import reading, writing

LEASE = 0x7472_6C79
"""The advisory lock of the one active relay of a Postgres store."""

DOZING = 0x7472_7A7A
"""Held while that relay sleeps; the outbox' trigger rings only then (see the migration that makes it)."""

Numbered = tuple[int, Event]

_TAKE = text(
    "SELECT pg_try_advisory_lock(:lease) AS held, current_setting('synchronous_commit') AS was, "
    # A mark that is lost in a crash costs a repetition, which every handler bears; waiting costs more.
    "set_config('synchronous_commit', 'off', false), "
    # A machine that vanishes without a word gives up its lock within ten seconds.
    "set_config('tcp_keepalives_idle', '4', false), set_config('tcp_keepalives_interval', '2', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)
_GIVE_UP = text("SELECT pg_advisory_unlock_all(), set_config('synchronous_commit', :was, false)")
_DOZE = text("SELECT pg_try_advisory_lock(:dozing)")
_ROUSE = text("SELECT pg_advisory_unlock(:dozing)")


class Lease(Protocol):
    """What a relay does with the outbox while it is the one that may."""

    def take(self) -> bool:
        """Whether the right is ours, now or still."""
        ...

    def next(self, most: int) -> list[Numbered]:
        """The oldest events nobody has had, each with its row number, at most ``most``."""
        ...

    def mark(self, numbers: Sequence[int]) -> None:
        """Note that those were handed over."""
        ...

    def doze(self) -> bool:
        """Arrange to be woken by the next commit; False while somebody is about to commit unheard."""
        ...

    def rouse(self) -> None:
        """Nobody need wake us any more."""
        ...

    def give_up(self) -> None:
        """Let another relay have the right; never raises."""
        ...


def lease_of(store: Engine) -> Lease:
    """The right to relay ``store``, not taken yet."""
    return PostgresLease(store) if store.dialect.name == "postgresql" else SoleLease(store)


class SoleLease:
    """Nobody else relays a store of this process alone."""

    def __init__(self, store: Engine) -> None:
        self._store = store

    def take(self) -> bool:
        """Always."""
        return True

    def next(self, most: int) -> list[Numbered]:
        """As ``Lease.next``."""
        with reading(self._store) as connection:
            return undelivered(connection, most)

    def mark(self, numbers: Sequence[int]) -> None:
        """As ``Lease.mark``."""
        with writing(self._store) as connection:
            mark_delivered(connection, numbers)

    def doze(self) -> bool:
        """Whoever commits in this process wakes the relay by itself."""
        return True

    def rouse(self) -> None:
        """Nothing to do."""

    def give_up(self) -> None:
        """Nothing to do."""


class PostgresLease:
    """The right as an advisory lock, held for as long as its connection lives."""

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._connection: Connection | None = None
        self._held = False
        self._was = ""

    def take(self) -> bool:
        """One attempt, without waiting for whoever has it; the connection is kept for the next."""
        if self._held:
            return True
        if self._connection is None:
            self._connection = self._store.connect().execution_options(isolation_level="AUTOCOMMIT")
        found = self._connection.execute(_TAKE, {"lease": LEASE}).one()
        self._held, self._was = found.held, self._was or found.was
        return self._held

    def next(self, most: int) -> list[Numbered]:
        """Over the connection that holds the lock: a lost lock cannot be read with."""
        return undelivered(self._own(), most)

    def mark(self, numbers: Sequence[int]) -> None:
        """As ``Lease.mark``."""
        mark_delivered(self._own(), numbers)

    def doze(self) -> bool:
        """True once no transaction is under way that did not see us asleep."""
        return bool(self._own().scalar(_DOZE, {"dozing": DOZING}))

    def rouse(self) -> None:
        """As ``Lease.rouse``."""
        self._own().execute(_ROUSE, {"dozing": DOZING})

    def give_up(self) -> None:
        """Unlock and hand the connection back as it was; one that cannot be asked is thrown away."""
        connection, self._connection, self._held = self._connection, None, False
        if connection is None:
            return
        try:
            connection.execute(_GIVE_UP, {"was": self._was})
        except SQLAlchemyError:
            connection.invalidate()
        connection.close()

    def _own(self) -> Connection:
        assert self._connection is not None
        assert self._held
        return self._connection
