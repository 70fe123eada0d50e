"""A journal of executions in memory, and short words for what the portfolio's tests put into it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from adapters.ports import BookedFill, reversal_id
from policy.contracts import Quote

BELL = datetime(2012, 6, 18, 13, 30, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Journal:
    """An ``adapters.ports.FillSource`` that numbers what it is given."""

    def __init__(self, fills: Iterable[BookedFill] = ()) -> None:
        self._lines: list[BookedFill] = []
        self.add(*fills)

    def add(self, *fills: BookedFill) -> None:
        for fill in fills:
            self._lines.append(replace(fill, seq=len(self._lines) + 1))

    def booked(self, after: int, until: datetime) -> Sequence[BookedFill]:
        return [line for line in self._lines if line.seq > after and line.at <= until]


def fill(shares: int, price: str, symbol: str = "IBM", **differing: Any) -> BookedFill:
    """``shares`` bought (positive) or sold (negative) at ``price`` dollars, without commission."""
    told: dict[str, Any] = {
        "seq": 1,
        "execution_id": f"{symbol}/{shares}/{price}",
        "order_id": UUID(int=1),
        "symbol": symbol,
        "side": "BUY" if shares > 0 else "SELL",
        "qty": Decimal(abs(shares)),
        "price": Decimal(price),
        "commission": Decimal(0),
        "at": BELL,
        "kind": "fill",
    }
    return BookedFill(**(told | differing))


def taken_back(stand_in: BookedFill, **differing: Any) -> BookedFill:
    """The booking that takes ``stand_in``, a synthetic one, back."""
    told = {"execution_id": reversal_id(stand_in.execution_id), "kind": "reversal"}
    return replace(stand_in, **(told | differing))


def quote(symbol: str, mid: str, at: datetime = BELL) -> Quote:
    """A quote without a spread."""
    return Quote(symbol=symbol, bid=Decimal(mid), ask=Decimal(mid), at=at)


def no_returns(symbol: str, at: datetime) -> None:
    """A ``ReturnSource`` that knows no symbol."""
