"""Nothing is spent or sold twice: cash and shares that orders at work may take count as gone."""

from decimal import Decimal

from adapters.execution.controls.standing import Deal, Standing, leaving
from policy.order_contracts import OrderReason

RESERVE = Decimal("1.02")
"""Cash that a resting or new BUY sets aside, in multiples of its cost at the price of now: room for the
price to move before it fills, and for commission."""


def reserved(standing: Standing) -> Decimal | None:
    """Dollars that resting BUYs may still take; None where one of them cannot be priced."""
    buys = [order for order in standing.working if order.side == "BUY"]
    prices = [order.limit_price or standing.prices.get(order.symbol) for order in buys]
    priced = [(order, price) for order, price in zip(buys, prices, strict=True) if price is not None]
    if len(priced) < len(buys):
        return None
    return sum((order.leaves_qty * price * RESERVE for order, price in priced), Decimal(0))


def oversold(deal: Deal, standing: Standing) -> OrderReason | None:
    """A SELL of more than is held and not on sale already: the house is long-only."""
    if deal.side == "BUY":
        return None
    held = standing.shares.get(deal.symbol, Decimal(0))
    promised = leaving(deal.symbol, "SELL", standing.working)
    if deal.qty <= held - promised:
        return None
    message = f"{held} shares of {deal.symbol} are held and {promised} are on sale; the house is long-only"
    return OrderReason(code="would-oversell", message=message)


def unaffordable(deal: Deal, standing: Standing) -> OrderReason | None:
    """A BUY of more than the cash that orders at work leave."""
    if deal.side == "SELL":
        return None
    promised = reserved(standing)
    if promised is None:
        message = "a BUY at work cannot be priced, so nobody knows how much cash is free; wait for a quote"
        return OrderReason(code="no-buying-power", message=message)
    needed, free = deal.qty * deal.price * RESERVE, standing.cash - promised
    if needed <= free:
        return None
    message = f"about {needed:.2f} dollars are needed and {free:.2f} are free; orders at work count"
    return OrderReason(code="no-buying-power", message=message)
