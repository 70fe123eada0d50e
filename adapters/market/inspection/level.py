"""The level that prices are held against: the last close or what stands in for it, and what is too far."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

JUMP = Decimal("0.25")
"""A price further than this fraction from the last close is held until somebody has looked."""

Splits = Callable[[str, date, date], Decimal]
"""How many shares one share of a symbol became by the splits on record after a day, up to another."""

Standing = Literal["close", "quote", "accepted"]
_WORDS: dict[Standing, str] = {
    "close": "the last close",
    "quote": "the first quote",
    "accepted": "the accepted level",
}


@dataclass(frozen=True, slots=True)
class Level:
    """``price`` in dollars as of ``day``; prices from ``low`` to ``high`` are no jump from it."""

    price: Decimal
    day: date
    standing: Standing
    low: Decimal
    high: Decimal

    def fits(self, lowest: Decimal, highest: Decimal) -> bool:
        """Whether neither price is a jump."""
        return self.low <= lowest and highest <= self.high

    def after(self, ratio: Decimal) -> "Level":
        """The same level once one share has become ``ratio``."""
        price, low, high = (one / ratio for one in (self.price, self.low, self.high))
        return replace(self, price=price, low=low, high=high)

    def __str__(self) -> str:
        return f"{_WORDS[self.standing]} {self.price} of {self.day}"


def level(price: Decimal, day: date, standing: Standing, jump: Decimal) -> Level:
    """The level ``price``; what is more than the fraction ``jump`` of it away does not fit."""
    return Level(price, day, standing, price * (1 - jump), price * (1 + jump))


def no_splits(_symbol: str, _after: date, _until: date) -> Decimal:
    """For prices that are split-adjusted: no split changes them."""
    return Decimal(1)
