"""Features of every symbol at any time, from the bars that had closed by then and no others."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan

import numpy as np

from adapters.features.formulas import Series, all_features, returns
from adapters.features.liquidity import liquidity_score
from policy.contracts import Bar, FeatureSnapshot

CORRELATION_DAYS = 60
# Enough to compare, short enough that the last bit of a sum in another order cannot show.
DIGITS = 10


@dataclass(frozen=True, slots=True)
class ReturnWindow:
    """The last daily returns of one symbol; ``closes`` are the closing times they were known at."""

    closes: tuple[datetime, ...]
    returns: Series


@dataclass(frozen=True, slots=True)
class _Table:
    """One symbol: when each bar closed, and each feature's value then."""

    closes: tuple[datetime, ...]
    daily: Series
    rows: tuple[Mapping[str, float], ...]


class FeatureHistory:
    """Computes every feature once, over the whole history, and looks them up by time.

    Each value depends on bars closed by its own bar alone, so a look-up at a time never sees later ones.
    """

    def __init__(self, bars: Mapping[str, Sequence[Bar]]) -> None:
        self._tables = {symbol: _table(series) for symbol, series in bars.items()}

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has bars, in alphabetical order."""
        return tuple(sorted(self._tables))

    def snapshot(self, symbol: str, at: datetime) -> FeatureSnapshot | None:
        """Features of ``symbol`` from bars closed by ``at``; None for a symbol without bars.

        A feature that needs more bars than there are is absent from ``values``.
        """
        table = self._tables.get(symbol)
        if table is None:
            return None
        bars = bisect_right(table.closes, at)
        return FeatureSnapshot(symbol=symbol, at=at, bars=bars, values=table.rows[bars - 1] if bars else {})

    def liquidity(self, symbol: str, at: datetime) -> float | None:
        """The liquidity score of ``symbol`` as of ``at``; None without twenty closed bars."""
        snapshot = self.snapshot(symbol, at)
        return liquidity_score(snapshot.values) if snapshot else None

    def return_window(self, symbol: str, at: datetime, days: int = CORRELATION_DAYS) -> ReturnWindow | None:
        """The last ``days`` daily returns known at ``at``; None when there are fewer."""
        table = self._tables.get(symbol)
        end = bisect_right(table.closes, at) if table else 0
        if table is None or end <= days:  # the first bar has no return
            return None
        return ReturnWindow(table.closes[end - days : end], table.daily[end - days : end])


def _table(bars: Sequence[Bar]) -> _Table:
    def column(name: str) -> Series:
        return np.array([float(getattr(bar, name)) for bar in bars])

    close = column("close")
    features = all_features(column("high"), column("low"), close, column("volume"))
    return _Table(tuple(bar.closed_at for bar in bars), returns(close, 1), _rows(features, len(bars)))


def _rows(features: Mapping[str, Series], length: int) -> tuple[Mapping[str, float], ...]:
    """One mapping per bar, holding the features that are warm by then."""
    columns = [(name, [_rounded(value) for value in values]) for name, values in features.items()]
    return tuple(
        {name: values[row] for name, values in columns if not isnan(values[row])} for row in range(length)
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
