"""Features of every symbol at any time of a history that is known, all of it computed at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from adapters.correlation import CORRELATION_DAYS, ReturnWindow
from adapters.features.formulas import Columns, Series, all_features
from adapters.features.sessions import ExchangeDays, unbroken, unpriced
from adapters.features.track import Track, rows_of
from policy.contracts import Bar, FeatureSnapshot


class FeatureHistory:
    """Computes every feature once, over the whole history, and looks them up by time.

    Each value depends on bars closed by its own bar alone, so a look-up at a time never sees later ones.
    ``days`` tells where a session is missing, after which every feature gets warm anew; without it the
    bars are taken to be of sessions in a row. Implements ``source.FeatureSource``.
    """

    def __init__(self, bars: Mapping[str, Sequence[Bar]], days: ExchangeDays | None = None) -> None:
        self._tracks = {symbol: track_of(symbol, series, days) for symbol, series in sorted(bars.items())}

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has bars, in alphabetical order."""
        return tuple(self._tracks)

    def snapshot(self, symbol: str, at: datetime) -> FeatureSnapshot | None:
        """As ``FeatureSource.snapshot``."""
        track = self._tracks.get(symbol)
        return track.snapshot(at) if track else None

    def liquidity(self, symbol: str, at: datetime) -> float | None:
        """As ``FeatureSource.liquidity``."""
        track = self._tracks.get(symbol)
        return track.liquidity(at) if track else None

    def return_window(self, symbol: str, at: datetime, days: int = CORRELATION_DAYS) -> ReturnWindow | None:
        """As ``FeatureSource.return_window``."""
        track = self._tracks.get(symbol)
        return track.return_window(at, days) if track else None


def track_of(symbol: str, bars: Sequence[Bar], days: ExchangeDays | None) -> Track:
    """The features of ``symbol`` after each of ``bars``, oldest first.

    Raises ValueError for a bar whose close is not above zero.
    """
    if zero := next((bar for bar in bars if bar.close <= 0), None):
        raise ValueError(f"{unpriced(zero)}; correct it where bars are kept")
    track = Track(symbol, days)
    for run in unbroken(bars, days):
        columns = all_features(columns_of(run))
        rows = rows_of({name: column.tolist() for name, column in columns.items()})
        for position, (bar, row) in enumerate(zip(run, rows, strict=True), start=1):
            track.append(bar, position, row)
    return track


def columns_of(bars: Sequence[Bar]) -> Columns:
    """``bars`` as arrays of doubles."""

    def column(name: str) -> Series:
        return np.array([float(getattr(bar, name)) for bar in bars])

    return Columns(column("high"), column("low"), column("close"), column("volume"))
