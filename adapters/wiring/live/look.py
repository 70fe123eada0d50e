"""A look at the live market without living on it: what it quotes, whether we may listen, what is missing."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.listener import LISTENING
from adapters.market.alpaca.source import AlpacaSource
from adapters.market.calendar import TradingCalendar
from adapters.market.closing.filling import HISTORY
from adapters.market.gaps import days_of, gaps
from adapters.market.inspection.inspection import Inspection
from adapters.market.inspection.outcome import Quarantined
from adapters.market.overrides_file import read_calendar
from adapters.settings import Settings
from adapters.storage.bars import BarStore
from adapters.wiring.live.history import last_closed
from adapters.wiring.live.market import live_bars, live_source, live_symbols
from policy.contracts import Quote
from policy.ports import Clock

OLDEST = timedelta(seconds=30)
"""How old a quote may be while the exchange trades: what the rules allow."""
_LOOKS = 50


@dataclass(frozen=True, slots=True)
class QuoteLook:
    """One symbol: its last quote in ``words``, and how many sessions have no bar among the live ones."""

    symbol: str
    words: str
    age_seconds: float | None
    sessions_missing: int


@dataclass(frozen=True, slots=True)
class MarketLook:
    """What was seen; ``missing`` says in words what keeps a house from living on it now."""

    feed: str
    stream: str
    is_open: bool
    quotes: tuple[QuoteLook, ...]
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def look_at_market(settings: Settings, clock: Clock) -> MarketLook:
    """What the market of ``settings`` shows now; raises ``SourceAway`` where it cannot be asked.

    Raises ``Refused`` and ``UnsafeSettings`` as ``live_source`` does.
    """
    source, symbols = live_source(settings, clock), live_symbols(settings)
    calendar, bars, now = read_calendar(settings.calendar_overrides), live_bars(settings), clock.now()
    quotes = _inspected(source, Inspection(symbols, calendar))
    looks = tuple(_look(symbol, quotes.get(symbol), bars, calendar, now) for symbol in symbols)
    stream, is_open = _stream_of(source, settings.market_seconds), calendar.is_open(now)
    return MarketLook(settings.alpaca_feed, stream, is_open, looks, _missing(looks, stream, is_open=is_open))


def _inspected(source: AlpacaSource, inspection: Inspection) -> Mapping[str, Quote | Quarantined]:
    raws = source.latest()
    return {str(raw.symbol): inspection.quote(raw) for raw in raws}


def _look(
    symbol: str, found: Quote | Quarantined | None, bars: BarStore, calendar: TradingCalendar, now: datetime
) -> QuoteLook:
    until, stored = last_closed(calendar, now).day, bars.between(symbol)
    sessions = (
        gaps(symbol, days_of(stored), calendar, until) if stored else calendar.between(until - HISTORY, until)
    )
    missing = sum(1 for _ in sessions)
    if isinstance(found, Quote):
        age = max(0.0, (now - found.at).total_seconds())
        return QuoteLook(symbol, f"{found.bid} to {found.ask}, {age:.0f} s old", age, missing)
    words = "never quoted" if found is None else f"not let in: {found.fault.value}, {found.text}"
    return QuoteLook(symbol, words, None, missing)


def _stream_of(source: AlpacaSource, seconds: float) -> str:
    """Whether the stream lets us listen; the first thing that it comes to counts."""
    source.start()
    waiting = threading.Event()
    for _ in range(_LOOKS):
        if source.state == LISTENING or source.state.startswith("away"):
            break
        waiting.wait(seconds / _LOOKS)
    state = source.state
    source.stop()
    return state


def _missing(looks: tuple[QuoteLook, ...], stream: str, *, is_open: bool) -> tuple[str, ...]:
    away = () if stream == LISTENING else (f"the stream: {stream}",)
    old = [one for one in looks if one.age_seconds is None or one.age_seconds > OLDEST.total_seconds()]
    words = [f"a quote of {one.symbol} that is young enough to trade on: {one.words}" for one in old]
    return (*away, *words) if is_open else away
