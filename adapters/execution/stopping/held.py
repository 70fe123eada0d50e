"""What a stop lets pass and what it ends: the table of stops as pure functions over orders and shares.

| state              | new risk | reducing signals | exits by permit | at work, adding | at work, reducing |
|--------------------|----------|------------------|-----------------|-----------------|-------------------|
| REDUCING           | denied   | pass             | pass            | cancelled       | stays             |
| HALTED             | denied   | denied           | pass            | cancelled       | stays             |
| HALTED, exits held | denied   | denied           | denied          | cancelled       | cancelled         |

Reducing is a matter of size: with everything that leaves the position already, an order never takes more
than there is, on the side that leads out. A cancel always passes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from adapters.execution.controls.standing import free_to_leave, way_out
from adapters.execution.order import Order
from policy.order_contracts import OrderReason
from policy.stops.scope import StopState
from policy.stops.standing import Stop, StopsInForce

STOPPED = "stopped"
_ZERO = Decimal(0)


def only_reduces(order: Order, shares: Mapping[str, Decimal], working: Sequence[Order]) -> bool:
    """Whether ``order``, which is not at work yet, only takes shares off a position and never flips it."""
    return order.qty <= free_to_leave(order.symbol, order.side, shares, working)


def stopped(
    order: Order, stops: StopsInForce, shares: Mapping[str, Decimal], working: Sequence[Order]
) -> OrderReason | None:
    """Why ``order`` may not go out now; None where no stop that concerns it stands in the way."""
    stop = stops.over(order.symbol, order.strategy)
    if stop is None or _passes(order, stop, shares, working):
        return None
    return OrderReason(code=STOPPED, message=_words(stop))


def must_end(
    stops: StopsInForce, shares: Mapping[str, Decimal], working: Sequence[Order]
) -> Iterator[tuple[Order, Stop]]:
    """Those of ``working``, oldest first, that may not go on working, each with the stop that says so."""
    reducing = _reducing(shares, working)
    for order in working:
        stop = stops.over(order.symbol, order.strategy)
        if stop is not None and not (stop.exits and order.order_id in reducing):
            yield order, stop


def _passes(order: Order, stop: Stop, shares: Mapping[str, Decimal], working: Sequence[Order]) -> bool:
    if not stop.exits or not only_reduces(order, shares, working):
        return False
    return order.purpose == "exit" or stop.state is StopState.REDUCING


def _reducing(shares: Mapping[str, Decimal], working: Sequence[Order]) -> frozenset[UUID]:
    """Orders at work that only take shares off a position; of too many together, the oldest."""
    free: dict[str, Decimal] = defaultdict(Decimal, {symbol: abs(held) for symbol, held in shares.items()})
    reducing: set[UUID] = set()
    for order in working:
        leads_out = order.side == way_out(shares.get(order.symbol, _ZERO))
        if leads_out and order.leaves_qty <= free[order.symbol]:
            free[order.symbol] -= order.leaves_qty
            reducing.add(order.order_id)
    return frozenset(reducing)


def _words(stop: Stop) -> str:
    how = "is halted, exits included" if not stop.exits else f"is {stop.state.value.lower()}"
    why = f"{stop.cause}, by {stop.by}" + (f": {stop.note}" if stop.note else "")
    return f"{stop.scope} {how} ({why}); look at it with `trivet stop status`, a person re-arms it"
