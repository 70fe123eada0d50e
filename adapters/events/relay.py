"""Carries events from the outbox to the bus: at least once, in order, until nothing is left."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy import Engine

from adapters.events.bus import Carrier
from adapters.events.ears import Ears
from adapters.events.lease import Numbered, lease_of
from policy.watching import traces

log = structlog.get_logger(__name__)

_MOST = 500
_POLL_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 5.0
_QUICK_SECONDS = 0.002
_QUICK_LOOKS = 15
"""How often it looks again, quickly, before it sleeps: what is told at once after needs no bell."""


class Relay:
    """Reads the outbox of ``store`` and publishes on ``bus``.

    Of several processes on one Postgres store only one relays at a time: two would lose the order. Between
    ``start`` and ``stop`` the right to do so is kept; whoever fails leaves it to the next.
    """

    def __init__(self, store: Engine, bus: Carrier) -> None:
        self._bus = bus
        self._lease = lease_of(store)
        self._ears = Ears(store, self.wake)
        self._one_pump = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._quick = 0
        self._dozing = False
        self.failure: str | None = None
        """What the background thread last failed with; None while it works."""
        self.active = False
        """Whether this relay has the right to relay; kept up to date while its thread runs."""

    def pump(self) -> int:
        """Deliver everything undelivered and everything that causes; returns how many events.

        Raises what a handler raises; that handler's events then stay undelivered.
        """
        with self._one_pump, self._or_leave_it():
            self.active = self._lease.take()
            count = self._emptied() if self.active else 0
            if self._thread is None:
                self._leave()
            return count

    def start(self) -> None:
        """Pump in a background thread: whenever something was committed, and twice a second besides."""
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._ears.start()
        self._thread.start()

    def wake(self) -> None:
        """Tell the background thread that something was committed."""
        self._wake.set()

    def stop(self) -> None:
        """End the background thread after what it is delivering now, and leave the right to others."""
        self._stopping.set()
        self._wake.set()
        self._ears.stop()
        if self._thread is not None:
            self._thread.join()
        with self._one_pump:
            self._leave()

    def _emptied(self) -> int:
        count = 0
        while batch := self._lease.next(_MOST):
            self._deliver(batch)
            count += len(batch)
        return count

    def _deliver(self, batch: Sequence[Numbered]) -> None:
        """Publish in portions; what was handed over before a handler failed is not handed over again."""
        handed_over = 0
        try:
            for portion in self._bus.portions([event for _, event in batch]):
                self._bus.publish(portion)
                traces.delivered(portion)
                handed_over += len(portion)
        finally:
            self._lease.mark([number for number, _ in batch[:handed_over]])

    def _run(self) -> None:
        wait = _POLL_SECONDS
        while not self._stopping.is_set():
            try:
                wait = self._next_look(self.pump())
                self.failure = None
            except Exception as error:  # the thread must outlive any handler's failure
                self.failure = repr(error)
                log.exception("events could not be delivered; they stay in the outbox and are tried again")
                wait = min(max(wait, _POLL_SECONDS) * 2, _LONGEST_WAIT_SECONDS)
            self._wake.wait(wait)
            self._wake.clear()

    def _next_look(self, count: int) -> float:
        """In how many seconds to look again, unless woken; before it sleeps it looks once more."""
        self._quick = _QUICK_LOOKS if count else max(self._quick - 1, 0)
        with self._one_pump, self._or_leave_it():
            if not self.active:
                return _POLL_SECONDS
            if self._quick:
                self._rouse()
                return _QUICK_SECONDS
            if self._dozing:
                return _POLL_SECONDS
            self._dozing = self._lease.doze()
            return 0.0 if self._dozing else _QUICK_SECONDS

    def _rouse(self) -> None:
        if self._dozing:
            self._lease.rouse()
            self._dozing = False

    @contextmanager
    def _or_leave_it(self) -> Iterator[None]:
        """Whoever fails leaves the right to somebody for whom it may work."""
        try:
            yield
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        self._lease.give_up()
        self.active = self._dozing = False
