"""Measures the market side of what the rules read: age of the quote, trading hours, events, liquidity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapters.market.blackouts import Blackouts
from adapters.market.calendar import TradingCalendar
from adapters.market.live_board import LiveBoard
from adapters.ports import LatestQuotes
from policy.contracts import MarketContext, Quote

Liquidity = Callable[[str, datetime], float | None]


@dataclass(frozen=True, slots=True)
class MarketGauge:
    """Reads board, calendar and event list; ``liquidity`` gives a score from 0 to 1 or None."""

    board: LatestQuotes
    calendar: TradingCalendar
    blackouts: Blackouts
    liquidity: Liquidity

    def measure(self, symbol: str, at: datetime) -> MarketContext | None:
        """The market of ``symbol`` as of ``at``.

        ``data_age_seconds`` counts from the exchange's time of the last quote. None when it cannot be
        measured: no quote yet, a quote from after ``at``, or a day the event lists do not cover.
        """
        quote, blackout = self.quote_of(symbol, at), self.blackouts.active(symbol, at)
        if quote is None or quote.at > at or blackout is None:
            return None
        return MarketContext(
            data_age_seconds=(at - quote.at).total_seconds(),
            market_open=self.calendar.is_open(at),
            event_blackout_active=blackout,
            liquidity_score=self.liquidity(symbol, at),
        )

    def quote_of(self, symbol: str, at: datetime) -> Quote | None:  # noqa: ARG002 - where time stands, all is as of it
        """The quote that ``at`` is measured by."""
        return self.board.latest(symbol)


@dataclass(frozen=True, slots=True)
class LiveGauge(MarketGauge):
    """Measures a market in which quotes go on while somebody asks about a moment that has passed."""

    board: LiveBoard

    def quote_of(self, symbol: str, at: datetime) -> Quote | None:
        """The newest quote that is known from ``at`` or before."""
        return self.board.as_of(symbol, at)
