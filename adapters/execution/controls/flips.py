"""What only reduces never flips: by size, when an order goes out and whenever a position has shrunk since."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from adapters.execution.controls.standing import free_to_leave, leaving
from adapters.execution.order import Order
from policy import denials
from policy.order_contracts import OrderReason, OrderState

_ZERO = Decimal(0)


def would_flip(order: Order, shares: Mapping[str, Decimal], others: Sequence[Order]) -> OrderReason | None:
    """Control 20, at submit: an exit or a SELL of more than ``others`` leave of what is held.

    ``shares`` are held by symbol; ``others`` are all orders but this one that may still trade.
    """
    if order.purpose != "exit" and order.side == "BUY":
        return None
    held = shares.get(order.symbol, _ZERO)
    if order.qty <= free_to_leave(order.symbol, order.side, shares, others):
        return None
    gone = leaving(order.symbol, order.side, others)
    return denials.not_reducing(order.side, order.qty, held, gone)


def excess(shares: Mapping[str, Decimal], working: Sequence[Order]) -> Iterator[Order]:
    """Control 20, at fill: orders at work, newest first, that have to end so that none sells what is gone.

    A position can shrink under its exits: by a fill that comes after a cancel, or a trade made elsewhere.
    """
    for symbol in dict.fromkeys(order.symbol for order in working if order.side == "SELL"):
        sells = [order for order in working if (order.symbol, order.side) == (symbol, "SELL")]
        over = leaving(symbol, "SELL", sells) - max(_ZERO, shares.get(symbol, _ZERO))
        for order in reversed(sells):
            if over > 0 and order.state is not OrderState.CANCEL_PENDING:
                over -= order.leaves_qty
                yield order
