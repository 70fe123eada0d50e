"""Every feature over whole columns, in Polars: how many bars of many symbols are looked at at once.

It shares no code with ``formulas`` and ``stream``, so that they can be held against it. Windows are added up
oldest first, as there; Wilder's averages are Polars' own exponential ones, which end in other last bits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from math import sqrt
from operator import add

import polars as pl

from adapters.features.sessions import ExchangeDays, unbroken
from policy.contracts import Bar

CLOSE, VOLUME = pl.col("close"), pl.col("volume")
HIGH, LOW = pl.col("high"), pl.col("low")
SESSIONS_A_YEAR = 252
KEYS = ("symbol", "run", "closed_at")
"""Whose features, and when they were known."""
MEASURED_ON = ("high", "low", "close", "volume")
"""Doubles are made of them before: Polars would divide digits by powers of ten that are no doubles."""


def frame_of(bars: Mapping[str, Sequence[Bar]], days: ExchangeDays) -> pl.DataFrame:
    """``bars`` by symbol, oldest first, as columns; ``run`` counts the stretches of sessions in a row."""
    rows = [
        (bar.symbol, number, bar.closed_at, *(float(getattr(bar, name)) for name in MEASURED_ON))
        for series in bars.values()
        for number, run in enumerate(unbroken(series, days))
        for bar in run
    ]
    return pl.DataFrame(rows, schema=[*KEYS, *MEASURED_ON], orient="row")


def measured(frame: pl.DataFrame) -> pl.DataFrame:
    """For each row of ``frame`` its ``KEYS`` and every feature of bars, null where it has none."""
    return pl.concat(_measured(run) for run in frame.partition_by("symbol", "run", maintain_order=True))


def _measured(run: pl.DataFrame) -> pl.DataFrame:
    """One run, in two steps: Polars would work a deviation's mean out anew for each value of its window."""
    moves = run.with_columns(CLOSE.log().diff().alias("_move"))
    middles = moves.with_columns(sma_20=_mean(CLOSE, 20), _usual_move=_mean(pl.col("_move"), 20))
    return middles.select(*KEYS, **dict(_features()))


def _features() -> Iterator[tuple[str, pl.Expr]]:
    """Every feature of one run, by name; the means that deviations are taken from are columns already."""
    yield "close", CLOSE
    yield from ((f"return_{days}d", CLOSE / CLOSE.shift(days) - 1) for days in (1, 5, 20))
    yield "sma_10", _mean(CLOSE, 10)
    yield "sma_20", pl.col("sma_20")
    yield "sma_50", _mean(CLOSE, 50)
    yield "ema_20", CLOSE.ewm_mean(span=20, adjust=False, min_samples=20)
    yield "deviation_20", (_squares(CLOSE, pl.col("sma_20"), 20) / _each(20)).sqrt()
    yield "prior_high_20", HIGH.shift(1).rolling_max(20)
    yield "prior_low_20", LOW.shift(1).rolling_min(20)
    yield "rsi_14", _relative_strength(14)
    yield "atr_14", _wilder(_true_range(), 14)
    daily = (_squares(pl.col("_move"), pl.col("_usual_move"), 20) / _each(19)).sqrt()
    yield "volatility_20d", daily * sqrt(SESSIONS_A_YEAR)
    yield "volume_20d", _mean(VOLUME, 20)
    yield "dollar_volume_20d", _mean(CLOSE * VOLUME, 20)
    yield "relative_volume", _divided(VOLUME, _mean(VOLUME, 20))


def _window(values: pl.Expr, window: int, of: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The sum of ``of`` each value of the window, oldest first."""
    return reduce(add, (of(values.shift(age)) for age in reversed(range(window))))


def _mean(values: pl.Expr, window: int) -> pl.Expr:
    return _window(values, window, lambda value: value) / _each(window)


def _squares(values: pl.Expr, middle: pl.Expr, window: int) -> pl.Expr:
    return _window(values, window, lambda value: (value - middle) * (value - middle))


def _each(number: int) -> pl.Expr:
    """``number`` for each row: a lone one Polars divides by as a product with its inverse, to other bits."""
    return pl.int_range(pl.len()) * 0 + number


def _wilder(values: pl.Expr, period: int) -> pl.Expr:
    """Wilder's average of ``values`` without their first, which has none before it; begun with a mean."""
    place = pl.int_range(pl.len())
    begun = pl.when(place > period).then(values).when(place == period).then(_mean(values, period))
    return begun.ewm_mean(alpha=1 / period, adjust=False, ignore_nulls=True)


def _true_range() -> pl.Expr:
    before = CLOSE.shift(1)
    return pl.max_horizontal(HIGH - LOW, (HIGH - before).abs(), (LOW - before).abs())


def _relative_strength(period: int) -> pl.Expr:
    change = CLOSE.diff()
    gains, losses = _wilder(change.clip(0, None), period), _wilder((-change).clip(0, None), period)
    return 100 * _divided(gains, gains + losses)


def _divided(one: pl.Expr, by: pl.Expr) -> pl.Expr:
    return pl.when(by > 0).then(one / by)
