"""What each feature is, as formulas over one symbol's closed bars; all vectorised, none looks ahead.

Every function takes arrays with one entry per bar, oldest first, and gives one value per bar that is
known when that bar has closed; NaN until there are enough bars ("not warm"). Prices are split-adjusted
dollars, volumes shares, returns simple returns as fractions.

Sums are taken oldest first, value by value: then a window is worth the same bits whoever adds it up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import log, nan, sqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from adapters.features.smoothing import Exponential, RelativeStrength, TrueRange

Series = NDArray[np.float64]
Reduction = Callable[[Series], Series]

TRADING_DAYS = 252


@dataclass(frozen=True, slots=True)
class Columns:
    """One symbol's bars in a row, oldest first: dollars and shares."""

    high: Series
    low: Series
    close: Series
    volume: Series


def returns(close: Series, days: int) -> Series:
    """Simple return over ``days`` bars: ``close[t] / close[t - days] - 1``."""
    return _warm(close[days:] / close[:-days] - 1, len(close))


def mean(values: Series, window: int) -> Series:
    """Arithmetic mean of the last ``window`` values, the last one included (a simple moving average)."""
    return _warm(_sums(values, window) / window, len(values))


def exponential_mean(values: Series, span: int) -> Series:
    """Exponential moving average, see ``smoothing.Exponential``."""
    average = Exponential(span)
    return _series(average.add(value) for value in values.tolist())


def deviation(values: Series, window: int) -> Series:
    """Population standard deviation of the last ``window`` values (John Bollinger's choice for his bands)."""
    return _warm(np.sqrt(_squares(values, window) / window), len(values))


def volatility(close: Series, window: int) -> Series:
    """Annualised: sample standard deviation of ``window`` daily log returns times sqrt(252).

    See J. C. Hull, "Options, Futures, and Other Derivatives", "Estimating volatility from historical data".
    """
    daily = np.diff(_series(map(log, close.tolist())))  # numpy's own logarithm differs by processor
    return _warm(np.sqrt(_squares(daily, window) / (window - 1)) * sqrt(TRADING_DAYS), len(close))


def prior_high(high: Series, window: int) -> Series:
    """Highest high of the ``window`` bars before the last one (Richard Donchian's channel)."""
    return _before_last(high, window, lambda rows: rows.max(axis=1))


def prior_low(low: Series, window: int) -> Series:
    """Lowest low of the ``window`` bars before the last one (Richard Donchian's channel)."""
    return _before_last(low, window, lambda rows: rows.min(axis=1))


def relative_strength(close: Series, period: int) -> Series:
    """Wilder's relative strength index, see ``smoothing.RelativeStrength``."""
    index = RelativeStrength(period)
    return _series(index.add(value) for value in close.tolist())


def true_range(bars: Columns, period: int) -> Series:
    """Wilder's average true range in dollars, see ``smoothing.TrueRange``."""
    average = TrueRange(period)
    rows = zip(bars.high.tolist(), bars.low.tolist(), bars.close.tolist(), strict=True)
    return _series(average.add(*row) for row in rows)


def relative_volume(volume: Series, window: int) -> Series:
    """The last bar's volume over the mean of the last ``window`` bars, itself included; NaN if none trade."""
    average = mean(volume, window)
    relative: Series = np.divide(volume, average, out=np.full(len(volume), nan), where=average > 0)
    return relative


def all_features(bars: Columns) -> Mapping[str, Series]:
    """Every feature that is measured on ``bars``, by name."""
    close, volume = bars.close, bars.volume
    return {
        "close": close,
        "return_1d": returns(close, 1),
        "return_5d": returns(close, 5),
        "return_20d": returns(close, 20),
        "sma_10": mean(close, 10),
        "sma_20": mean(close, 20),
        "sma_50": mean(close, 50),
        "ema_20": exponential_mean(close, 20),
        "deviation_20": deviation(close, 20),
        "prior_high_20": prior_high(bars.high, 20),
        "prior_low_20": prior_low(bars.low, 20),
        "rsi_14": relative_strength(close, 14),
        "atr_14": true_range(bars, 14),
        "volatility_20d": volatility(close, 20),
        "volume_20d": mean(volume, 20),
        "dollar_volume_20d": mean(close * volume, 20),
        "relative_volume": relative_volume(volume, 20),
    }


def _sums(values: Series, window: int) -> Series:
    """The sum of each window that is full."""
    count = max(0, len(values) - window + 1)
    summed = np.zeros(count)
    for start in range(window):
        summed += values[start : start + count]
    return summed


def _squares(values: Series, window: int) -> Series:
    """The sum of squared distances from its own mean, of each window that is full."""
    middle = _sums(values, window) / window
    summed = np.zeros(len(middle))
    for start in range(window):
        gaps = values[start : start + len(middle)] - middle
        summed += gaps * gaps
    return summed


def _before_last(values: Series, window: int, over: Reduction) -> Series:
    if len(values) <= window:
        return np.full(len(values), nan)
    return _warm(over(sliding_window_view(values[:-1], window)), len(values))


def _series(values: Iterable[float]) -> Series:
    return np.fromiter(values, dtype=np.float64)


def _warm(tail: Series, length: int) -> Series:
    """``tail`` at the end of ``length`` entries, NaN before it."""
    whole = np.full(length, nan)
    if len(tail):
        whole[length - len(tail) :] = tail
    return whole
