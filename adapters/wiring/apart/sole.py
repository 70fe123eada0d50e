"""One process at a time for services that must not be two: an advisory lock of the store they share.

The lock belongs to a connection and goes with it, as when Postgres is restarted. So the connection is
looked after, a lost lock is taken anew, and a process whose place somebody else has taken meanwhile ends.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.wiring.refusal import Refused

log = structlog.get_logger(__name__)

_FIRST_LOCK = 0x7472_7300
SOLE = ("player", "execution", "market", "strategy", "portfolio")
"""Services of which a store has one: they move its time, its broker, its quotes, its signals, its book."""
LOOK_SECONDS = 1.0
_KEEP_ALIVE = ("idle = 10", "interval = 5", "count = 3")
"""After 25 s without a sign of life from the process's machine, Postgres gives its place to the next."""


def end_this_process() -> None:
    """Ask the own process to stop as if somebody had: what is under way is finished."""
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def alone(
    store: Engine,
    service: str,
    displaced: Callable[[], None] = end_this_process,
    look_seconds: float = LOOK_SECONDS,
) -> Iterator[None]:
    """Be the only one of ``service`` until the end of the block, where there must not be two.

    A process that dies leaves the place to the next. ``displaced`` is called, once, when the place was lost
    and somebody else has it.

    Raises ``Refused`` while another process is it.
    """
    if service not in SOLE:
        yield
        return
    place = _Place(store, service, displaced)
    place.take()
    ended = threading.Event()
    looking = threading.Thread(target=place.keep, args=(ended, look_seconds), name="place", daemon=True)
    looking.start()
    try:
        yield
    finally:
        ended.set()
        looking.join()
        place.leave()


class _Place:
    """The lock of one service and the connection that holds it."""

    def __init__(self, store: Engine, service: str, displaced: Callable[[], None]) -> None:
        self._store = store
        self._service = service
        self._displaced = displaced
        self._held_by: Connection | None = None

    def take(self) -> None:
        """Raises ``Refused`` where it is taken, SQLAlchemy's errors where the database is away."""
        connection = self._store.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            connection.detach()  # back in the pool it would keep the lock
            for setting in _KEEP_ALIVE:
                connection.execute(text(f"SET tcp_keepalives_{setting}"))
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self._lock()}):
                raise Refused(
                    f"another {self._service} works on this store; stop it, or name another database"
                )
        except BaseException:
            connection.close()
            raise
        self._held_by = connection

    def keep(self, ended: threading.Event, look_seconds: float) -> None:
        """Look after the place until ``ended``; returns early when somebody else has it."""
        while not ended.wait(look_seconds):
            if self._is_held():
                continue
            try:
                self.take()
            except Refused:
                log.error("somebody else has this one's place; it ends", service=self._service)
                self._displaced()
                return
            except SQLAlchemyError as away:
                log.warning("the place cannot be taken again yet", service=self._service, why=repr(away))

    def leave(self) -> None:
        """Let the next one in."""
        if self._held_by is not None:
            with suppress(SQLAlchemyError):
                self._held_by.close()
            self._held_by = None

    def _is_held(self) -> bool:
        """Whether the connection is still there; one that is not is let go."""
        try:
            if self._held_by is not None:
                self._held_by.execute(text("SELECT 1"))
                return True
        except SQLAlchemyError:
            self.leave()
        return False

    def _lock(self) -> int:
        return _FIRST_LOCK + SOLE.index(self._service)
