"""How each trip was obeyed, on record: when execution noticed it, what it cancelled, when it was quiet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select, update

from adapters.execution.happened import Happening
from adapters.execution.stopping.tables import stop_obedience as obeyed
from adapters.execution.tables import execution_events
from policy.bulk import insert, rows_for
from policy.contracts import utc_text
from policy.stops.standing import Stop

STOPS = "stop "
"""What the askers of cancels begin with that are stops; no key's name has a space in it."""
OBEYING, QUIET, LET_GO = "obeying", "quiet", "let-go"
"""Under way; done; re-armed, or tripped harder, before it was done."""

_OPEN = select(obeyed).where(obeyed.c.outcome == OBEYING).order_by(obeyed.c.number)
_KNOWN = select(obeyed.c.number).where(obeyed.c.number.in_(bindparam("numbers", expanding=True)))
_NEWEST = select(obeyed).order_by(obeyed.c.number.desc())
_CANCELLED = (
    select(execution_events.c.order_id)
    .where(
        execution_events.c.at >= bindparam("since"),
        execution_events.c.event == Happening.CANCEL_REQUEST.value,
        execution_events.c.by == bindparam("asker"),
    )
    .distinct()
)


@dataclass(frozen=True, slots=True)
class Obedience:
    """What became of the trip ``number``: ``noticed_at`` and ``quiet_at`` by the house's clock.

    ``seconds`` of real time lie between noticing and quiet, None before that; a process that was killed
    meanwhile counts. Execution looks four times a second, so a trip is noticed that much later at most.
    """

    number: int
    scope: str
    outcome: str
    noticed_at: datetime
    quiet_at: datetime | None
    cancelled: tuple[UUID, ...]
    seconds: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "number": self.number,
            "scope": self.scope,
            "outcome": self.outcome,
            "noticed_at": utc_text(self.noticed_at),
            "quiet_at": utc_text(self.quiet_at) if self.quiet_at else None,
            "cancelled": list(map(str, self.cancelled)),
            "seconds": self.seconds,
        }


def asker(number: int) -> str:
    """Who asks for cancels on behalf of the trip ``number``, as the orders' events name it."""
    return f"{STOPS}{number}"


def unnoticed(connection: Connection, stops: Iterable[Stop]) -> list[Stop]:
    """Those of ``stops`` that have no record yet; unreadable ones have no number to have one by."""
    told = [one for one in stops if one.number]
    known = set(connection.scalars(_KNOWN, {"numbers": [one.number for one in told]})) if told else set()
    return [one for one in told if one.number not in known]


def notice(connection: Connection, stops: Sequence[Stop], at: datetime, now: datetime) -> None:
    """Begin a record for each of ``stops``; ``at`` is the house's time and ``now`` the real one."""
    rows = [
        {
            "number": one.number,
            "scope": str(one.scope),
            "outcome": OBEYING,
            "noticed_at": at,
            "cancelled": [],
            "began": now,
        }
        for one in stops
    ]
    insert(connection, rows_for(obeyed, rows, keep_old=True))


def unfinished(connection: Connection) -> list[Row[Any]]:
    """Records of trips that are still being obeyed."""
    return list(connection.execute(_OPEN))


def finish(connection: Connection, row: Row[Any], outcome: str, at: datetime, now: datetime) -> int:
    """End the record ``row``, with the orders that were asked to end for it; gives how many those are."""
    asked = {"since": row.noticed_at, "asker": asker(row.number)}
    cancelled = sorted(map(str, connection.scalars(_CANCELLED, asked)))
    changes = {"outcome": outcome, "quiet_at": at, "ended": now, "cancelled": cancelled}
    connection.execute(update(obeyed).where(obeyed.c.number == row.number).values(**changes))
    return len(cancelled)


def newest(connection: Connection, most: int) -> list[Obedience]:
    """The last ``most`` records, newest first."""
    return [_read(row) for row in connection.execute(_NEWEST.limit(most))]


def _read(row: Row[Any]) -> Obedience:
    took = None if row.ended is None else (row.ended - row.began).total_seconds()
    cancelled = tuple(map(UUID, row.cancelled))
    return Obedience(row.number, row.scope, row.outcome, row.noticed_at, row.quiet_at, cancelled, took)
