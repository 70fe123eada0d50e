"""Bars of invented prices on real sessions."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from adapters.market.calendar import Session, TradingCalendar
from policy.contracts import Bar

CALENDAR = TradingCalendar()
SESSIONS = tuple(CALENDAR.between(date(2012, 7, 2), date(2013, 6, 28)))
"""A year with three half days in it."""

Day = tuple[int, int, int, int]
"""Close and the distances of high and low from it, all in cents, and the volume in shares."""

cents = st.integers(1, 1_000_000)
days = st.tuples(cents, st.integers(0, 500), st.integers(0, 500), st.integers(0, 10**9))


def walks(least: int = 1, most: int = 70) -> st.SearchStrategy[list[Day]]:
    """Days in a row, some of them alike."""
    return st.lists(days | st.just((2_500, 0, 0, 0)), min_size=least, max_size=most)


def bars_of(walk: Sequence[Day], sessions: Sequence[Session] = SESSIONS, symbol: str = "X") -> list[Bar]:
    """``walk`` on the first of ``sessions``."""
    return [_bar(day, session, symbol) for day, session in zip(walk, sessions, strict=False)]


def _bar(day: Day, session: Session, symbol: str) -> Bar:
    close, up, down, volume = day
    price = Decimal(close) / 100
    return Bar(
        symbol=symbol,
        open=price,
        high=price + Decimal(up) / 100,
        low=max(Decimal("0.01"), price - Decimal(down) / 100),
        close=price,
        volume=volume,
        opened_at=session.opens,
        closed_at=session.closes,
    )
