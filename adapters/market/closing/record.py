"""What is on record of sessions under way: every function works in the transaction of its caller."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from adapters.market.closing.minutes import Minute
from adapters.market.closing.tables import closed_bars, session_holes, session_minutes
from policy.contracts import Bar, Event, EventType
from policy.outbox import append
from policy.ports import derived_id
from policy.store import insert_new

_SOURCE = "/trivet/market"
_KEY = ("session", "symbol", "opened_at")
_NUMBERS = ("open", "high", "low", "close", "volume")
_CLOSED = select(closed_bars.c.session, closed_bars.c.symbol).where(
    closed_bars.c.session.in_(bindparam("sessions", expanding=True))
)
_MINUTES = (
    select(session_minutes)
    .where(session_minutes.c.session == bindparam("day"))
    .order_by(session_minutes.c.symbol, session_minutes.c.opened_at)
)
_LAST = (
    select(session_minutes.c.symbol, func.max(session_minutes.c.opened_at).label("last"))
    .where(session_minutes.c.session == bindparam("day"))
    .group_by(session_minutes.c.symbol)
)
_HOLE = select(session_holes.c.reason).where(session_holes.c.session == bindparam("day"))
_UNFILED = (
    select(closed_bars).where(~closed_bars.c.filed).order_by(closed_bars.c.symbol, closed_bars.c.session)
)
_FILE = (
    update(closed_bars)
    .where(closed_bars.c.symbol == bindparam("of"), closed_bars.c.opened_at == bindparam("at"))
    .values(filed=True)
)


def keep_minutes(connection: Connection, minutes: Sequence[tuple[Minute, date]]) -> None:
    """Write ``minutes``, each with its session; one told again takes the place of what it was told as."""
    if not minutes:
        return
    rows = [
        {"session": day, **{name: getattr(minute, name) for name in Minute.__dataclass_fields__}}
        for minute, day in minutes
    ]
    kind = PostgresInsert if connection.dialect.name == "postgresql" else SqliteInsert
    statement = kind(session_minutes)
    told = {name: statement.excluded[name] for name in (*_NUMBERS, "source")}
    connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=told), rows)


def minutes_of(connection: Connection, session: date) -> list[Minute]:
    """The minutes of ``session``, by symbol and time."""
    rows = connection.execute(_MINUTES, {"day": session})
    return [Minute(*(getattr(row, name) for name in Minute.__dataclass_fields__)) for row in rows]


def last_minutes(connection: Connection, session: date) -> dict[str, datetime]:
    """When the newest minute of ``session`` began, by symbol; those that have none are left out."""
    return {row.symbol: row.last for row in connection.execute(_LAST, {"day": session})}


def forget_minutes_before(connection: Connection, session: date) -> None:
    """Drop the minutes of earlier sessions: their bars are what is kept."""
    connection.execute(delete(session_minutes).where(session_minutes.c.session < session))


def add_hole(connection: Connection, session: date, since: datetime, reason: str) -> None:
    """Note that minutes of ``session`` are lost; the first reason stays."""
    row = {"session": session, "since": since, "reason": reason}
    connection.execute(insert_new(connection, session_holes), [row])


def hole_of(connection: Connection, session: date) -> str | None:
    """Why minutes of ``session`` are lost; None where none is."""
    reason: str | None = connection.scalar(_HOLE, {"day": session})
    return reason


def closed_of(connection: Connection, sessions: Collection[date]) -> frozenset[tuple[date, str]]:
    """The bars of ``sessions`` that have closed here, by session and symbol."""
    rows = connection.execute(_CLOSED, {"sessions": sorted(sessions)})
    return frozenset((row.session, row.symbol) for row in rows)


def add_closed(connection: Connection, session: date, bars: Sequence[tuple[Bar, int]], now: datetime) -> None:
    """Write ``bars``, each with the number of its minutes, and the events that tell of them."""
    rows = [
        {"session": session, **bar.model_dump(), "minutes": minutes, "recorded_at": now, "filed": False}
        for bar, minutes in bars
    ]
    if rows:
        connection.execute(closed_bars.insert(), rows)
        append(connection, (closed_event(bar) for bar, _ in bars))


def closed_event(bar: Bar) -> Event:
    """The event that tells of ``bar``; its id follows from symbol and close, so it is told once."""
    kind = EventType.BAR_CLOSED
    return Event(
        id=derived_id("event", kind.value, bar.symbol, bar.closed_at.isoformat()),
        type=kind,
        source=_SOURCE,
        subject=bar.symbol,
        time=bar.closed_at,
        data=bar.model_dump(mode="json"),
    )


def unfiled(connection: Connection) -> list[Bar]:
    """Bars that closed and are not known to be in Parquet, by symbol and session."""
    rows = connection.execute(_UNFILED)
    return [Bar(**{name: getattr(row, name) for name in Bar.model_fields}) for row in rows]


def mark_filed(connection: Connection, bars: Iterable[Bar]) -> None:
    """Note that ``bars`` are in Parquet."""
    connection.execute(_FILE, [{"of": bar.symbol, "at": bar.opened_at} for bar in bars])
