"""What a live market has in place of a recording: stored bars that grow, and how much can be traded now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from adapters.market.closing.minutes import LENGTH, Minute
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split
from policy.contracts import Bar
from policy.ports import Clock

ROUND_LOT = Decimal(100)
"""What a quote on display stands for at least, where nothing is known of what was traded lately."""
RECENT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class StoredBars:
    """Implements ``market.service.ClosedBars`` on the bars in Parquet, in shares of the day asked for."""

    store: BarStore
    symbols: tuple[str, ...]
    clock: Clock

    @property
    def last_day(self) -> date:
        """Today."""
        return self.clock.now().date()

    def bars_closed_by(self, symbol: str, at: datetime, first: date, last: date) -> tuple[Bar, ...]:
        """Bars of ``symbol`` from day ``first`` to day ``last`` that had closed by ``at``, split-adjusted."""
        bars = self.store.adjusted(symbol, at.date(), first, last)
        return tuple(bar for bar in bars if bar.closed_at <= at)

    def traded_by(self, symbol: str, at: datetime, first: date, last: date) -> tuple[Bar, ...]:
        """The same bars as they were traded, in shares of their own day."""
        return tuple(bar for bar in self.store.between(symbol, first, last) if bar.closed_at <= at)

    def splits_by(self, symbol: str, at: datetime) -> tuple[Split, ...]:
        """The splits on record whose day had come by ``at``, oldest first."""
        return tuple(split for split in self.store.splits(symbol) if split.ex_day <= at.date())


class MinuteVolumes:
    """Shares that can be traded at a step of a live market: what was traded in the newest minute known.

    A minute is told of after it has ended, so a step is given what went before it. Without a minute of late
    it is a round lot. Of either, a broker lets one account take its share.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: dict[str, Minute] = {}

    def put(self, minute: Minute) -> None:
        """Take in a minute; one told again counts as told last."""
        last = self._newest.get(minute.symbol)
        if last is None or minute.opened_at >= last.opened_at:
            self._newest[minute.symbol] = minute

    def __call__(self, symbol: str, session: date, moment: str) -> Decimal:  # noqa: ARG002 - time says it
        """Whole shares of ``symbol`` at this moment."""
        minute = self._newest.get(symbol)
        if minute is None or self._clock.now() - (minute.opened_at + LENGTH) > RECENT:
            return ROUND_LOT
        return Decimal(minute.volume)
