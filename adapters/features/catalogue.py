"""Every feature by name: its version, its unit, when it is warm, its formula and where that comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Need = Literal["bars", "quote", "book"]

SET_VERSION = 2
"""Version of the set; it rises with every feature that comes, goes or is computed otherwise."""


@dataclass(frozen=True, slots=True)
class Feature:
    """What one feature is; ``version`` rises whenever its formula changes.

    ``warm_after`` counts closed bars of sessions in a row. ``needs`` says of what it is made: of closed
    bars alone, or of the last quote or the book too, which are known as of now and of no earlier time.
    """

    name: str
    unit: str
    warm_after: int
    formula: str
    source: str
    version: int = 1
    needs: Need = "bars"

    @property
    def in_words(self) -> str:
        """What it needs, such as ``61 bars and a book``."""
        bars = [f"{self.warm_after} bar" + ("s" if self.warm_after > 1 else "")] if self.warm_after else []
        return " and ".join(bars if self.needs == "bars" else [*bars, f"a {self.needs}"])


_DEFINED = "by definition"
_HULL = 'J. C. Hull, "Options, Futures, and Other Derivatives", on volatility from historical data'
_HUNTER = 'J. S. Hunter, "The exponentially weighted moving average", Journal of Quality Technology 18, 1986'
_BOLLINGER = 'J. Bollinger, "Bollinger on Bollinger Bands", 2001'
_DONCHIAN = "R. Donchian's four-week channel"
_WILDER = 'J. W. Wilder, "New Concepts in Technical Trading Systems", 1978'
_AMIHUD = 'this project\'s own; its inputs as in Y. Amihud, "Illiquidity and stock returns", 2002'
_MARKOWITZ = 'Pearson\'s r; the book by H. Markowitz, "Portfolio Selection", 1952'


def _return(days: int) -> Feature:
    formula = f"close[t] / close[t-{days}] - 1"
    return Feature(f"return_{days}d", "fraction", days + 1, formula, _DEFINED)


def _average(window: int) -> Feature:
    return Feature(f"sma_{window}", "USD", window, f"mean of the last {window} closes", _DEFINED)


FEATURES: tuple[Feature, ...] = (
    Feature("close", "USD", 1, "close[t]", _DEFINED),
    _return(1),
    _return(5),
    _return(20),
    _average(10),
    _average(20),
    _average(50),
    Feature("ema_20", "USD", 20, "e[0] = close[0]; e[t] = e[t-1] + 2/21 * (close[t] - e[t-1])", _HUNTER),
    Feature("deviation_20", "USD", 20, "sqrt(mean((close - sma_20)^2)) of the last 20 closes", _BOLLINGER),
    Feature("prior_high_20", "USD", 21, "highest high of the 20 bars before the last", _DONCHIAN),
    Feature("prior_low_20", "USD", 21, "lowest low of the 20 bars before the last", _DONCHIAN),
    Feature(
        "rsi_14",
        "0 to 100",
        15,
        "100 * up / (up + down), Wilder's averages over 14 of what closes rose and fell by; "
        "undefined while no close has moved",
        _WILDER,
    ),
    Feature(
        "atr_14",
        "USD",
        15,
        "Wilder's average over 14 of max(high - low, |high - close[t-1]|, |low - close[t-1]|)",
        _WILDER,
    ),
    Feature(
        "volatility_20d",
        "fraction a year",
        21,
        "sample deviation of the last 20 ln(close[t] / close[t-1]) * sqrt(252)",
        _HULL,
    ),
    Feature("volume_20d", "shares a day", 20, "mean of the last 20 volumes", _DEFINED),
    Feature("dollar_volume_20d", "USD a day", 20, "mean of the last 20 close * volume", _DEFINED),
    Feature("relative_volume", "ratio", 20, "volume[t] / volume_20d; undefined where none traded", _DEFINED),
    Feature(
        "liquidity_score",
        "0 to 1",
        20,
        "(1 - exp(-dollar_volume_20d / 50e6)) * min(1, relative_volume / 0.75)",
        _AMIHUD,
    ),
    Feature("spread", "fraction", 0, "(ask - bid) / mid of the last quote", _DEFINED, needs="quote"),
    Feature(
        "correlation_60d",
        "-1 to 1",
        61,
        "correlation of the last 60 return_1d with the book's, each holding weighted by its worth now",
        _MARKOWITZ,
        needs="book",
    ),
)

OF_BARS: tuple[Feature, ...] = tuple(feature for feature in FEATURES if feature.needs == "bars")
"""The features that closed bars alone decide."""

_ALL_WARM = max(feature.warm_after for feature in OF_BARS)


def still_cold(bars: int) -> Mapping[str, int]:
    """Closed bars that each feature of bars still needs after ``bars`` in a row; warm ones are left out."""
    if bars >= _ALL_WARM:  # as nearly always
        return {}
    return {one.name: one.warm_after - bars for one in OF_BARS if one.warm_after > bars}
