"""What a live house has to know of the days before: bars and splits, asked for where they are missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import structlog

from adapters.features.live import LiveFeatures
from adapters.market.alpaca.source import AlpacaSource
from adapters.market.alpaca.wire import SOURCE, WireSplit
from adapters.market.calendar import Session, TradingCalendar
from adapters.market.closing.filling import HISTORY, Filled, backfill, inspection_of
from adapters.market.history_inspection import inspected_as_traded
from adapters.market.inspection.accepting import Acceptances
from adapters.market.inspection.outcome import Quarantined
from adapters.market.source import RawBar, SourceAway
from adapters.storage.bar_files import BarsRefused
from adapters.storage.bar_notes import Look
from adapters.storage.bars import BarStore
from adapters.storage.splits import Split
from adapters.wiring.refusal import Refused
from policy.contracts import Bar
from policy.ports import Clock

log = structlog.get_logger(__name__)

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class History:
    """The bars of ``symbols`` before today, in ``bars``, and what ``source`` can add to them."""

    source: AlpacaSource
    bars: BarStore
    calendar: TradingCalendar
    symbols: Sequence[str]
    clock: Clock
    acceptances: Acceptances
    jump: Decimal

    def complete(self) -> tuple[Filled, ...]:
        """Learn of splits and fill in every bar that is missing, up to the last session that has closed.

        Raises ``Refused`` where the market cannot be asked: without history nothing can be measured.
        """
        try:
            self.learn_splits()
        except SourceAway as away:
            raise _no_history(away) from away
        filled = self.fill()
        for one in filled:
            if one.reason is not None:
                raise _no_history(one.reason)
        return filled

    def fill(self) -> tuple[Filled, ...]:
        """Ask for the bars that are missing, up to the last session that has closed."""
        until = last_closed(self.calendar, self.clock.now()).day
        try:
            self.learn_looks()
            return backfill(self.source, self.bars, self.calendar, self.symbols, until, jump=self.jump)
        except BarsRefused as refused:
            raise Refused(f"the days before today cannot be stored: {refused}") from refused

    def learn_splits(self) -> set[str]:
        """Put splits up to today on record; returns the symbols that have new ones. Raises ``SourceAway``."""
        now = self.clock.now()
        found = self.source.splits(now.date() - HISTORY, now.date())
        return {one.symbol for one in found if one.symbol in self.symbols and self._learnt(one, now)}

    def learn_looks(self) -> None:
        """Put beside the bars which levels people accepted: the day's bar may be as far away."""
        now = self.clock.now()
        for _, one in self.acceptances.since(0):
            if one.symbol in self.symbols:
                self.bars.add_look(Look(one.symbol, one.day, one.level, one.reason, now))

    def inspected(self, raw: RawBar) -> Bar | Quarantined:
        """A session's bar as inspection finds it against the one that is stored before it."""
        symbol = str(raw.symbol)
        inspection = inspection_of(self.bars, self.calendar, symbol, self.jump)
        last = self.bars.last(symbol)
        inspection.recall(bars=() if last is None else (last,))
        return inspected_as_traded(inspection, raw)

    def features(self) -> LiveFeatures:
        """Features of the stored bars, in shares of today."""
        return LiveFeatures({symbol: self.adjusted(symbol) for symbol in self.symbols}, self.calendar)

    def adjusted(self, symbol: str) -> tuple[Bar, ...]:
        """The bars of ``symbol`` in shares of today."""
        return self.bars.adjusted(symbol, self.clock.now().date())

    def last_bars(self) -> list[Bar]:
        """The last bar of each symbol that has one, as traded."""
        return [bar for symbol in self.symbols if (bar := self.bars.last(symbol)) is not None]

    def _learnt(self, told: WireSplit, now: datetime) -> bool:
        new, old = (Fraction(told.new) / Fraction(told.old)).as_integer_ratio()
        try:
            return self.bars.add_split(Split(told.symbol, told.day, new, old, SOURCE, now))
        except BarsRefused as refused:
            log.error("a split contradicts the one on record, which stays", why=str(refused))
            return False


def last_closed(calendar: TradingCalendar, now: datetime) -> Session:
    """The last session that has closed by ``now``; raises LookupError where there never was one."""
    session = calendar.latest_before(now)
    if session is not None and session.closes > now:
        session = calendar.latest_before(session.opens - _INSTANT)
    if session is None:
        raise LookupError(f"the calendar has no session before {now:%Y-%m-%d}")
    return session


def shortcomings(filled: Iterable[Filled], features: LiveFeatures, at: datetime) -> Mapping[str, str]:
    """What is missing, by symbol, in words: sessions without a bar, and features that are not warm."""
    found: dict[str, str] = {}
    for one in filled:
        if one.missing:
            found[one.symbol] = f"{len(one.missing)} sessions have no bar, the last {one.missing[-1]}"
        elif "volatility_20d" not in _warm(features, one.symbol, at):
            found[one.symbol] = "its features are not warm; no strategy proposes it yet"
    return found


def _warm(features: LiveFeatures, symbol: str, at: datetime) -> Mapping[str, float]:
    snapshot = features.snapshot(symbol, at)
    return {} if snapshot is None else snapshot.values


def _no_history(why: object) -> Refused:
    return Refused(
        f"the days before today are not known, and the market does not tell them: {why}; "
        "look with: trivet market check"
    )
