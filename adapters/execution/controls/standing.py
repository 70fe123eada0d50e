"""What every control looks at: the deal that is about to be sent, and what the house has and has promised."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from adapters.execution.order import Order
from policy.contracts import Action

EVERYTHING = "*"
"""Frozen in place of a symbol, it holds back every order but exits."""


@dataclass(frozen=True, slots=True)
class Deal:
    """What is about to be sent: whole shares at about ``price`` dollars each."""

    symbol: str
    side: Action
    qty: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """What the house has and has promised: shares and cash in dollars, orders at work, frozen symbols.

    ``prices`` are dollars a share for the symbols of resting BUYs.
    """

    shares: Mapping[str, Decimal]
    cash: Decimal
    working: Sequence[Order]
    frozen: Mapping[str, str]
    prices: Mapping[str, Decimal]


def way_out(held: Decimal) -> Action:
    """The side that reduces a position."""
    return "BUY" if held < 0 else "SELL"


def leaving(symbol: str, side: Action, working: Iterable[Order]) -> Decimal:
    """Shares of ``symbol`` that orders at work on ``side`` may still trade."""
    ours = (order for order in working if (order.symbol, order.side) == (symbol, side))
    return sum((order.leaves_qty for order in ours), Decimal(0))
