"""Execution's own refusals: what no pack can switch off, because it needs cash, shares and orders at work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from adapters.execution.bookkeeping import CASH
from adapters.execution.order import Order
from policy.contracts import Action
from policy.order_contracts import OrderReason, OrderState

EVERYTHING = "*"
"""Frozen in place of a symbol, it holds back every order but exits."""
RESERVE = Decimal("1.02")
"""Cash that a resting or new BUY sets aside, in multiples of its cost at the price of now: room for the
price to move before it fills, and for commission."""


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


def refused(deal: Deal, standing: Standing) -> OrderReason | None:
    """The first reason not to send ``deal``; None when there is none."""
    checks = (_frozen, _unresolved, _oversold if deal.side == "SELL" else _unaffordable)
    found = (check(deal, standing) for check in checks)
    return next((reason for reason in found if reason is not None), None)


def held_back(symbol: str, side: Action, frozen: Mapping[str, str]) -> OrderReason | None:
    """Why no new risk is taken: everything, a symbol whose shares are in doubt, for a BUY also cash that is.

    ``frozen`` has the reason of each; None where nothing stands in the way. Exits are not asked about.
    """
    if EVERYTHING in frozen:
        message = f"the house has stopped until a person lets it go on ({frozen[EVERYTHING]})"
        return OrderReason(code="stopped", message=message)
    if side == "BUY" and CASH in frozen:
        message = f"nothing is bought until the cash is explained ({frozen[CASH]})"
        return OrderReason(code="limit-cash-frozen", message=message)
    why = frozen.get(symbol)
    if why is None:
        return None
    message = f"{symbol} is frozen until its position is explained ({why})"
    return OrderReason(code="limit-symbol-frozen", message=message)


def way_out(held: Decimal) -> Action:
    """The side that reduces a position."""
    return "BUY" if held < 0 else "SELL"


def leaving(symbol: str, side: Action, working: Iterable[Order]) -> Decimal:
    """Shares of ``symbol`` that orders at work on ``side`` may still trade."""
    ours = (order for order in working if (order.symbol, order.side) == (symbol, side))
    return sum((order.leaves_qty for order in ours), Decimal(0))


def reserved(standing: Standing) -> Decimal | None:
    """Dollars that resting BUYs may still take; None where one of them cannot be priced."""
    buys = [order for order in standing.working if order.side == "BUY"]
    prices = [order.limit_price or standing.prices.get(order.symbol) for order in buys]
    priced = [(order, price) for order, price in zip(buys, prices, strict=True) if price is not None]
    if len(priced) < len(buys):
        return None
    return sum((order.leaves_qty * price * RESERVE for order, price in priced), Decimal(0))


def _frozen(deal: Deal, standing: Standing) -> OrderReason | None:
    return held_back(deal.symbol, deal.side, standing.frozen)


def _unresolved(deal: Deal, standing: Standing) -> OrderReason | None:
    """Nobody knows what an UNKNOWN order may still do, so nothing is added to its symbol."""
    for order in standing.working:
        if order.symbol == deal.symbol and order.state is OrderState.UNKNOWN:
            message = f"what became of order {order.order_id} in {deal.symbol} is not known yet; wait for it"
            return OrderReason(code="limit-unresolved-order", message=message)
    return None


def _oversold(deal: Deal, standing: Standing) -> OrderReason | None:
    held = standing.shares.get(deal.symbol, Decimal(0))
    promised = leaving(deal.symbol, "SELL", standing.working)
    if deal.qty <= held - promised:
        return None
    message = f"{held} shares of {deal.symbol} are held and {promised} are on sale; the house is long-only"
    return OrderReason(code="would-oversell", message=message)


def _unaffordable(deal: Deal, standing: Standing) -> OrderReason | None:
    promised = reserved(standing)
    if promised is None:
        message = "a BUY at work cannot be priced, so nobody knows how much cash is free; wait for a quote"
        return OrderReason(code="no-buying-power", message=message)
    needed, free = deal.qty * deal.price * RESERVE, standing.cash - promised
    if needed <= free:
        return None
    message = f"about {needed:.2f} dollars are needed and {free:.2f} are free; orders at work count"
    return OrderReason(code="no-buying-power", message=message)
