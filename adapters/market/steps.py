"""The steps of a session: the moments at which quotes are delivered, in order, as plain values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Literal

from adapters.market.calendar import Session, TradingCalendar
from adapters.market.tape import Tape
from policy.contracts import Bar, Quote

Moment = Literal["open", "morning", "midday", "afternoon", "late", "close", "start", "tick"]
Withheld = Callable[[str, date, str], bool]

# When in a session each step happens, as a fraction of its length; a half day has them all, closer together.
_FRACTIONS: tuple[tuple[Moment, float], ...] = (("morning", 0.25), ("midday", 0.5), ("afternoon", 0.75))
OPENING_SETTLES = timedelta(seconds=30)
LATE_BEFORE_CLOSE = timedelta(minutes=10)
OLDEST_QUOTE_SECONDS = 9


@dataclass(frozen=True, slots=True)
class Step:
    """What the market tells at ``at``: new quotes, and at a close the bars that closed.

    ``moment`` names the step within its session; ``start`` is the first delivery of a run that was
    asked to begin at a given time, ``tick`` one of a live market between two that have names. ``session``
    is the day of the session last opened.
    """

    at: datetime
    moment: Moment
    session: date
    quotes: tuple[Quote, ...]
    closed_bars: tuple[Bar, ...] = ()


def steps(
    tape: Tape,
    calendar: TradingCalendar,
    first: date,
    last: date,
    after: datetime | None = None,
    withheld: Withheld | None = None,
) -> Iterator[Step]:
    """Every step of the sessions from ``first`` to ``last`` (days included) that is later than ``after``.

    ``withheld`` says, by symbol, day and moment, which quotes a step lacks; None means a feed without
    gaps. To go on with an interrupted run, give the time of the last completed step as ``after``.
    """
    for session in calendar.between(first, last):
        for moment, at in moments(session):
            if after is None or at > after:
                yield _step(tape, session, moment, at, withheld)


def start_step(tape: Tape, calendar: TradingCalendar, at: datetime) -> Step:
    """Every symbol's quote as of ``at``; raises ValueError outside the days of the tape."""
    if not tape.first_day <= at.date() <= tape.last_day:
        raise ValueError(
            f"{at:%Y-%m-%d} is outside the bars; choose a day from {tape.first_day} to {tape.last_day}"
        )
    session = calendar.latest_before(at)
    quotes = tuple(quote for symbol in tape.symbols if (quote := tape.quote_at(symbol, at)))
    if session is None or not quotes:
        raise ValueError(f"no symbol has traded by {at:%Y-%m-%d %H:%M} UTC; choose a later time")
    return Step(at=at, moment="start", session=session.day, quotes=quotes)


def moments(session: Session) -> Iterator[tuple[Moment, datetime]]:
    """The step times of ``session``: six, from half a minute after the open to exactly the close."""
    yield "open", session.opens + OPENING_SETTLES
    for name, fraction in _FRACTIONS:
        yield name, session.opens + timedelta(seconds=int(session.seconds * fraction))
    yield "late", session.closes - LATE_BEFORE_CLOSE
    yield "close", session.closes


def quote_lag(symbol: str, at: datetime) -> timedelta:
    """How many seconds before the step's time the symbol was last quoted: 1 to 9, fixed for ever."""
    digest = sha256(f"{symbol}/{at.isoformat()}".encode()).digest()
    return timedelta(seconds=1 + digest[0] % OLDEST_QUOTE_SECONDS)


def _step(tape: Tape, session: Session, moment: Moment, at: datetime, withheld: Withheld | None) -> Step:
    quoted = (symbol for symbol in tape.symbols if not (withheld and withheld(symbol, session.day, moment)))
    quotes = (tape.quote_at(symbol, at - quote_lag(symbol, at)) for symbol in quoted)
    return Step(
        at=at,
        moment=moment,
        session=session.day,
        quotes=tuple(quote for quote in quotes if quote and quote.at >= session.opens),
        closed_bars=tape.bars_closing_at(at) if moment == "close" else (),
    )
