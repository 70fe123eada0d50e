"""The New York Stock Exchange's trading sessions, half days included, as a frozen table."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from adapters.market.overrides import NONE, Overrides


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day of XNYS; ``opens`` and ``closes`` are aware UTC."""

    day: date
    opens: datetime
    closes: datetime

    @property
    def seconds(self) -> int:
        """Length in seconds: 23,400 on a full day, 12,600 on most half days."""
        return int((self.closes - self.opens).total_seconds())


_Decade = tuple[tuple[Session, ...], tuple[datetime, ...]]


class TradingCalendar:
    """Answers when XNYS trades, as far as an operator lets it; a session holds its open, not its close.

    Sessions come from exchange_calendars, ten years at a time and when first asked for: its default
    horizon moves with today's date, so start and end are always given.
    """

    def __init__(self, overrides: Overrides = NONE) -> None:
        """``overrides`` close sessions, or close them early, and can do nothing else."""
        self.overrides = overrides
        self._decades: dict[int, _Decade] = {}

    def session_at(self, at: datetime) -> Session | None:
        """The session that is open at ``at`` (opens <= at < closes), or None."""
        before = self.latest_before(at)
        return before if before is not None and at < before.closes else None

    def is_open(self, at: datetime) -> bool:
        """Whether the exchange trades at ``at``; false at exactly the close."""
        return self.session_at(at) is not None

    def close_of(self, at: datetime) -> datetime | None:
        """The close of the session that is open at ``at``; None outside sessions."""
        session = self.session_at(at)
        return session.closes if session else None

    def latest_before(self, at: datetime) -> Session | None:
        """The last session that had opened by ``at``, looking back into the decade before if needed."""
        for decade in (at.year // 10, at.year // 10 - 1):
            sessions, opens = self._sessions_of(decade)
            index = bisect_right(opens, at)
            if index:
                return sessions[index - 1]
        return None

    def between(self, first: date, last: date) -> Iterator[Session]:
        """Sessions from ``first`` to ``last``, both days included, in order."""
        for decade in range(first.year // 10, last.year // 10 + 1):
            sessions = self._sessions_of(decade)[0]
            begin = bisect_left(sessions, first, key=_day_of)
            yield from sessions[begin : bisect_right(sessions, last, lo=begin, key=_day_of)]

    def _sessions_of(self, decade: int) -> _Decade:
        if decade not in self._decades:
            listed = map(self._overridden, _decade(decade)[0])
            sessions = tuple(session for session in listed if session is not None)
            self._decades[decade] = sessions, tuple(session.opens for session in sessions)
        return self._decades[decade]

    def _overridden(self, session: Session) -> Session | None:
        """``session`` as the operator leaves it; None where it is closed."""
        if session.day in self.overrides.closed:
            return None
        early = self.overrides.closes_early.get(session.day)
        return session if early is None else replace(session, closes=min(session.closes, early.closes))


def _day_of(session: Session) -> date:
    return session.day


@cache
def _decade(decade: int) -> _Decade:
    """Sessions of the years ``decade * 10`` to ``decade * 10 + 9`` and their opening times."""
    from exchange_calendars import get_calendar  # noqa: PLC0415 - takes two seconds

    calendar = get_calendar("XNYS", start=f"{decade}0-01-01", end=f"{decade}9-12-31")
    sessions = tuple(
        Session(day.date(), opens.to_pydatetime(), closes.to_pydatetime())
        for day, opens, closes in zip(calendar.sessions, calendar.opens, calendar.closes, strict=True)
    )
    return sessions, tuple(session.opens for session in sessions)
