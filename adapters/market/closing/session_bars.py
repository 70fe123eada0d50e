"""Builds each symbol's bar of a session out of its minutes, and closes it once, at the session's end.

Minutes are kept in the store as they come, so a restart in the middle of a session goes on with them. What
happened while nobody listened is asked for (``wanted_from``); where it cannot be had the session has a hole:
its bars are not built from what is left, and back-fill has them from the source instead.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

import structlog
from sqlalchemy import Connection, Engine

from adapters.market.calendar import Session, TradingCalendar
from adapters.market.closing import record
from adapters.market.closing.minutes import Minute, read_minute, session_bar
from adapters.market.inspection.outcome import Fault, Quarantined, Unfit
from adapters.market.source import RawBar
from adapters.storage.bars import BarsClash, BarStore
from policy.contracts import Bar
from policy.ports import Clock
from policy.store import reading, writing

log = structlog.get_logger(__name__)

Inspect = Callable[[RawBar], Bar | Quarantined]


@dataclass(frozen=True, slots=True)
class Closed:
    """What a close came to: bars that closed now, by symbol, and those that inspection did not let in."""

    bars: tuple[Bar, ...] = ()
    quarantined: tuple[Quarantined, ...] = field(default=())


class SessionBars:
    """Takes minutes and closes sessions; safe to be started again at any moment.

    ``inspect`` lets a session's bar in or not, as it does those of a source. Bars that closed are kept in
    ``store`` with the event that tells of them, ``market.bar.closed``, and filed in ``bars``.
    """

    def __init__(
        self, store: Engine, bars: BarStore, calendar: TradingCalendar, clock: Clock, inspect: Inspect
    ) -> None:
        self._store = store
        self._bars = bars
        self._calendar = calendar
        self._clock = clock
        self._inspect = inspect

    def take(self, raw: RawBar) -> Quarantined | None:
        """Keep a minute, which ``raw.session`` is the beginning of; why not, where it is not kept.

        Told again before the session's bar closed, it counts as told last; after that it is ``late``.
        """
        return self.take_all([raw])[0]

    def take_all(self, raws: Sequence[RawBar]) -> list[Quarantined | None]:
        """The same for many at once, in one transaction; one answer for each, in their order."""
        read = [self._read(raw) for raw in raws]
        with writing(self._store) as connection:
            closed = record.closed_of(connection, {one[1].day for one in read if isinstance(one, tuple)})
            answers = [_late(raw, one, closed) for raw, one in zip(raws, read, strict=True)]
            kept = [
                one for one, no in zip(read, answers, strict=True) if no is None and isinstance(one, tuple)
            ]
            record.keep_minutes(connection, [(minute, session.day) for minute, session in kept])
        return answers

    def wanted_from(self, now: datetime, symbols: Sequence[str]) -> datetime | None:
        """From when on minutes of the session that is open at ``now`` are to be asked for; None outside one.

        It is where the last minute began of the one of ``symbols`` that was heard of least lately, since
        late trades may have changed that minute, too; or the session's open.
        """
        session = self._calendar.session_at(now)
        if session is None:
            return None
        with reading(self._store) as connection:
            last = record.last_minutes(connection, session.day)
        return min((last.get(symbol, session.opens) for symbol in symbols), default=session.opens)

    def missed(self, session: date, reason: str) -> None:
        """Minutes of ``session`` are lost for ``reason``: its bars will not be built from the others."""
        with writing(self._store) as connection:
            record.add_hole(connection, session, self._clock.now(), reason)

    def close(self, session: Session) -> Closed:
        """Close the bars of ``session``, those of every symbol that has minutes, each once for ever.

        A bar that has closed before is not among those returned. Of a session with a hole none closes.
        Raises ValueError before the session's end.
        """
        now = self._clock.now()
        if now < session.closes:
            raise ValueError(f"the session of {session.day} closes at {session.closes.isoformat()}, not yet")
        with writing(self._store) as connection:
            outcome = self._closed(connection, session, now)
        self.file()
        return outcome

    def file(self) -> int:
        """Put bars that closed among those in Parquet, where a crash came between; returns how many."""
        with reading(self._store) as connection:
            unfiled = record.unfiled(connection)
        for symbol, bars in groupby(unfiled, key=lambda bar: bar.symbol):
            _file(self._bars, symbol, list(bars))
        if unfiled:
            with writing(self._store) as connection:
                record.mark_filed(connection, unfiled)
        return len(unfiled)

    def _read(self, raw: RawBar) -> tuple[Minute, Session] | Quarantined:
        try:
            return read_minute(raw, self._calendar)
        except Unfit as unfit:
            return Quarantined(unfit.fault, unfit.text, raw, None, unfit.against)

    def _closed(self, connection: Connection, session: Session, now: datetime) -> Closed:
        if (reason := record.hole_of(connection, session.day)) is not None:
            log.warning("a session with a hole closes no bars", session=str(session.day), reason=reason)
            return Closed()
        closed = record.closed_of(connection, {session.day})
        minutes = record.minutes_of(connection, session.day)
        found = [some for some in _by_symbol(minutes) if not self._has(some[0].symbol, session, closed)]
        outcomes = [self._inspect(session_bar(some, session, now)) for some in found]
        bars = [(bar, len(some)) for bar, some in zip(outcomes, found, strict=True) if isinstance(bar, Bar)]
        record.add_closed(connection, session.day, bars, now)
        record.forget_minutes_before(connection, session.day)
        return Closed(
            tuple(bar for bar, _ in bars), tuple(one for one in outcomes if isinstance(one, Quarantined))
        )

    def _has(self, symbol: str, session: Session, closed: frozenset[tuple[date, str]]) -> bool:
        """Whether the bar has closed, or is there from back-fill."""
        stored = self._bars.between(symbol, session.day, session.day)
        return (session.day, symbol) in closed or bool(stored)


def _file(store: BarStore, symbol: str, bars: list[Bar]) -> None:
    """Add ``bars``; where the store came to have others of their sessions meanwhile, those stay."""
    for bar in bars:
        try:
            store.add(symbol, [bar])
        except BarsClash as clash:
            log.error("a bar that closed is stored with other numbers; the stored one stays", why=str(clash))


def _late(
    raw: RawBar, read: tuple[Minute, Session] | Quarantined, closed: frozenset[tuple[date, str]]
) -> Quarantined | None:
    if isinstance(read, Quarantined):
        return read
    minute, session = read
    if (session.day, minute.symbol) not in closed:
        return None
    text = f"the minute of {minute.opened_at.isoformat()} came after the bar of {session.day} had closed"
    return Quarantined(Fault.LATE, text, raw, minute.symbol, f"the close at {session.closes.isoformat()}")


def _by_symbol(minutes: Iterable[Minute]) -> Iterator[list[Minute]]:
    for _, group in groupby(minutes, key=lambda minute: minute.symbol):
        yield list(group)
