"""Every feature by its definition in decimals of fifty digits, which no sum and no order can disturb."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from itertools import pairwise

from policy.contracts import Bar

DIGITS = 50
Exact = list[Decimal | None]


def exact_features(bars: Sequence[Bar]) -> Mapping[str, Exact]:
    """Every feature after each of ``bars``, sessions in a row; None where it is not warm or is undefined."""
    with localcontext(prec=DIGITS):
        close = [bar.close for bar in bars]
        volume = [Decimal(bar.volume) for bar in bars]
        dollars = [price * shares for price, shares in zip(close, volume, strict=True)]
        logs = [price.ln() for price in close]
        moves = [None, *(after - before for before, after in pairwise(logs))]
        changes = [None, *(after - before for before, after in pairwise(close))]
        usual = _windows(volume, 20, _mean)
        return {
            "close": list(close),
            **{f"return_{n}d": _back(close, n) for n in (1, 5, 20)},
            **{f"sma_{n}": _windows(close, n, _mean) for n in (10, 20, 50)},
            "ema_20": _exponential(close, 20),
            "deviation_20": _windows(close, 20, lambda of: (_squares(of) / 20).sqrt()),
            "prior_high_20": _windows([None, *(bar.high for bar in bars[:-1])], 20, max),
            "prior_low_20": _windows([None, *(bar.low for bar in bars[:-1])], 20, min),
            "rsi_14": _strength(changes, 14),
            "atr_14": _wilder([None, *map(_true_range, bars, bars[1:])], 14),
            "volatility_20d": _windows(moves, 20, lambda of: (_squares(of) / 19 * 252).sqrt()),
            "volume_20d": usual,
            "dollar_volume_20d": _windows(dollars, 20, _mean),
            "relative_volume": [v / u if u else None for v, u in zip(volume, usual, strict=True)],
        }


def _windows(values: Sequence[Decimal | None], size: int, of: Callable[[list[Decimal]], Decimal]) -> Exact:
    found: Exact = []
    for end in range(1, len(values) + 1):
        window = [value for value in values[max(0, end - size) : end] if value is not None]
        found.append(of(window) if len(window) == size else None)
    return found


def _mean(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def _squares(values: list[Decimal]) -> Decimal:
    middle = _mean(values)
    return sum(((value - middle) ** 2 for value in values), Decimal(0))


def _back(close: Sequence[Decimal], days: int) -> Exact:
    return [None if t < days else close[t] / close[t - days] - 1 for t in range(len(close))]


def _exponential(close: Sequence[Decimal], span: int) -> Exact:
    level, found = close[0], []
    for t, price in enumerate(close, start=1):
        level += Decimal(2) / (span + 1) * (price - level)
        found.append(level if t >= span else None)
    return found


def _true_range(before: Bar, bar: Bar) -> Decimal:
    return max(bar.high - bar.low, abs(bar.high - before.close), abs(bar.low - before.close))


def _wilder(values: Sequence[Decimal | None], period: int) -> Exact:
    """``values`` without their first, which is None."""
    found: Exact = [None] * min(period, len(values))
    for t in range(period, len(values)):
        before = found[-1] if t > period else None
        new = values[t]
        if before is None:
            found.append(_mean(values[1 : period + 1]))
        else:
            found.append((before * (period - 1) + new) / period)
    return found


def _strength(changes: Sequence[Decimal | None], period: int) -> Exact:
    zero = Decimal(0)
    up = _wilder([None, *(max(one, zero) for one in changes[1:])], period)
    down = _wilder([None, *(max(-one, zero) for one in changes[1:])], period)
    return [
        100 * gain / (gain + loss) if gain is not None and gain + loss else None
        for gain, loss in zip(up, down, strict=True)
    ]
