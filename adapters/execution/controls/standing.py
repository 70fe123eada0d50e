"""What the house has and has promised, and what is about to be sent: the values that controls look at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from adapters.execution.order import Order
from policy.contracts import Action
from policy.order_contracts import OrderReason

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Deal:
    """What is about to be sent: whole shares at about ``price`` dollars each."""

    symbol: str
    side: Action
    qty: Decimal
    price: Decimal

    @property
    def value(self) -> Decimal:
        """About what it costs or brings, in dollars."""
        return self.qty * self.price


@dataclass(frozen=True, slots=True)
class Standing:
    """What the house has and has promised: shares, dollars of cash, and orders that may still trade.

    ``working`` has those at work and those that are permitted and not sent yet. ``frozen`` has symbols with
    the reason of each. ``prices`` are dollars a share, what a BUY would pay now, as far as they are known,
    for every symbol that is held or being bought. ``unsettled`` is why nothing may be sent since the start.
    """

    shares: Mapping[str, Decimal]
    cash: Decimal
    working: Sequence[Order]
    frozen: Mapping[str, str]
    prices: Mapping[str, Decimal]
    unsettled: OrderReason | None = None

    def held(self, symbol: str) -> Decimal:
        """Shares of ``symbol``; negative where the house is short."""
        return self.shares.get(symbol, _ZERO)

    def price_of(self, order: Order) -> Decimal | None:
        """Dollars a share that a promised BUY may cost: its limit, else what the market asks."""
        return order.limit_price or self.prices.get(order.symbol)

    def buys(self) -> list[Order]:
        """The promised BUYs."""
        return [order for order in self.working if order.side == "BUY"]


def way_out(held: Decimal) -> Action:
    """The side that reduces a position."""
    return "BUY" if held < 0 else "SELL"


def leaving(symbol: str, side: Action, promised: Iterable[Order]) -> Decimal:
    """Shares of ``symbol`` that ``promised`` orders on ``side`` may still trade."""
    ours = (order for order in promised if (order.symbol, order.side) == (symbol, side))
    return sum((order.leaves_qty for order in ours), _ZERO)


def free_to_leave(
    symbol: str, side: Action, shares: Mapping[str, Decimal], promised: Iterable[Order]
) -> Decimal:
    """Shares that a trade on ``side`` may take off the position, beside ``promised`` orders; never flips it.

    0 or less where none is left, or where ``side`` adds to the position.
    """
    held = shares.get(symbol, _ZERO)
    if not held or side != way_out(held):
        return _ZERO
    return abs(held) - leaving(symbol, side, promised)
