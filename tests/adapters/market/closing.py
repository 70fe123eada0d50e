"""What tests of closing share: a day of minutes, a clock that is set, a source that has some bars."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from adapters.market.calendar import Session, TradingCalendar
from adapters.market.source import RawBar, RawQuote, SourceAway

CALENDAR = TradingCalendar()
FULL_DAY, HALF_DAY = date(2012, 6, 4), date(2012, 7, 3)


def session_of(day: date) -> Session:
    return next(iter(CALENDAR.between(day, day)))


@dataclass
class SetClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


def minute(at: datetime, price: str, symbol: str = "AAPL", volume: int = 100, **other: object) -> RawBar:
    """The minute that began at ``at``; it opens at ``price`` and closes a cent higher."""
    first = Decimal(price)
    numbers = {"open": first, "high": first + 1, "low": first - 1, "close": first + Decimal("0.01")}
    came = {"symbol": symbol, "session": at, "volume": volume, **numbers, **other}
    return RawBar(**came, source="feed", received_at=at + timedelta(seconds=61))


def day_of_minutes(session: Session, symbol: str = "AAPL") -> list[RawBar]:
    """A minute every half hour, from the first to the last of ``session``, each a cent dearer."""
    last = session.closes - timedelta(minutes=1)
    begins = [session.opens + timedelta(minutes=30) * step for step in range(session.seconds // 1800)]
    return [
        minute(at, str(Decimal("50.00") + Decimal("0.01") * step), symbol)
        for step, at in enumerate([*begins, last])
    ]


def daily(day: date, price: str, symbol: str = "AAPL", **other: object) -> RawBar:
    """The bar of the session of ``day``, heard long after."""
    first = Decimal(price)
    numbers = {"open": first, "high": first + 1, "low": first - 1, "close": first}
    came = {"symbol": symbol, "session": day, "volume": 1000, **numbers, **other}
    return RawBar(**came, source="history", received_at=datetime(2026, 1, 1, tzinfo=UTC))


@dataclass
class History:
    """A source of daily bars; ``away`` symbols get no answer. It notes what it was asked for."""

    rows: Iterable[RawBar]
    away: frozenset[str] = frozenset()
    asked: list[tuple[str, date, date]] = field(default_factory=list)
    name: str = "history"
    is_live: bool = False

    def quotes(self) -> list[RawQuote]:
        return []

    def bars(self, symbol: str, first: date, last: date) -> list[RawBar]:
        self.asked.append((symbol, first, last))
        if symbol in self.away:
            raise SourceAway("history does not answer")
        return [row for row in self.rows if row.symbol == symbol and first <= row.session <= last]
