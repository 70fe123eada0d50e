"""How far apart the forms of every feature are, on every sample bar.

``python -m tests.adapters.features.differences`` prints the table and writes it into docs/features.md. Beside
the three forms of the product stand TA-Lib, where it has the feature, and the definition in decimals of fifty
digits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import talib

from adapters.features.differences import Bars, Columns, Difference, differences, forms_of, largest
from adapters.features.formulas import Columns as Prices
from adapters.features.formulas import Series
from adapters.features.history import columns_of
from adapters.market.calendar import TradingCalendar
from adapters.market.sample import load_bars
from tests.adapters.features.exact import exact_features

PAGE = Path("docs/features.md")
BEGIN, END = "<!-- begin: differences -->", "<!-- end: differences -->"
HEADER = ("feature", "compared", "bar by bar", "Polars", "TA-Lib", "exact")


@dataclass(frozen=True)
class Line:
    """One feature: the largest difference of each form from the history's; None where it has it not."""

    name: str
    forms: Mapping[str, Difference]
    talib: Difference | None
    exact: Difference


def lines_of(bars: Bars, days: TradingCalendar) -> list[Line]:
    """A line for each feature, over all of ``bars``."""
    forms = forms_of(bars, days)
    history, apart = forms["history"], differences(forms)
    others, exact = _of_talib(bars), _exact(bars)
    return [
        Line(
            name,
            {form: told[name] for form, told in apart.items()},
            _largest(name, others[name], told) if name in others else None,
            _largest(name, exact[name], told),
        )
        for name, told in history.items()
    ]


def _largest(name: str, reference: list[float], told: list[float]) -> Difference:
    """A return is compared as the ratio of prices that it is made of: near zero it has few digits."""
    whole = 1.0 if name.startswith("return_") else 0.0
    return largest([value + whole for value in reference], [value + whole for value in told])


def _exact(bars: Bars) -> Columns:
    parts = [exact_features(series) for series in bars.values()]
    return {
        name: [float("nan" if value is None else value) for part in parts for value in part[name]]
        for name in parts[0]
    }


def _of_talib(bars: Bars) -> Columns:
    parts = [columns_of(series) for series in bars.values()]
    return {name: np.concatenate([of(part) for part in parts]).tolist() for name, of in TALIB.items()}


def _return(days: int, of: Prices) -> Series:
    return talib.ROCP(of.close, days)


def _average(window: int, of: Prices) -> Series:
    return talib.SMA(of.close, window)


def _exponential(of: Prices) -> Series:
    """TA-Lib begins with the mean of the first twenty; so that it begins as ours does, with the first close,
    it is given nineteen more of it."""
    begun = np.concatenate([np.full(19, of.close[0]), of.close])
    smoothed = talib.EMA(begun, 20)[19:]
    smoothed[:19] = np.nan
    return smoothed


def _before(values: Series) -> Series:
    return np.concatenate([[np.nan], values[:-1]])


def _volatility(of: Prices) -> Series:
    moves = np.diff(np.log(of.close), prepend=np.nan)
    return talib.STDDEV(moves, 20) * np.sqrt(20 / 19) * np.sqrt(252)


TALIB: Mapping[str, Callable[[Prices], Series]] = {
    **{f"return_{days}d": partial(_return, days) for days in (1, 5, 20)},
    **{f"sma_{window}": partial(_average, window) for window in (10, 20, 50)},
    "ema_20": _exponential,
    "deviation_20": lambda of: talib.STDDEV(of.close, 20),
    "prior_high_20": lambda of: _before(talib.MAX(of.high, 20)),
    "prior_low_20": lambda of: _before(talib.MIN(of.low, 20)),
    "rsi_14": lambda of: talib.RSI(of.close, 14),
    "atr_14": lambda of: talib.ATR(of.high, of.low, of.close, 14),
    "volatility_20d": _volatility,
    "volume_20d": lambda of: talib.SMA(of.volume, 20),
    "dollar_volume_20d": lambda of: talib.SMA(of.close * of.volume, 20),
    "relative_volume": lambda of: of.volume / talib.SMA(of.volume, 20),
}


def row_of(line: Line) -> tuple[str, ...]:
    """A line of the table."""
    ulps = (f"{one.ulps:.0f} ulp" if one.ulps else "0" for one in line.forms.values())
    compared = f"{line.exact.compared:,}"
    return (f"`{line.name}`", compared, *ulps, _relative(line.talib), _relative(line.exact))


def _relative(difference: Difference | None) -> str:
    if difference is None:
        return "has none"
    return f"{difference.relative:.0e}" if difference.relative else "0"


def table(rows: list[tuple[str, ...]]) -> str:
    """The lines as Markdown."""
    lines = [HEADER, ("---", *("--:" for _ in HEADER[1:])), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page_with(text: str, lines: str) -> str:
    """The page ``text`` with ``lines`` between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{lines}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    calendar = TradingCalendar()
    told = table([row_of(line) for line in lines_of(load_bars(calendar), calendar)])
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), told), encoding="utf-8")
    print(told)
