"""Tripping and re-arming: a trip never loosens what stands, and only a person lets go."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, bindparam, exists, func, insert, select, update

from policy.access.callers import LOCAL, RESERVED
from policy.bulk import insert as insert_rows
from policy.contracts import EventType
from policy.outbox import event_row, outbox_rows
from policy.ports import Clock, Unanswered, derived_id
from policy.stops.contracts import StopTold
from policy.stops.scope import Scope, StopState
from policy.stops.standing import UNREADABLE, Stop, StopsInForce, stop_of, stops_in_force
from policy.stops.tables import stop_events, stops
from policy.store import lock_out_writers, reading, writing

PERSON = "person"
MOST_SHOWN = 50
_LONGEST_CAUSE = 64
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NEWEST_FIRST = select(stop_events).order_by(stop_events.c.number.desc())
_LAST_REARMED = (
    select(func.coalesce(func.max(stop_events.c.number), 0))
    .where(stop_events.c.scope == bindparam("which"), stop_events.c.act == "rearmed")
    .scalar_subquery()
)
_TOLD_SINCE = select(
    exists().where(
        stop_events.c.scope == bindparam("which"),
        stop_events.c.cause == bindparam("why"),
        stop_events.c.number > _LAST_REARMED,
    )
)
_KINDS = {"tripped": EventType.STOP_TRIPPED, "rearmed": EventType.STOP_REARMED}


class StopRefused(Exception):
    """A trip or re-arming that is not done as asked; the text says what to do."""


class NeverTripped(StopRefused):
    """A re-arming of what was never stopped."""


class NoPerson(StopRefused):
    """A re-arming by a part of the house, or by nobody."""


@dataclass(frozen=True, slots=True)
class Stops:
    """Trips and re-arms over one store; every change is on record with its event, or did not happen."""

    store: Engine
    clock: Clock

    def trip(
        self,
        scope: Scope,
        state: StopState,
        *,
        cause: str,
        by: str,
        note: str = "",
        exits: bool = True,
        connection: Connection | None = None,
    ) -> Stop:
        """Stop ``scope`` and give how it stands then; in the transaction of ``connection``, if given.

        What stands is never loosened: of an old and a new stop the stricter holds. The same cause
        once more, no stricter, changes nothing; another cause goes on record beside the first. Raises
        ``StopRefused`` for a state that stops nothing and where exits are held by less than a halt.
        """
        _check(state, exits, cause)
        with self._writing(connection) as ours:
            new = Stop(scope, state, exits, cause, by, note, self.now(ours), 0)
            standing = _standing(ours, scope)
            if standing is None:
                return _changed(ours, new, None)
            if new.severity > standing.severity:
                return _changed(ours, _stricter(new, standing), standing)
            if not _told_since(ours, scope, cause):
                _record(ours, new, "tripped")
            return standing

    def rearm(self, scope: Scope, *, by: str, note: str) -> Stop:
        """Let ``scope`` go on and give how it stands then; what is active already stays as it is.

        Raises ``StopRefused`` without a note; as ``NoPerson`` where ``by`` is a part of the house, and as
        ``NeverTripped`` where the scope was never stopped.
        """
        if not note.strip():
            raise StopRefused("re-arming needs a note that says why it is safe to go on; give one")
        if not by.strip() or by in RESERVED - {LOCAL.name}:
            raise NoPerson(f'only a person re-arms, and "{by}" is none; give your own name')
        with self._writing(None) as ours:
            standing = _standing(ours, scope)
            if standing is None:
                raise NeverTripped(f"{scope} was never stopped; look at what is with `trivet stop status`")
            if standing.state is StopState.ACTIVE:
                return standing
            active = Stop(scope, StopState.ACTIVE, True, PERSON, by, note, self.now(ours), 0)
            return _changed(ours, active, standing)

    def now(self, connection: Connection) -> datetime:
        """The clock's time, or the database's: a stop must not wait for a player whose time nobody knows."""
        try:
            return self.clock.now()
        except Unanswered:
            told: datetime = connection.execute(select(func.now())).scalar_one()
            return told if told.tzinfo is not None else told.replace(tzinfo=UTC)  # SQLite's is UTC and bare

    def in_force(self) -> StopsInForce:
        """What is stopped now; where that cannot be read, everything."""
        with reading(self.store) as connection:
            return stops_in_force(connection)

    def shown(self) -> tuple[Sequence[Stop], Sequence[StopTold]]:
        """How every scope stands that was ever stopped, and the last of what happened, newest first.

        Where the stops cannot be read, everything is halted and nothing is known to have happened.
        """
        unreadable = [stop for stop in self.in_force() if stop.cause == UNREADABLE]
        return (unreadable, ()) if unreadable else (self.listed(), self.history())

    def listed(self) -> list[Stop]:
        """How every scope stands that was ever stopped, in order; raises when it cannot be read."""
        with reading(self.store) as connection:
            return [stop_of(row) for row in connection.execute(select(stops).order_by(stops.c.scope))]

    def history(self, most: int = MOST_SHOWN) -> list[StopTold]:
        """The last ``most`` trips and re-armings, newest first."""
        with reading(self.store) as connection:
            return [_told(row) for row in connection.execute(_NEWEST_FIRST.limit(most))]

    @contextmanager
    def _writing(self, connection: Connection | None) -> Iterator[Connection]:
        """A transaction in which nobody else changes a stop."""
        if connection is not None:
            lock_out_writers(connection, stops)
            yield connection
            return
        with writing(self.store) as own:
            lock_out_writers(own, stops)
            yield own


def _check(state: StopState, exits: bool, cause: str) -> None:
    if state is StopState.ACTIVE:
        raise StopRefused("a trip stops something; ask for REDUCING or HALTED, or re-arm instead")
    if not exits and state is not StopState.HALTED:
        raise StopRefused("only a halt holds exits back; ask for HALTED, or let exits pass")
    if _CODE.fullmatch(cause) is None or len(cause) > _LONGEST_CAUSE:
        raise StopRefused(f'"{cause}" is no cause; write a code in small letters such as daily-drawdown')


def _stricter(new: Stop, standing: Stop) -> Stop:
    """``new`` with whatever of ``standing`` holds harder."""
    state = max(new.state, standing.state, key=lambda one: one.severity)
    return replace(new, state=state, exits=new.exits and standing.exits)


def _standing(connection: Connection, scope: Scope) -> Stop | None:
    row = connection.execute(select(stops).where(stops.c.scope == str(scope))).first()
    return None if row is None else stop_of(row)


def _told_since(connection: Connection, scope: Scope, cause: str) -> bool:
    """Whether ``cause`` is on record for ``scope`` since it was last re-armed."""
    return bool(connection.scalar(_TOLD_SINCE, {"which": str(scope), "why": cause}))


def _changed(connection: Connection, new: Stop, standing: Stop | None) -> Stop:
    """Put ``new`` in the place of ``standing``, with its event."""
    act: Literal["tripped", "rearmed"] = "rearmed" if new.state is StopState.ACTIVE else "tripped"
    made = replace(new, number=_record(connection, new, act))
    row = asdict(made) | {"scope": str(made.scope), "state": made.state.value}
    if standing is None:
        connection.execute(insert(stops).values(**row))
    else:
        connection.execute(update(stops).where(stops.c.scope == row["scope"]).values(**row))
    return made


def _record(connection: Connection, stop: Stop, act: Literal["tripped", "rearmed"]) -> int:
    """Write one event, for the record and for the outbox; gives its number."""
    row: dict[str, Any] = stop.view().model_dump(exclude={"number", "at"}) | {"act": act, "at": stop.at}
    statement = insert(stop_events).values(**row).returning(stop_events.c.number)
    number: int = connection.execute(statement).scalar_one()
    told = StopTold(**(stop.view().model_dump() | {"number": number, "act": act}))
    about = derived_id("stop-event", number)
    insert_rows(connection, outbox_rows([event_row(_KINDS[act], about, stop.at, told.model_dump_json())]))
    return number


def _told(row: Row[Any]) -> StopTold:
    fields = {name: getattr(row, name) for name in StopTold.model_fields}
    return StopTold(**(fields | {"state": StopState(row.state)}))
