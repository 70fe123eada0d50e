"""How a symbol moves with the book: the correlation of daily returns over the last 60 sessions.

It stands apart from the services: one of them keeps returns, another knows what is held.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Returns = NDArray[np.float64]

CORRELATION_DAYS = 60
"""Over how many daily returns symbol and book are compared."""


@dataclass(frozen=True, slots=True)
class ReturnWindow:
    """A symbol's last daily returns (simple, fractions), oldest first, and the closes they were known at."""

    closes: tuple[datetime, ...]
    returns: Returns


ReturnSource = Callable[[str, datetime], ReturnWindow | None]


def correlation_with_book(
    symbol: str, at: datetime, holdings: Mapping[str, Decimal], returns_of: ReturnSource
) -> float | None:
    """Pearson correlation of ``symbol`` with the book that holds ``holdings`` (dollars by symbol).

    The book's return of a day is the mean of its symbols' returns weighted by what they are worth now
    (Markowitz, 1952, "Portfolio Selection"). 0 for an empty book: there is nothing to be correlated with.
    None when a return is missing, the symbols' sessions differ, or one side never moved.
    """
    own = returns_of(symbol, at)
    if own is None:
        return None
    if not holdings:
        return 0.0
    book = _book_returns(own, at, holdings, returns_of)
    return _pearson(own.returns, book) if book is not None else None


def _book_returns(
    own: ReturnWindow, at: datetime, holdings: Mapping[str, Decimal], returns_of: ReturnSource
) -> Returns | None:
    total = sum(holdings.values(), Decimal(0))
    mixed = np.zeros(len(own.returns))
    for held, dollars in holdings.items():
        window = returns_of(held, at)
        if window is None or window.closes != own.closes or total <= 0:
            return None
        mixed += float(dollars / total) * window.returns
    return mixed


def _pearson(one: Returns, other: Returns) -> float | None:
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    if scale == 0.0:
        return None
    # Rounded so that the last bits of a sum in another order cannot show, and never outside [-1, 1].
    return max(-1.0, min(1.0, round(float(a @ b) / scale, 6)))
