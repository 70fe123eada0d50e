"""Events that leave with the transaction they tell of; ``adapters/events`` delivers them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, func, select, update

from policy.bulk import Rows, insert, rows_for
from policy.canonical import canonical
from policy.contracts import Event, EventType
from policy.ports import derived_id
from policy.tables import outbox

SOURCE = "/trivet/policy"

_UNDELIVERED = select(outbox).where(~outbox.c.delivered).order_by(outbox.c.seq).limit(bindparam("most"))
_PLACES = select(outbox.c.event_id, outbox.c.seq).where(
    outbox.c.event_id.in_(bindparam("events", expanding=True))
)
_TIMES = select(outbox.c.event_id, outbox.c.time).where(
    outbox.c.event_id.in_(bindparam("events", expanding=True))
)
_MARK = update(outbox).where(outbox.c.seq == bindparam("row")).values(delivered=True)


def event_row(kind: EventType, about: UUID, at: datetime, text: str, source: str = SOURCE) -> dict[str, Any]:
    """An outbox row for an event whose JSON ``text`` is ready; the id follows from ``kind`` and ``about``."""
    return {
        "event_id": derived_id("event", kind.value, about),
        "type": kind.value,
        "source": source,
        "subject": str(about),
        "time": at,
        "data": text,
    }


def append(connection: Connection, events: Iterable[Event]) -> None:
    """Write ``events`` of other services in the caller's transaction; one that is there already stays."""
    insert(connection, outbox_rows([_row_of(event) for event in events]))


def outbox_rows(rows: Sequence[Mapping[str, Any]]) -> Rows:
    """Rows made by ``event_row``, to be inserted in the transaction of the change they tell of."""
    return rows_for(outbox, rows, keep_old=True)


def undelivered(connection: Connection, most: int) -> list[tuple[int, Event]]:
    """The oldest events nobody has had yet, each with its row number, at most ``most``."""
    rows = connection.execute(_UNDELIVERED, {"most": most})
    return [(row.seq, _event_of(row)) for row in rows]


def nothing_undelivered(connection: Connection) -> bool:
    """Whether somebody has had every event."""
    return not undelivered(connection, 1)


def places(connection: Connection, event_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The row numbers of those of ``event_ids`` that were ever told: the order in which they were."""
    return {row.event_id: row.seq for row in connection.execute(_PLACES, {"events": list(event_ids)})}


def times_of(connection: Connection, event_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When those of ``event_ids`` happened that were ever told."""
    return {row.event_id: row.time for row in connection.execute(_TIMES, {"events": list(event_ids)})}


def last_event(connection: Connection, before: datetime) -> datetime | None:
    """The time of the latest event on record from before that time, delivered or not; None for none."""
    latest: datetime | None = connection.scalar(select(func.max(outbox.c.time)).where(outbox.c.time < before))
    return latest


def mark_delivered(connection: Connection, numbers: Sequence[int]) -> None:
    """Note that the rows ``numbers`` were handed to every subscriber."""
    if numbers:
        connection.execute(_MARK, [{"row": number} for number in numbers])


def tell_again(connection: Connection, since: datetime) -> int:
    """Let every event from ``since`` on be delivered once more; gives how many.

    For when whoever carried them has lost them; handlers recognise those they have had.
    """
    again = update(outbox).where(outbox.c.delivered, outbox.c.time >= since).values(delivered=False)
    return connection.execute(again).rowcount


def _row_of(event: Event) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "type": event.type.value,
        "source": event.source,
        "subject": event.subject,
        "time": event.time,
        "data": canonical(event.data),
    }


def _event_of(row: Row[Any]) -> Event:
    return Event(
        id=row.event_id,
        type=EventType(row.type),
        source=row.source,
        subject=row.subject,
        time=row.time,
        data=json.loads(row.data),
    )
