"""One minute of a session as it was traded: what of it can be believed, and the session's bar out of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from adapters.market.calendar import Session, TradingCalendar
from adapters.market.inspection.outcome import Fault, Unfit
from adapters.market.inspection.reading import ALLOWANCE, price_of, shares_of, symbol_of, time_of
from adapters.market.source import RawBar

LENGTH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Minute:
    """The trades of the minute from ``opened_at`` on, prices in dollars and volume in shares of that day."""

    symbol: str
    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    source: str


def read_minute(raw: RawBar, calendar: TradingCalendar) -> tuple[Minute, Session]:
    """``raw`` as a minute, and its session; ``raw.session`` is the time at which the minute opened.

    Raises ``Unfit`` where it is none: unreadable, not yet over, or outside every session.
    """
    opened_at = time_of(raw.session, raw.received_at)
    if opened_at != opened_at.replace(second=0, microsecond=0):
        raise Unfit(Fault.UNREADABLE, f"{opened_at.isoformat()} is not the beginning of a minute")
    if raw.received_at + ALLOWANCE < opened_at + LENGTH:
        raise Unfit(Fault.FROM_THE_FUTURE, f"the minute of {opened_at.isoformat()} is not over")
    names = ("open", "high", "low", "close")
    first, high, low, last = (price_of(name, getattr(raw, name)) for name in names)
    if not (low <= first <= high and low <= last <= high):
        raise Unfit(Fault.CROSSED, f"low {low} and high {high} do not enclose open {first} and close {last}")
    symbol, volume = symbol_of(raw.symbol), shares_of(raw.volume)
    session = _session_of(opened_at, calendar)
    return Minute(symbol, opened_at, first, high, low, last, volume, raw.source), session


def session_bar(minutes: Sequence[Minute], session: Session, received_at: datetime) -> RawBar:
    """The bar of ``session`` out of all ``minutes`` of one symbol, oldest first; it is still to be inspected.

    It opens with the first and closes with the last of them, whatever minutes nothing was traded in.
    """
    return RawBar(
        symbol=minutes[0].symbol,
        session=session.day,
        open=minutes[0].open,
        high=max(minute.high for minute in minutes),
        low=min(minute.low for minute in minutes),
        close=minutes[-1].close,
        volume=sum(minute.volume for minute in minutes),
        source=minutes[-1].source,
        received_at=received_at,
    )


def _session_of(opened_at: datetime, calendar: TradingCalendar) -> Session:
    session = calendar.session_at(opened_at)
    if session is None:
        raise Unfit(Fault.NOT_A_SESSION, f"the exchange did not trade at {opened_at.isoformat()}")
    return session
