"""Features of a market that goes on: they begin with a history and take each bar that closes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.correlation import CORRELATION_DAYS, ReturnWindow
from adapters.features.sessions import ExchangeDays, follows, unpriced
from adapters.features.stream import Stream
from adapters.features.track import Track
from policy.contracts import Bar, FeatureSnapshot


class BarRefused(ValueError):
    """A closed bar that features cannot take; they stand as they stood."""


class LiveFeatures:
    """Features that follow closed bars; the same bits as ``FeatureHistory`` of the same bars.

    One thread takes bars, any may ask. Implements ``source.FeatureSource``.
    """

    def __init__(self, history: Mapping[str, Sequence[Bar]], days: ExchangeDays) -> None:
        self._days = days
        self._following = {
            symbol: _Following(symbol, series, days) for symbol, series in sorted(history.items())
        }

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that is followed, in alphabetical order."""
        return tuple(sorted(self._following))

    def take(self, bar: Bar) -> bool:
        """Move the features of the bar's symbol on; False where it is the last one told again.

        A symbol that was not followed is from now on. After a gap of sessions everything gets warm anew.
        Raises ``BarRefused`` for a bar that is not later than the last, is that one with other numbers, or
        has no close above zero.
        """
        if bar.symbol not in self._following:
            self._following[bar.symbol] = _Following(bar.symbol, (bar,), self._days)
            return True
        return self._following[bar.symbol].take(bar)

    def restart(self, symbol: str, history: Sequence[Bar]) -> None:
        """Follow ``symbol`` from ``history`` on: a split adjusted it, or bars that were missing are there."""
        self._following[symbol] = _Following(symbol, history, self._days)

    def snapshot(self, symbol: str, at: datetime) -> FeatureSnapshot | None:
        """As ``FeatureSource.snapshot``."""
        followed = self._following.get(symbol)
        return followed.track.snapshot(at) if followed else None

    def liquidity(self, symbol: str, at: datetime) -> float | None:
        """As ``FeatureSource.liquidity``."""
        followed = self._following.get(symbol)
        return followed.track.liquidity(at) if followed else None

    def return_window(self, symbol: str, at: datetime, days: int = CORRELATION_DAYS) -> ReturnWindow | None:
        """As ``FeatureSource.return_window``."""
        followed = self._following.get(symbol)
        return followed.track.return_window(at, days) if followed else None


class _Following:
    """One symbol: what its stream remembers, and what it said after each bar."""

    def __init__(self, symbol: str, history: Sequence[Bar], days: ExchangeDays) -> None:
        self.track = Track(symbol, days)
        self._days = days
        self._last: Bar | None = None
        self._stream, self._in_a_row = Stream(), 0
        for bar in history:
            self.take(bar)

    def take(self, bar: Bar) -> bool:
        last = self._last
        if last is not None and bar.closed_at <= last.closed_at:
            return _known_already(bar, last)
        if bar.close <= 0:
            raise BarRefused(f"{unpriced(bar)}; correct it, then restart from history")
        if last is not None and not follows(bar, last, self._days):
            self._stream, self._in_a_row = Stream(), 0
        self._last = bar
        self._in_a_row += 1
        self.track.append(bar, self._in_a_row, self._stream.take(bar))
        return True


def _known_already(bar: Bar, last: Bar) -> bool:
    if bar == last:
        return False
    raise BarRefused(
        f"the bar of {bar.symbol} that closed at {bar.closed_at:%Y-%m-%d %H:%M} does not follow the last, "
        f"that of {last.closed_at:%Y-%m-%d %H:%M}; where history was corrected, restart from it"
    )
