"""Measures the market side of what the rules read: age of the quote, trading hours, events, liquidity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapters.market.blackouts import BlackoutDays
from adapters.market.calendar import TradingCalendar
from adapters.ports import LatestQuotes
from policy.contracts import MarketContext

Liquidity = Callable[[str, datetime], float | None]


@dataclass(frozen=True, slots=True)
class MarketGauge:
    """Reads board, calendar and event list; ``liquidity`` gives a score from 0 to 1 or None."""

    board: LatestQuotes
    calendar: TradingCalendar
    blackouts: BlackoutDays
    liquidity: Liquidity

    def measure(self, symbol: str, at: datetime) -> MarketContext | None:
        """The market of ``symbol`` as of ``at``.

        ``data_age_seconds`` counts from the exchange's time of the last quote. None when it cannot be
        measured: no quote yet, a quote from after ``at``, or a day the event list does not cover.
        """
        quote, blackout = self.board.latest(symbol), self.blackouts.active_on(at.date())
        if quote is None or quote.at > at or blackout is None:
            return None
        return MarketContext(
            data_age_seconds=(at - quote.at).total_seconds(),
            market_open=self.calendar.is_open(at),
            event_blackout_active=blackout,
            liquidity_score=self.liquidity(symbol, at),
        )
