"""Which state an order comes to when the table leaves it to the order, and what entering one changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from adapters.execution.happened import Happened, Happening
from adapters.execution.lifecycle_table import Target
from adapters.execution.order import Order, by_quantity, shown
from adapters.ports import BrokerOrder
from policy.order_contracts import FINAL, OrderState

QUERIES = 3
"""How many queries that found nothing settle an order's fate, once ``GRACE`` is over."""
GRACE = timedelta(seconds=30)
"""How long an order must have been UNKNOWN before silence counts as an answer."""

_PENDING = frozenset({OrderState.CANCEL_PENDING, OrderState.REPLACE_PENDING})
_CANCELLABLE = frozenset({OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.CANCEL_PENDING})


def resolved(target: OrderState | Target, now: Order, happened: Happened) -> OrderState:
    """The state that ``target`` means for ``now``: the order with the event's content, in its old state."""
    return target if isinstance(target, OrderState) else _MEANINGS[target](now, happened)


def settles(order: Order, seen: BrokerOrder) -> bool:
    """Whether the broker's view decides the state: it may be older than a request that is on its way."""
    return order.state not in _PENDING or seen.state in FINAL


def entered(now: Order, state: OrderState, happened: Happened) -> Order:
    """``now`` in ``state``; reasons are kept when they end the order, queries while it is UNKNOWN."""
    moves, lost = state is not now.state, state is OrderState.UNKNOWN
    return replace(
        now,
        state=state,
        previous_state=now.state if moves else now.previous_state,
        shown=shown(state, now.cum_qty, now.shown),
        reasons=(*now.reasons, *happened.reasons) if moves and state in FINAL else now.reasons,
        not_found=now.not_found if lost else 0,
        unknown_since=(now.unknown_since or happened.at) if lost else None,
        updated_at=max(now.updated_at, happened.at),
    )


def cancel_wanted(order: Order, happened: Happened, state: OrderState) -> bool:
    """Whether a cancel is wanted and none on its way, when ``happened`` leads ``order`` to ``state``."""
    if state in FINAL:
        return False
    if order.state is not OrderState.CANCEL_PENDING:
        return order.cancel_wanted or happened.what is Happening.CANCEL_REQUEST
    if happened.what is Happening.CANCEL_REJECTED:
        return False
    is_lost = happened.what is Happening.TIMEOUT or state is OrderState.UNKNOWN
    return order.cancel_wanted or is_lost


def cancel_goes_out(wanted: bool, happened: Happened, state: OrderState) -> bool:
    """Whether a wanted cancel can be sent now: the broker has the order, and was not silent just now."""
    return wanted and state in _CANCELLABLE and happened.what is not Happening.TIMEOUT


def _ended(now: Order) -> OrderState:
    return OrderState.CANCELLED if now.cum_qty else OrderState.REJECTED


def _as_found(now: Order, happened: Happened) -> OrderState:
    """The broker's state, but for a request on its way, or an end here that another end does not undo."""
    seen = happened.seen
    assert seen is not None, "a FOUND without it is set aside before"
    if now.leaves_qty == 0:
        return OrderState.FILLED
    if not settles(now, seen):
        return now.state
    if seen.state not in FINAL:
        return by_quantity(now)
    if now.is_final and not (now.state is OrderState.REJECTED and now.cum_qty):
        return now.state
    return _ended(now) if seen.state is OrderState.REJECTED else seen.state


def _counted(now: Order, happened: Happened) -> OrderState:
    """UNKNOWN while it may still turn up; a certain broker's first "no" is enough."""
    since = now.unknown_since or happened.at
    enough = now.not_found >= QUERIES and happened.at - since >= GRACE
    return _ended(now) if enough or happened.certain else OrderState.UNKNOWN


_MEANINGS: Mapping[Target, Callable[[Order, Happened], OrderState]] = {
    Target.SAME: lambda now, _: now.state,
    Target.BY_QUANTITY: lambda now, _: by_quantity(now),
    Target.ENDED: lambda now, _: _ended(now),
    Target.AS_FOUND: _as_found,
    Target.COUNTED: _counted,
}
