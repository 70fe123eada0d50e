"""What the market service tells those who ask: the last quote and the closed bars, as of its clock."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from adapters.market.calendar import TradingCalendar
from adapters.ports import LatestQuotes
from policy.contracts import Bar, NonNegative, Quote
from policy.ports import Clock


class QuoteView(Quote):
    """A quote with its age in seconds and whether its exchange trades now."""

    data_age_seconds: NonNegative
    market_open: bool


class ClosedBars(Protocol):
    """Bars of sessions that have closed, of a recording or a market that goes on."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that is looked at, in alphabetical order."""
        ...

    @property
    def last_day(self) -> date:
        """The last day there may be anything of."""
        ...

    def bars_closed_by(self, symbol: str, at: datetime, first: date, last: date) -> tuple[Bar, ...]:
        """Bars of ``symbol`` from day ``first`` to day ``last`` that had closed by ``at``, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class MarketService:
    """Reads tape and board by the clock of the house; what that clock has not reached does not exist."""

    tape: ClosedBars
    board: LatestQuotes
    calendar: TradingCalendar
    clock: Clock

    def knows(self, symbol: str) -> bool:
        """Whether there are bars of ``symbol`` at all."""
        return symbol in self.tape.symbols

    def quote(self, symbol: str) -> QuoteView | None:
        """The last quote of ``symbol``; None when it has not been quoted yet."""
        quote, now = self.board.latest(symbol), self.clock.now()
        if quote is None or quote.at > now:
            return None
        age = (now - quote.at).total_seconds()
        return QuoteView(**dict(quote), data_age_seconds=age, market_open=self.calendar.is_open(now))

    def bars(self, symbol: str, first: date | None, last: date | None) -> tuple[Bar, ...]:
        """Closed bars from ``first`` to ``last``, both days included and both optional."""
        return self.tape.bars_closed_by(symbol, self.clock.now(), first or date.min, last or date.max)
