"""What the house asks of Alpaca's market data: latest quotes, bars, splits; lists are read to their end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from alpaca.common.enums import Sort
from alpaca.data.enums import Adjustment, CorporateActionsType, DataFeed
from alpaca.data.requests import CorporateActionsRequest, StockBarsRequest, StockLatestQuoteRequest
from alpaca.data.timeframe import TimeFrame

from adapters.market.alpaca.line import ActionsLine, StockLine
from adapters.market.alpaca.wire import (
    NEW_YORK,
    WireSplit,
    raw_bar,
    raw_minute,
    raw_quote,
    splits,
)
from adapters.market.source import RawBar, RawQuote, SourceAway
from adapters.one_try import Declined
from policy.ports import Clock

_ONE_DAY = timedelta(days=1)
_SPLITS = [CorporateActionsType.FORWARD_SPLIT, CorporateActionsType.REVERSE_SPLIT]

_NEXT_STEPS = {
    401: "; look at TRIVET_ALPACA_KEY_ID and TRIVET_ALPACA_SECRET",
    403: "; look at TRIVET_ALPACA_KEY_ID and TRIVET_ALPACA_SECRET, and whether the account has bought "
    "TRIVET_ALPACA_FEED",
}
"""What a person can do, by HTTP status."""


@dataclass(frozen=True)
class Asking:
    """Every request; each raises ``SourceAway`` where it was not answered, or not in a way to understand.

    ``feed`` is whose prices are meant.
    """

    stocks: StockLine
    actions: ActionsLine
    feed: DataFeed
    clock: Clock

    def latest_quotes(self, symbols: Sequence[str]) -> list[RawQuote]:
        """The last quote of each of ``symbols`` that has one."""
        asked = StockLatestQuoteRequest(symbol_or_symbols=list(symbols), feed=self.feed)
        told = _told("the latest quotes", lambda: self.stocks.get_stock_latest_quote(asked))
        now = self.clock.now()
        return [raw_quote(symbol, one, now) for symbol, one in told.items() if one]

    def daily_bars(self, symbol: str, first: date, last: date) -> list[RawBar]:
        """Bars of ``symbol`` as traded, day ``first`` to day ``last``, oldest first."""
        found = self._bars([symbol], TimeFrame.Day, _midnight(first), _midnight(last) + _ONE_DAY)
        now = self.clock.now()
        bars = [raw_bar(symbol, one, now) for one in found.get(symbol, ())]
        return [bar for bar in bars if not isinstance(bar.session, date) or first <= bar.session <= last]

    def minutes(self, symbols: Sequence[str], since: datetime, until: datetime) -> list[RawBar]:
        """Minutes that began from ``since`` to ``until``, both included, by symbol, oldest first.

        In place of a session each has the time at which it began.
        """
        found = self._bars(symbols, TimeFrame.Minute, since, until)
        now = self.clock.now()
        return [raw_minute(symbol, one, now) for symbol in symbols for one in found.get(symbol, ())]

    def splits(self, symbols: Sequence[str], first: date, last: date) -> tuple[WireSplit, ...]:
        """Splits of ``symbols`` from day ``first`` to day ``last``, by their first day in new shares."""
        asked = CorporateActionsRequest(symbols=list(symbols), types=_SPLITS, start=first, end=last)
        return splits(_told("the splits", lambda: self.actions.get_corporate_actions(asked)))

    def _bars(self, symbols: Sequence[str], frame: TimeFrame, start: datetime, end: datetime) -> Any:
        asked = StockBarsRequest(
            symbol_or_symbols=list(symbols),
            timeframe=frame,
            start=start,
            end=end,
            adjustment=Adjustment.RAW,
            feed=self.feed,
            sort=Sort.ASC,
        )
        return _told("the bars", lambda: self.stocks.get_stock_bars(asked))


def _midnight(day: date) -> datetime:
    """Where a day begins in New York: the time that daily bars bear."""
    return datetime.combine(day, time(), NEW_YORK)


def _told(what: str, ask: Callable[[], Any]) -> dict[str, Any]:
    """What is asked for; a market that declines to show it is as good as away, with its reason."""
    try:
        found = ask()
    except Declined as declined:
        step = _NEXT_STEPS.get(declined.status, "")
        raise SourceAway(f"the market declined to show {what}: {declined}{step}") from declined
    except (AttributeError, TypeError, ValueError) as strange:
        raise SourceAway(f"{what} came in a form that cannot be read: {strange}") from strange
    if not isinstance(found, dict):
        raise SourceAway(f"{what} came in a form that cannot be read")
    return found
