"""What watchers have tripped for, on record: the worst of each occasion, until it is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from adapters.execution.stopping.tables import watch_marks
from adapters.execution.stopping.watchers import Mark, Reading
from policy.bulk import insert, rows_for

_ALL = select(watch_marks)

Marks = Mapping[tuple[str, str], Mark]
"""By cause and scope."""


def mark_of(marks: Marks, reading: Reading) -> Mark | None:
    """The mark that ``reading`` is to be held against, be it of this occasion or of an earlier one."""
    return marks.get((reading.cause, str(reading.scope)))


def read_marks(connection: Connection) -> Marks:
    """Every mark there is."""
    rows = connection.execute(_ALL)
    return {(row.cause, row.scope): Mark(row.episode, row.measure) for row in rows}


def put_marks(connection: Connection, readings: Sequence[Reading], at: datetime) -> None:
    """Mark ``readings`` in place of what was marked for the same cause and scope."""
    drop_marks(connection, readings)
    rows = [
        {
            "cause": one.cause,
            "scope": str(one.scope),
            "episode": one.episode,
            "measure": one.measure,
            "at": at,
        }
        for one in readings
    ]
    insert(connection, rows_for(watch_marks, rows))


def drop_marks(connection: Connection, readings: Sequence[Reading]) -> None:
    """Forget what was marked for the cause and scope of each of ``readings``."""
    for one in readings:
        same = (watch_marks.c.cause == one.cause, watch_marks.c.scope == str(one.scope))
        connection.execute(delete(watch_marks).where(*same))
