"""What each feature is, as formulas over one symbol's closed bars; all vectorised, none looks ahead.

Every function takes arrays with one entry per bar, oldest first, and gives one value per bar that is
known when that bar has closed; NaN until there are enough bars ("not warm"). Prices are split-adjusted
dollars, volumes shares, returns simple returns as fractions.
"""

from collections.abc import Callable, Mapping
from math import nan, sqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Series = NDArray[np.float64]
Reduction = Callable[[Series], Series]

TRADING_DAYS = 252


def returns(close: Series, days: int) -> Series:
    """Simple return over ``days`` bars: ``close[t] / close[t - days] - 1``."""
    return _warm(close[days:] / close[:-days] - 1, len(close))


def mean(values: Series, window: int) -> Series:
    """Arithmetic mean of the last ``window`` values, the last one included (a simple moving average)."""
    return _rolled(values, window, lambda rows: rows.mean(axis=1))


def exponential_mean(values: Series, span: int) -> Series:
    """Exponential moving average with weight ``2 / (span + 1)``, begun at the first value.

    Warm after ``span`` values, when the first one weighs about an eighth (J. S. Hunter, "The
    exponentially weighted moving average", Journal of Quality Technology 18, 1986).
    """
    weight = 2 / (span + 1)
    smoothed = np.empty(len(values))
    level = values[0] if len(values) else nan
    for index, value in enumerate(values):
        level += weight * (value - level)
        smoothed[index] = level
    smoothed[: span - 1] = nan
    return smoothed


def deviation(values: Series, window: int) -> Series:
    """Population standard deviation of the last ``window`` values (John Bollinger's choice for his bands)."""
    return _rolled(values, window, lambda rows: rows.std(axis=1))


def volatility(close: Series, window: int) -> Series:
    """Annualised: sample standard deviation of ``window`` daily log returns times sqrt(252).

    See J. C. Hull, "Options, Futures, and Other Derivatives", "Estimating volatility from historical data".
    """
    daily = np.diff(np.log(close))
    rolled = _rolled(daily, window, lambda rows: rows.std(axis=1, ddof=1))
    return _warm(rolled * sqrt(TRADING_DAYS), len(close))


def prior_high(high: Series, window: int) -> Series:
    """Highest high of the ``window`` bars before the last one (Richard Donchian's channel)."""
    return _shifted(_rolled(high, window, lambda rows: rows.max(axis=1)))


def prior_low(low: Series, window: int) -> Series:
    """Lowest low of the ``window`` bars before the last one (Richard Donchian's channel)."""
    return _shifted(_rolled(low, window, lambda rows: rows.min(axis=1)))


def relative_volume(volume: Series, window: int) -> Series:
    """The last bar's volume over the mean of the last ``window`` bars, itself included; NaN if none trade."""
    average = mean(volume, window)
    relative: Series = np.divide(volume, average, out=np.full(len(volume), nan), where=average > 0)
    return relative


def all_features(high: Series, low: Series, close: Series, volume: Series) -> Mapping[str, Series]:
    """Every feature by name, from the columns of one symbol's bars."""
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
        "prior_high_20": prior_high(high, 20),
        "prior_low_20": prior_low(low, 20),
        "volatility_20d": volatility(close, 20),
        "volume_20d": mean(volume, 20),
        "dollar_volume_20d": mean(close * volume, 20),
        "relative_volume": relative_volume(volume, 20),
    }


def _rolled(values: Series, window: int, over: Reduction) -> Series:
    if len(values) < window:
        return np.full(len(values), nan)
    return _warm(over(sliding_window_view(values, window)), len(values))


def _warm(tail: Series, length: int) -> Series:
    """``tail`` at the end of ``length`` entries, NaN before it."""
    whole = np.full(length, nan)
    if len(tail):
        whole[length - len(tail) :] = tail
    return whole


def _shifted(values: Series) -> Series:
    return np.concatenate(([nan], values[:-1])) if len(values) else values
