"""Carries events from the outbox to the bus: at least once, in order, until nothing is left."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

import structlog
from sqlalchemy import Engine, text

from adapters.events.bus import Bus
from policy.contracts import Event
from policy.outbox import mark_delivered, undelivered
from policy.store import reading, writing

log = structlog.get_logger(__name__)

_MOST = 500
_POLL_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 5.0
_LEASE = 0x7472_6C79  # the advisory lock of the one active relay of a Postgres store

Numbered = tuple[int, Event]


class Relay:
    """Reads the outbox of ``store`` and publishes on ``bus``.

    Of several processes on one Postgres store only one relays at a time: two would lose the order.
    """

    def __init__(self, store: Engine, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._one_pump = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure: str | None = None
        """What the background thread last failed with; None while it works."""

    def pump(self) -> int:
        """Deliver everything undelivered and everything that causes; returns how many events.

        Raises what a handler raises; that handler's events then stay undelivered.
        """
        delivered = 0
        with self._one_pump, _lease(self._store) as held:
            while held and (batch := self._next()):
                self._deliver(batch)
                delivered += len(batch)
        return delivered

    def start(self) -> None:
        """Pump in a background thread, on every ``wake`` and twice a second besides."""
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Tell the background thread that something was committed."""
        self._wake.set()

    def stop(self) -> None:
        """End the background thread after what it is delivering now."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _next(self) -> list[Numbered]:
        with reading(self._store) as connection:
            return undelivered(connection, _MOST)

    def _deliver(self, batch: Sequence[Numbered]) -> None:
        """Hand over run by run; what was handed over before a handler failed is not handed over again."""
        handed_over: list[int] = []
        try:
            for run in _runs(batch):
                self._bus.publish([event for _, event in run])
                handed_over += [number for number, _ in run]
        finally:
            with writing(self._store) as connection:
                mark_delivered(connection, handed_over)

    def _run(self) -> None:
        wait = _POLL_SECONDS
        while not self._stopping.is_set():
            wait = _POLL_SECONDS if self._pumped() else min(wait * 2, _LONGEST_WAIT_SECONDS)
            self._wake.wait(wait)
            self._wake.clear()

    def _pumped(self) -> bool:
        try:
            self.pump()
        except Exception as error:  # the thread must outlive any handler's failure
            self.failure = repr(error)
            log.exception("events could not be delivered; they stay in the outbox and are tried again")
            return False
        self.failure = None
        return True


def _runs(batch: Sequence[Numbered]) -> Iterator[list[Numbered]]:
    for _, run in groupby(batch, key=lambda numbered: numbered[1].type):
        yield list(run)


@contextmanager
def _lease(store: Engine) -> Iterator[bool]:
    """True while this process is the store's only relay."""
    if store.dialect.name != "postgresql":
        yield True
        return
    with store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LEASE}))
        try:
            yield held
        finally:
            if held:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LEASE})
