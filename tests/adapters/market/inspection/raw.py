"""Quotes and bars as a source may write them, on a Friday of 2012, and the inspection that they meet."""

from datetime import UTC, date, datetime, timedelta

from adapters.market.calendar import TradingCalendar
from adapters.market.inspection.inspection import Inspection
from adapters.market.source import RawBar, RawQuote

NOON = datetime(2012, 5, 18, 16, 0, tzinfo=UTC)
FRIDAY, MONDAY, TUESDAY = date(2012, 5, 18), date(2012, 5, 21), date(2012, 5, 22)
CALENDAR = TradingCalendar()


def inspection(**settings):
    return Inspection(("AAPL", "BRK.B", "IBM"), CALENDAR, **settings)


def raw_quote(**written):
    """A sound quote of AAPL near 100 dollars, but for what is ``written``."""
    fields = {"symbol": "AAPL", "bid": "99.95", "ask": "100.05", "at": NOON, "received_at": NOON}
    return RawQuote(**{**fields, "source": "scripted", **written})


def quote_at(seconds, mid=100, symbol="AAPL"):
    """A sound quote some seconds after noon, a cent wide."""
    at = NOON + timedelta(seconds=seconds)
    return raw_quote(symbol=symbol, bid=f"{mid - 0.005:.3f}", ask=f"{mid + 0.005:.3f}", at=at, received_at=at)


def raw_bar(session=FRIDAY, close="100.00", **written):
    """A sound bar of AAPL, handed in the evening after."""
    prices = {"open": close, "high": close, "low": close, "close": close}
    evening = datetime(session.year, session.month, session.day, 23, tzinfo=UTC)
    fields = {"symbol": "AAPL", "session": session, **prices, "volume": 1_000, "received_at": evening}
    return RawBar(**{**fields, "source": "scripted", **written})
