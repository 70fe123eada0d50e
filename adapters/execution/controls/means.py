"""Nothing is spent or sold twice: cash and shares that promised orders may take count as gone."""

from decimal import Decimal

from adapters.execution.controls.standing import Standing, leaving
from adapters.execution.controls.trial import Trial
from policy.order_contracts import OrderReason

RESERVE = Decimal("1.02")
"""Cash that a resting or new BUY sets aside, in multiples of its cost at the price of now: room for the
price to move before it fills, and for commission."""


def reserved(standing: Standing) -> Decimal | None:
    """Dollars that promised BUYs may still take; None where one of them cannot be priced."""
    buys = standing.buys()
    priced = [(order, price) for order in buys if (price := standing.price_of(order)) is not None]
    if len(priced) < len(buys):
        return None
    return sum((order.leaves_qty * price * RESERVE for order, price in priced), Decimal(0))


def oversold(trial: Trial) -> OrderReason | None:
    """Control 19: a SELL of more than is held and not on sale already; the house is long-only."""
    deal, standing = trial.deal, trial.standing
    held, promised = standing.held(deal.symbol), leaving(deal.symbol, "SELL", standing.working)
    if deal.side == "BUY" or deal.qty <= held - promised:
        return None
    message = f"{held} shares of {deal.symbol} are held and {promised} are on sale; the house is long-only"
    return OrderReason(code="would-oversell", message=message)


def unaffordable(trial: Trial) -> OrderReason | None:
    """Control 18: a BUY of more than the cash that promised orders leave."""
    if trial.deal.side == "SELL":
        return None
    promised = reserved(trial.standing)
    if promised is None:
        message = "a BUY at work cannot be priced, so nobody knows how much cash is free; wait for a quote"
        return OrderReason(code="no-buying-power", message=message)
    needed, free = trial.deal.value * RESERVE, trial.standing.cash - promised
    if needed <= free:
        return None
    message = f"about {needed:.2f} dollars are needed and {free:.2f} are free; orders at work count"
    return OrderReason(code="no-buying-power", message=message)
