"""Seeded signals as columns for the benchmarks: trading-core's facts, ten million as quickly as ten."""

import numpy as np
import polars as pl

SYMBOLS = ["AAPL", "FB", "GOOG", "IBM", "MSFT", "TSLA"]
ACTIONS = ["BUY", "SELL"]
STATUSES = ["OK", "FAILED", "SKIPPED"]
OPINIONS = ["ALLOW", "ALLOW_WITH_CAUTION", "BLOCK"]
MEASURES = {  # the usual range, and the one that some rule minds
    "confidence": ((0.6, 1.0), (0.3, 0.6)),
    "size_pct": ((0.001, 0.01), (0.01, 0.03)),
    "market_context.data_age_seconds": ((0.0, 30.0), (30.0, 90.0)),
    "market_context.liquidity_score": ((0.7, 1.0), (0.2, 0.7)),
    "portfolio_context.gross_exposure_pct": ((0.0, 0.9), (0.9, 1.5)),
    "portfolio_context.daily_drawdown_pct": ((0.0, 0.029), (0.03, 0.08)),
    "portfolio_context.correlation": ((-0.2, 0.35), (0.35, 0.9)),
}


def signals(count: int, seed: int = 20261122) -> pl.DataFrame:
    """``count`` signals distributed as ``samples.trading_requests``; strings as Enum, absent facts NULL."""
    dice = np.random.default_rng(seed)
    thought, measured = dice.random(count) >= 0.1, dice.random(count) >= 0.05
    frame = pl.DataFrame({name: _measure(dice, count, *ranges) for name, ranges in MEASURES.items()})
    frame = frame.with_columns(
        _words("symbol", SYMBOLS, dice.choice(6, count, p=[4 / 21] * 5 + [1 / 21])),
        _words("candidate_action", ACTIONS, dice.integers(0, 2, count)),
        _words("reasoning.status", STATUSES, np.where(thought, 0, dice.integers(1, 3, count))),
        _words("reasoning.recommendation", OPINIONS, dice.choice(3, count, p=[0.8, 0.1, 0.1])),
        pl.Series("market_context.market_open", dice.random(count) < 0.95),
        pl.Series("market_context.event_blackout_active", dice.random(count) < 0.03),
    )
    unmeasured = ["market_context.liquidity_score", "portfolio_context.correlation"]
    return frame.with_columns(
        pl.when(pl.Series(measured)).then(pl.col(unmeasured)),
        pl.when(pl.Series(thought)).then(pl.col("reasoning.recommendation")),
    )


def with_plain_strings(frame: pl.DataFrame) -> pl.DataFrame:
    """The same signals with strings where there were codes."""
    return frame.with_columns(pl.col(pl.Enum).cast(pl.String))


def _measure(dice: np.random.Generator, count: int, usual: tuple, bad: tuple) -> np.ndarray:
    """Four decimals, as people write limits: values exactly on them do occur."""
    minded = dice.random(count) < 0.06
    return np.where(minded, dice.uniform(*bad, count), dice.uniform(*usual, count)).round(4)


def _words(name: str, words: list[str], codes: np.ndarray) -> pl.Series:
    return pl.Series(name, codes.astype(np.uint8)).cat.to(pl.Enum(words))
