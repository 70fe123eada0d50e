"""Orders beside one another: the same deal twice, and deals with oneself."""

from decimal import Decimal

from adapters.execution.controls.trial import Trial
from adapters.execution.order import Order
from policy.order_contracts import OrderReason


def duplicate(trial: Trial) -> OrderReason | None:
    """Control 26: the same side, symbol and quantity by the same strategy, moments after one that stands.

    One signal has one order anyway; this is the strategy that says the same thing in two signals.
    """
    if not trial.twins:
        return None
    twin = trial.twins[-1]
    found = f"order {twin.order_id} of {twin.created_at:%H:%M:%S} UTC is for the same deal"
    return trial.refusal("duplicate", found, "duplicate_window_seconds")


def self_trade(trial: Trial) -> OrderReason | None:
    """Control 39: an order of our own rests on the other side and would be met."""
    deal = trial.deal
    for other in trial.standing.working:
        opposite = other.symbol == deal.symbol and other.side != deal.side
        if opposite and _would_meet(trial.order, other):
            message = (
                f"our own {other.side} order {other.order_id} in {deal.symbol} would be met; cancel it first"
            )
            return OrderReason(code="limit-self-trade", message=message)
    return None


def _would_meet(one: Order, other: Order) -> bool:
    """Whether two orders on opposite sides could trade with each other; without a limit any price will do."""
    buy, sell = (one, other) if one.side == "BUY" else (other, one)
    most, least = buy.limit_price or Decimal("Infinity"), sell.limit_price or Decimal(0)
    return most >= least
