"""What the market looked like at any moment of the bars' history: quotes and closed bars as of a time."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from adapters.market.path import bid_and_ask, half_spreads, mid_price
from adapters.market.sample import Bars, bars_between
from adapters.storage.splits import Split
from policy.contracts import Bar, Quote


@dataclass(frozen=True, slots=True)
class _Reel:
    """One symbol's bars with what is looked up beside them."""

    bars: tuple[Bar, ...]
    opens: tuple[datetime, ...]
    half_spreads: tuple[Decimal, ...]


class Tape:
    """Bars by symbol, read at any time; it never shows what was not yet known then."""

    def __init__(
        self, bars: Bars, traded: Bars | None = None, splits: Mapping[str, Sequence[Split]] | None = None
    ) -> None:
        """``bars`` are played; ``traded`` are the same as they were traded, before ``splits``."""
        if not bars:
            raise ValueError("a tape needs the bars of at least one symbol")
        self._traded = bars if traded is None else traded
        self._splits = splits or {}
        self._reels: Mapping[str, _Reel] = {
            symbol: _Reel(series, tuple(bar.opened_at for bar in series), half_spreads(series))
            for symbol, series in sorted(bars.items())
        }

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has bars, in alphabetical order."""
        return tuple(self._reels)

    @property
    def first_day(self) -> date:
        """The day of the oldest bar."""
        return min(reel.bars[0].opened_at for reel in self._reels.values()).date()

    @property
    def last_day(self) -> date:
        """The day of the newest bar."""
        return max(reel.bars[-1].opened_at for reel in self._reels.values()).date()

    def quote_at(self, symbol: str, at: datetime) -> Quote | None:
        """The quote of ``symbol`` as of ``at``.

        During a session its time is ``at``; outside sessions it is the last close's, with that
        session's close as its time. None before the first bar and for unknown symbols.
        """
        reel = self._reels.get(symbol)
        index = bisect_right(reel.opens, at) - 1 if reel else -1
        if reel is None or index < 0:
            return None
        bar = reel.bars[index]
        time = min(at, bar.closed_at)
        bid, ask = bid_and_ask(mid_price(bar, _elapsed(bar, time)), reel.half_spreads[index])
        return Quote(symbol=symbol, bid=bid, ask=ask, at=time)

    def bars_closed_by(self, symbol: str, at: datetime, first: date, last: date) -> tuple[Bar, ...]:
        """Bars of ``symbol`` from day ``first`` to day ``last`` that had closed by ``at``."""
        reel = self._reels.get(symbol)
        if reel is None:
            return ()
        return tuple(bar for bar in bars_between(reel.bars, first, last) if bar.closed_at <= at)

    def traded_by(self, symbol: str, at: datetime, first: date, last: date) -> tuple[Bar, ...]:
        """The same bars as they were traded, in shares of their own day."""
        bars = bars_between(self._traded.get(symbol, ()), first, last)
        return tuple(bar for bar in bars if bar.closed_at <= at)

    def splits_by(self, symbol: str, at: datetime) -> tuple[Split, ...]:
        """The splits of ``symbol`` whose day had come by ``at``, oldest first."""
        return tuple(split for split in self._splits.get(symbol, ()) if split.ex_day <= at.date())

    def last_bars_before(self, at: datetime) -> tuple[Bar, ...]:
        """The last bar of each symbol that had closed before ``at``, by symbol."""
        found = (self._last_bar_before(reel, at) for reel in self._reels.values())
        return tuple(bar for bar in found if bar is not None)

    def bars_closing_at(self, at: datetime) -> tuple[Bar, ...]:
        """The bars that close at exactly ``at``, by symbol."""
        found = (self._bar_closing_at(symbol, at) for symbol in self._reels)
        return tuple(bar for bar in found if bar is not None)

    def _bar_closing_at(self, symbol: str, at: datetime) -> Bar | None:
        reel = self._reels[symbol]
        index = bisect_right(reel.opens, at) - 1
        return reel.bars[index] if index >= 0 and reel.bars[index].closed_at == at else None

    def _last_bar_before(self, reel: _Reel, at: datetime) -> Bar | None:
        opened = reel.bars[: bisect_left(reel.opens, at)]
        return next((bar for bar in opened[:-3:-1] if bar.closed_at < at), None)


def _elapsed(bar: Bar, at: datetime) -> Decimal:
    """How much of the bar's session is over at ``at``, a fraction from 0 to 1, to the microsecond."""
    passed, whole = at - bar.opened_at, bar.closed_at - bar.opened_at
    return Decimal(_microseconds(passed)) / _microseconds(whole)


def _microseconds(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
