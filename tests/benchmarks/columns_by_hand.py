"""trading-core 1.0.0 written by hand over columns: what somebody would type who knows the data is clean.

Neither version looks whether facts are missing or within their ranges, which ours always does.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_

import numpy as np
import polars as pl

from tests.benchmarks.columns import OPINIONS, STATUSES, SYMBOLS

REJECTING = (0, 1, 2, 3, 4, 10)
REVIEWING = (5, 6, 7, 8, 9)
LISTED = SYMBOLS[:5]
BLOCK = 1 << 16  # rows; a block's columns stay in the second-level cache


def polars_by_hand(frame: pl.DataFrame) -> pl.DataFrame:
    """Verdict and hit mask as one would write them in Polars."""
    hits = _polars_rules()
    reject, review = (reduce(or_, [hits[at] for at in some]) for some in (REJECTING, REVIEWING))
    bits = [
        pl.when(hit).then(pl.lit(1 << at, pl.UInt16)).otherwise(pl.lit(0, pl.UInt16))
        for at, hit in enumerate(hits)
    ]
    verdict = pl.when(reject).then(pl.lit(2, pl.UInt8)).when(review).then(pl.lit(1, pl.UInt8))
    answer = {"verdict": verdict.otherwise(pl.lit(0, pl.UInt8)), "hits": reduce(or_, bits)}
    return frame.lazy().select(**answer).collect()


def _polars_rules() -> list[pl.Expr]:
    market, portfolio, column = "market_context.", "portfolio_context.", pl.col
    opinion = column("reasoning.recommendation")
    return [
        ~column(f"{market}market_open"),
        column(f"{market}data_age_seconds") > 30.0,
        ~column("symbol").is_in(LISTED),
        column(f"{portfolio}daily_drawdown_pct") >= 0.03,
        column(f"{market}event_blackout_active"),
        column(f"{market}liquidity_score") < 0.7,
        column("confidence") < 0.6,
        opinion == "ALLOW_WITH_CAUTION",
        column(f"{portfolio}correlation") > 0.35,
        column("reasoning.status") == "FAILED",
        opinion == "BLOCK",
        column("size_pct") > 0.01,
    ]


def arrays_of(frame: pl.DataFrame) -> dict[str, np.ndarray]:
    """The columns as numpy arrays: words as codes (255 where absent), absent numbers as NaN."""
    coded = frame.with_columns(pl.col(pl.Enum).to_physical().fill_null(255))
    return {column.name: column.to_numpy() for column in coded}


def numpy_by_hand(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Verdict and hit mask block by block."""
    count = len(arrays["symbol"])
    verdicts, hits = np.empty(count, np.uint8), np.empty(count, np.uint16)
    for start in range(0, count, BLOCK):
        block = slice(start, start + BLOCK)
        hits[block] = mask = _mask(_numpy_rules({name: one[block] for name, one in arrays.items()}))
        reviewed = (mask & _bits(REVIEWING)) != 0
        verdicts[block] = np.where((mask & _bits(REJECTING)) != 0, 2, reviewed)
    return verdicts, hits


def _mask(hits: Sequence[np.ndarray]) -> np.ndarray:
    mask = np.zeros(len(hits[0]), np.uint16)
    for at, hit in enumerate(hits):
        mask |= hit.astype(np.uint16) << np.uint16(at)
    return mask


def _bits(places: Sequence[int]) -> np.uint16:
    return np.uint16(sum(1 << at for at in places))


def _numpy_rules(a: dict[str, np.ndarray]) -> list[np.ndarray]:
    opinion = a["reasoning.recommendation"]
    return [
        ~a["market_context.market_open"],
        a["market_context.data_age_seconds"] > 30.0,
        a["symbol"] >= len(LISTED),
        a["portfolio_context.daily_drawdown_pct"] >= 0.03,
        a["market_context.event_blackout_active"],
        a["market_context.liquidity_score"] < 0.7,
        a["confidence"] < 0.6,
        opinion == OPINIONS.index("ALLOW_WITH_CAUTION"),
        a["portfolio_context.correlation"] > 0.35,
        a["reasoning.status"] == STATUSES.index("FAILED"),
        opinion == OPINIONS.index("BLOCK"),
        a["size_pct"] > 0.01,
    ]
