"""Hears Postgres tell of new events in the outbox (LISTEN), and wakes whoever is to look."""

import threading
from collections.abc import Callable

import structlog
from psycopg import Connection, Error, connect
from sqlalchemy import Engine

log = structlog.get_logger(__name__)

CHANNEL = "trivet_outbox"
_LISTEN_SECONDS = 0.2
_RETRY_SECONDS = 1.0


class Ears:
    """Listens in a thread and on a connection of its own; calls ``wake`` for what it hears.

    It may miss something while its connection is away: whoever is woken looks from time to time anyway.
    """

    def __init__(self, store: Engine, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)

    def start(self) -> None:
        """Begin to listen; on SQLite there is nobody to listen to."""
        if self._store.dialect.name == "postgresql":
            self._thread.start()

    def stop(self) -> None:
        """End within a moment."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._opened() as connection:
                    connection.execute("LISTEN " + CHANNEL)
                    self._wake()
                    self._listen(connection)
            except Error as error:
                log.info("nothing is heard from the database; listening again", error=str(error))
                self._stopping.wait(_RETRY_SECONDS)

    def _listen(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            for _ in connection.notifies(timeout=_LISTEN_SECONDS, stop_after=1):
                self._wake()

    def _opened(self) -> Connection:
        """Outside the pool, since a connection that listens is of no other use."""
        arguments, options = self._store.dialect.create_connect_args(self._store.url)
        return connect(*arguments, **options, autocommit=True, connect_timeout=5)
