"""Averages that remember: each is moved on by one value at a time, and begun anew after a gap."""

from math import isnan, nan


class Exponential:
    """Exponential moving average with weight ``2 / (span + 1)``, begun at the first value.

    Warm after ``span`` values, when the first one weighs about an eighth (J. S. Hunter, "The
    exponentially weighted moving average", Journal of Quality Technology 18, 1986).
    """

    __slots__ = ("_level", "_seen", "_span", "_weight")

    def __init__(self, span: int) -> None:
        self._span, self._weight = span, 2 / (span + 1)
        self._level, self._seen = nan, 0

    def add(self, value: float) -> float:
        """The average with ``value`` in it; NaN until it is warm."""
        self._level = value if not self._seen else self._level + self._weight * (value - self._level)
        self._seen += 1
        return self._level if self._seen >= self._span else nan


class Wilder:
    """Smoothing by ``(average * (period - 1) + value) / period``, begun with the mean of ``period`` values.

    Warm after ``period`` values (J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978).
    """

    __slots__ = ("_level", "_period", "_seen")

    def __init__(self, period: int) -> None:
        self._period = period
        self._level, self._seen = 0.0, 0

    def add(self, value: float) -> float:
        """The average with ``value`` in it; NaN until it is warm."""
        self._seen += 1
        if self._seen > self._period:
            self._level = (self._level * (self._period - 1) + value) / self._period
        else:
            self._level += value  # a sum until there are enough of them
            if self._seen == self._period:
                self._level /= self._period
        return self._level if self._seen >= self._period else nan


class RelativeStrength:
    """Wilder's relative strength index from 0 to 100: ``100 * gains / (gains + losses)``.

    Both are Wilder's averages of what the closes rose and fell by. It is undefined, NaN, where both are
    zero: a price that did not move is neither strong nor weak (TA-Lib says 0 there, others 50 or 100).
    """

    __slots__ = ("_before", "_gains", "_losses")

    def __init__(self, period: int) -> None:
        self._before = nan
        self._gains, self._losses = Wilder(period), Wilder(period)

    def add(self, close: float) -> float:
        """The index with ``close``, in dollars, in it; NaN until there are ``period`` changes."""
        change, self._before = close - self._before, close
        if isnan(change):  # the first close is no change
            return nan
        gains, losses = self._gains.add(max(change, 0.0)), self._losses.add(max(-change, 0.0))
        moved = gains + losses
        return 100 * (gains / moved) if moved else nan


class TrueRange:
    """Wilder's average true range in dollars.

    The true range is the largest of ``high - low``, ``|high - close before|``, ``|low - close before|``.
    """

    __slots__ = ("_average", "_before")

    def __init__(self, period: int) -> None:
        self._before = nan
        self._average = Wilder(period)

    def add(self, high: float, low: float, close: float) -> float:
        """The average with this bar in it; NaN until there are ``period`` true ranges."""
        before, self._before = self._before, close
        if isnan(before):  # the first bar has no close before it
            return nan
        return self._average.add(max(high - low, abs(high - before), abs(low - before)))
