"""One symbol's features, one closed bar at a time; what it remembers does not grow.

Each is the same arithmetic in the same order as in ``formulas``, so both give the same bits.
"""

from collections.abc import Callable, Mapping, Sequence
from math import log, nan, sqrt

from adapters.features.formulas import TRADING_DAYS
from adapters.features.smoothing import Exponential, RelativeStrength, TrueRange
from policy.contracts import Bar

REMEMBERED = 50
"""Bars of the longest window."""


class Stream:
    """Bars of sessions in a row, as far as a feature looks back. A gap begins a new stream."""

    def __init__(self) -> None:
        self.closes: list[float] = []
        self.highs: list[float] = []
        self.lows: list[float] = []
        self.volumes: list[float] = []
        self.dollars: list[float] = []
        self.log_moves: list[float] = []
        self.ema, self.rsi, self.atr = nan, nan, nan
        self._averages = (Exponential(20), RelativeStrength(14), TrueRange(14))

    def take(self, bar: Bar) -> Mapping[str, float]:
        """Every feature that ``bar`` leaves measured, by name; NaN where it is not warm or undefined.

        ``bar`` follows the one taken before.
        """
        self._remember(float(bar.high), float(bar.low), float(bar.close), float(bar.volume))
        return {name: form(self) for name, form in FORMS.items()}

    def _remember(self, high: float, low: float, close: float, volume: float) -> None:
        if self.closes:
            _push(self.log_moves, log(close) - log(self.closes[-1]))
        _push(self.closes, close)
        _push(self.highs, high)
        _push(self.lows, low)
        _push(self.volumes, volume)
        _push(self.dollars, close * volume)
        ema, rsi, atr = self._averages
        self.ema, self.rsi, self.atr = ema.add(close), rsi.add(close), atr.add(high, low, close)


Form = Callable[[Stream], float]


def _push(window: list[float], value: float) -> None:
    window.append(value)
    del window[:-REMEMBERED]


def _total(values: Sequence[float]) -> float:
    """Oldest first, value by value: what ``sum`` does depends on the version of Python."""
    summed = 0.0
    for value in values:
        summed += value
    return summed


def _mean(values: Sequence[float], window: int) -> float:
    return _total(values[-window:]) / window if len(values) >= window else nan


def _squares(values: Sequence[float]) -> float:
    middle = _total(values) / len(values)
    return _total([gap * gap for gap in (value - middle for value in values)])


def _return(closes: Sequence[float], days: int) -> float:
    return closes[-1] / closes[-1 - days] - 1 if len(closes) > days else nan


def _deviation(closes: Sequence[float], window: int) -> float:
    return sqrt(_squares(closes[-window:]) / window) if len(closes) >= window else nan


def _volatility(moves: Sequence[float], window: int) -> float:
    if len(moves) < window:
        return nan
    return sqrt(_squares(moves[-window:]) / (window - 1)) * sqrt(TRADING_DAYS)


def _prior(values: Sequence[float], window: int, over: Callable[[Sequence[float]], float]) -> float:
    return over(values[-window - 1 : -1]) if len(values) > window else nan


def _relative(volumes: Sequence[float], window: int) -> float:
    average = _mean(volumes, window)
    return volumes[-1] / average if average > 0 else nan


FORMS: Mapping[str, Form] = {
    "close": lambda of: of.closes[-1],
    "return_1d": lambda of: _return(of.closes, 1),
    "return_5d": lambda of: _return(of.closes, 5),
    "return_20d": lambda of: _return(of.closes, 20),
    "sma_10": lambda of: _mean(of.closes, 10),
    "sma_20": lambda of: _mean(of.closes, 20),
    "sma_50": lambda of: _mean(of.closes, 50),
    "ema_20": lambda of: of.ema,
    "deviation_20": lambda of: _deviation(of.closes, 20),
    "prior_high_20": lambda of: _prior(of.highs, 20, max),
    "prior_low_20": lambda of: _prior(of.lows, 20, min),
    "rsi_14": lambda of: of.rsi,
    "atr_14": lambda of: of.atr,
    "volatility_20d": lambda of: _volatility(of.log_moves, 20),
    "volume_20d": lambda of: _mean(of.volumes, 20),
    "dollar_volume_20d": lambda of: _mean(of.dollars, 20),
    "relative_volume": lambda of: _relative(of.volumes, 20),
}
"""How each feature is read off a stream, by its name."""
