"""Handlers that are idempotent by event id: what was handled is noted in the transaction that handled it.

For handlers whose work has no key of its own to recognise a repetition by. Where there is one (a signal's
claim, an order's idempotency key, a fill's number in the journal) it is the better guard.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from adapters.events.tables import inbox
from policy.bulk import insert_new_rows
from policy.contracts import Event
from policy.ports import Clock
from policy.store import writing

Work = Callable[[Connection, Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class Once:
    """A handler that lets ``work`` have each event once, in its transaction, as the consumer ``name``."""

    store: Engine
    name: str
    clock: Clock
    work: Work

    def __call__(self, events: Sequence[Event]) -> None:
        """Let ``work`` have those of ``events`` that it has not had; what it raises undoes the note too."""
        with writing(self.store) as connection:
            if new := first_seen(connection, self.name, events, self.clock.now()):
                self.work(connection, new)


def first_seen(connection: Connection, consumer: str, events: Sequence[Event], at: datetime) -> list[Event]:
    """Note ``events`` as handled by ``consumer``; gives those that were not noted before, in their order."""
    rows = [{"consumer": consumer, "event_id": event.id, "handled_at": at} for event in events]
    noted = {event_id for event_id, _ in insert_new_rows(connection, inbox, rows, "event_id")}
    return [event for event in events if event.id in noted]
