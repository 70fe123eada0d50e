"""Who was refused and which keys are in use, written beside the requests and bounded.

Equal refusals of a minute are one row with a count. A minute has at most ``MOST_KINDS`` kinds of
them in a process; what comes beyond is counted by status and reason alone, so that a flood, also one
from many addresses, is on record and fills no disk.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, delete
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from policy.access.keys import note_use
from policy.access.tables import access_refusals as refusals
from policy.ports import Clock
from policy.store import writing

log = structlog.get_logger(__name__)

MOST_KINDS = 60
USE_EVERY = timedelta(minutes=1)
KEPT_FOR = timedelta(days=180)
_PAUSE_SECONDS = 1.0
_MOST_WAITING = 10_000
_KIND = ("minute", "status", "reason", "credential", "name", "route", "address")


@dataclass(frozen=True, slots=True)
class AccessRefusal:
    """One 401 or 403: why, by whom as far as known, on which route, and from which address."""

    status: int
    reason: str
    credential: str
    name: str
    route: str
    needs: str
    address: str

    def summed(self) -> "AccessRefusal":
        """What is counted of it in a flood."""
        return replace(self, credential="*", name="*", route="*", needs="*", address="*")


Kind = tuple[datetime, AccessRefusal]


class AccessLog:
    """Collects what happened and writes it to ``store`` at most once a second, from another thread.

    The first of a quiet second is written at once. A store that is away loses nothing that is
    counted here; it is written when the store is back. ``close`` writes what is left.
    """

    def __init__(self, store: Engine, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._door = threading.Lock()
        self._writing = threading.Lock()
        self._counts: Counter[Kind] = Counter()
        self._last: dict[Kind, datetime] = {}
        self._kinds: tuple[datetime | None, set[AccessRefusal]] = (None, set())
        self._used: dict[str, datetime] = {}
        self._noted: dict[str, datetime] = {}
        self._timer: threading.Timer | None = None
        self._wrote_at = -float("inf")

    def refused(self, refusal: AccessRefusal) -> None:
        """Count ``refusal``; returns at once."""
        now = self._clock.now()
        minute = now.replace(second=0, microsecond=0)
        with self._door:
            kind = (minute, self._bounded(minute, refusal))
            self._counts[kind] += 1
            self._last[kind] = now
            self._soon()

    def used(self, prefix: str, last: datetime | None) -> None:
        """Note that a key was used, once a minute; ``last`` is the use on record."""
        now = self._clock.now()
        before = max((at for at in (self._noted.get(prefix), last) if at is not None), default=None)
        if before is not None and now - before < USE_EVERY:
            return
        with self._door:
            self._used[prefix] = self._noted[prefix] = now
            self._soon()

    def close(self) -> None:
        """Write what is left."""
        with self._door:
            timer, self._timer = self._timer, None
            left = bool(self._counts or self._used)
        if timer is not None:
            timer.cancel()
        if left:
            self._write()
        with self._writing:  # what a timer has begun to write ends before its process does
            pass

    def _bounded(self, minute: datetime, refusal: AccessRefusal) -> AccessRefusal:
        if self._kinds[0] != minute:
            self._kinds = (minute, set())
        kinds = self._kinds[1]
        if refusal not in kinds and len(kinds) >= MOST_KINDS:
            return refusal.summed()
        kinds.add(refusal)
        return refusal

    def _soon(self) -> None:
        if self._timer is None:
            wait = max(0.0, self._wrote_at + _PAUSE_SECONDS - time.monotonic())
            self._timer = threading.Timer(wait, self._write)
            self._timer.daemon = True
            self._timer.start()

    def _write(self) -> None:
        with self._writing:
            with self._door:
                counts, last, used = self._counts, self._last, self._used
                self._counts, self._last, self._used, self._timer = Counter(), {}, {}, None
                self._wrote_at = time.monotonic()
            try:
                self._record(counts, last, used)
            except Exception as error:  # the callers have their answer; the record must not be lost
                log.warning("refusals wait for the store", kinds=len(counts), error=type(error).__name__)
                self._keep(counts, last, used)

    def _record(
        self, counts: Counter[Kind], last: Mapping[Kind, datetime], used: Mapping[str, datetime]
    ) -> None:
        with writing(self._store) as connection:
            note_use(connection, used)
            for kind, times in counts.items():
                count(connection, kind, times, last[kind])
            if counts:
                oldest = max(last.values()) - KEPT_FOR
                connection.execute(delete(refusals).where(refusals.c.minute < oldest))

    def _keep(
        self, counts: Counter[Kind], last: Mapping[Kind, datetime], used: Mapping[str, datetime]
    ) -> None:
        """Take back what could not be written, until the store has been away for hours."""
        with self._door:
            if len(self._counts) + len(counts) > _MOST_WAITING:
                log.error("refusals were not recorded", refusals=counts.total())
                return
            self._counts += counts
            self._last = {**last, **self._last}
            self._used = {**used, **self._used}


def count(connection: Connection, kind: Kind, times: int, last_at: datetime) -> None:
    """Add ``times`` to the row of ``kind``, which other processes count in as well."""
    minute, refusal = kind
    make = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    told: dict[str, Any] = {name: getattr(refusal, name) for name in AccessRefusal.__slots__}
    row = make(refusals).values(minute=minute, times=times, last_at=last_at, **told)
    summed = {"times": refusals.c.times + row.excluded.times, "last_at": row.excluded.last_at}
    connection.execute(row.on_conflict_do_update(index_elements=list(_KIND), set_=summed))
