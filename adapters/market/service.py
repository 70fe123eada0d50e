"""What the market service tells those who ask: the last quote and the closed bars, as of its clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from adapters.market.calendar import TradingCalendar
from adapters.market.gaps import Gap, days_of, gaps
from adapters.market.inspection.reading import ALLOWANCE
from adapters.ports import LatestQuotes
from adapters.storage.splits import Split
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
        """Bars of ``symbol`` from day ``first`` to day ``last`` that had closed by ``at``, split-adjusted."""
        ...

    def traded_by(self, symbol: str, at: datetime, first: date, last: date) -> tuple[Bar, ...]:
        """The same bars as they were traded, in shares of their own day, oldest first."""
        ...

    def splits_by(self, symbol: str, at: datetime) -> Sequence[Split]:
        """The splits of ``symbol`` whose day had come by ``at``, oldest first."""
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
        """The last quote of ``symbol``; None when it has not been quoted yet.

        One of an exchange whose clock is a little ahead, as inspection allows, is of now.
        """
        quote, now = self.board.latest(symbol), self.clock.now()
        if quote is None or quote.at > now + ALLOWANCE:
            return None
        age = max(0.0, (now - quote.at).total_seconds())
        return QuoteView(**dict(quote), data_age_seconds=age, market_open=self.calendar.is_open(now))

    def bars(
        self, symbol: str, first: date | None, last: date | None, *, adjusted: bool = True
    ) -> tuple[Bar, ...]:
        """Closed bars from ``first`` to ``last``, both days included and both optional.

        They are ``adjusted`` for splits, or else as traded.
        """
        read = self.tape.bars_closed_by if adjusted else self.tape.traded_by
        return read(symbol, self.clock.now(), first or date.min, last or date.max)

    def splits(self, symbol: str) -> Sequence[Split]:
        """The splits of ``symbol`` up to today, oldest first."""
        return self.tape.splits_by(symbol, self.clock.now())

    def gaps(self) -> Iterator[Gap]:
        """Sessions that lack a bar, from a symbol's first bar to the last session that has closed."""
        now = self.clock.now()
        until = min(now.date(), self.tape.last_day)
        for symbol in self.tape.symbols:
            days = days_of(self.tape.bars_closed_by(symbol, now, date.min, date.max))
            found = gaps(symbol, days, self.calendar, until)
            yield from (gap for gap in found if gap.session.closes <= now)
