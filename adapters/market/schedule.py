"""When a live house takes its steps: at the moments of each session, and every minute in between."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from adapters.market.calendar import Session, TradingCalendar
from adapters.market.steps import Moment, moments

EVERY = timedelta(minutes=1)
_FURTHEST_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Due:
    """A step to be taken at ``at``, the moment ``moment`` of the session of the day ``session``."""

    at: datetime
    moment: Moment
    session: date


@lru_cache(maxsize=4)
def steps_of(session: Session) -> tuple[Due, ...]:
    """Every step of ``session``, in order: its moments, and a ``tick`` at each whole minute that has none."""
    named = {at: moment for moment, at in moments(session)}
    ticks: dict[datetime, Moment] = dict.fromkeys(_minutes(session), "tick")
    return tuple(Due(at, moment, session.day) for at, moment in sorted({**ticks, **named}.items()))


def next_after(calendar: TradingCalendar, at: datetime) -> Due:
    """The first step that is later than ``at``; raises LookupError where no session comes for two weeks."""
    first, last = at.date() - timedelta(days=1), (at + _FURTHEST_AHEAD).date()
    for session in calendar.between(first, last):
        if session.closes > at:
            return next(due for due in steps_of(session) if due.at > at)
    raise LookupError(f"the calendar has no session within two weeks of {at:%Y-%m-%d}; look at its overrides")


def _minutes(session: Session) -> Iterator[datetime]:
    at = session.opens + EVERY
    while at < session.closes:
        yield at
        at += EVERY
