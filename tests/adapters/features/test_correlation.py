"""The correlation with the book agrees with TA-Lib and sees no return of a later bar."""

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import talib

from adapters.correlation import CORRELATION_DAYS, correlation_with_book
from adapters.features.history import FeatureHistory
from policy.contracts import Bar

Bars = Mapping[str, tuple[Bar, ...]]
BOOK = {"IBM": Decimal(30_000), "MSFT": Decimal(10_000)}


def _returns(bars: Bars, symbol: str) -> np.ndarray:
    closes = np.array([float(bar.close) for bar in bars[symbol]])
    return closes[1:] / closes[:-1] - 1


def test_it_is_talibs_correlation_with_the_weighted_returns_of_the_book(
    bars: Bars, features: FeatureHistory
) -> None:
    own = _returns(bars, "AAPL")
    book = 0.75 * _returns(bars, "IBM") + 0.25 * _returns(bars, "MSFT")
    expected = talib.CORREL(own, book, CORRELATION_DAYS)
    for index in range(CORRELATION_DAYS, len(own), 25):
        at = bars["AAPL"][index + 1].closed_at
        measured = correlation_with_book("AAPL", at, BOOK, features.return_window)
        assert measured is not None
        assert abs(measured - expected[index]) < 1e-6


def test_another_future_moves_no_correlation_of_the_past(bars: Bars, features: FeatureHistory) -> None:
    known = 200
    altered = {
        symbol: [
            *bars[symbol][:known],
            *(bar.model_copy(update={"close": bar.close * 2}) for bar in bars[symbol][known : known + 9 : 2]),
        ]
        for symbol in ("AAPL", *BOOK)
    }
    other = FeatureHistory(altered)
    for bar in bars["AAPL"][known - 40 : known]:
        one, two = (
            correlation_with_book("AAPL", bar.closed_at, BOOK, of.return_window) for of in (features, other)
        )
        assert one is not None
        assert one == two
