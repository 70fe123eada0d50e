"""The life of an order: what each event does to it, as pure functions that never raise.

The rules above the table: a fill is always booked, once, whatever the state; a message of the broker that
is older than the last one applied changes nothing; the broker's totals only ever add; what the table does
not have is refused, and recorded all the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from adapters.execution.anomalies import DEMANDS, Anomaly, Demand
from adapters.execution.bookings import totals_disagree, with_fill, with_totals
from adapters.execution.happened import Happened, Happening, answered, from_message
from adapters.execution.lifecycle_table import TABLE, Cell, FillSize, Target, Trigger
from adapters.execution.order import Execution, Order, shown
from adapters.execution.settling import cancel_goes_out, cancel_wanted, entered, resolved, settles
from adapters.execution.step import Effect, Step
from adapters.ports import BrokerOrder
from policy.order_contracts import FINAL, OrderState

__all__ = [
    "Effect",
    "Execution",
    "Happened",
    "Happening",
    "Order",
    "Step",
    "after",
    "answered",
    "created",
    "from_message",
    "replayed",
    "shown",
]

_RESIZABLE = frozenset({OrderState.REPLACE_PENDING, OrderState.UNKNOWN})
_ORIGINS = {"EXTERNAL": Anomaly.EXTERNAL_ORDER, "RECONCILED": Anomaly.ROW_MISSING}


def created(order: Order, by: str) -> Step:
    """The first step of a new order's life, for which ``by`` asked; one that only a broker had is odd."""
    odd = _ORIGINS.get(order.origin)
    anomalies = (odd,) if odd else ()
    happened = Happened(Happening.CREATE, order.created_at, by)
    kept = replace(order, anomalies=anomalies)
    return Step(kept, happened, Effect.APPLIED, None, anomalies, asks=_asks(anomalies))


def after(order: Order, happened: Happened) -> Step:
    """What ``happened`` does to ``order``."""
    if not happened.is_complete:
        return _set_aside(order, happened, Anomaly.INCOMPLETE)
    return _READERS.get(happened.what, _word)(order, happened)


def replayed(first: Step | Order, events: Iterable[Happened]) -> Order:
    """The order that ``first`` becomes by ``events``."""
    order = first.order if isinstance(first, Step) else first
    for happened in events:
        order = after(order, happened).order
    return order


def _word(order: Order, happened: Happened) -> Step:
    """A word without a fill: of the broker, a caller or the house."""
    if (known := _known(order, happened.sequence)) is not None:
        return _unmoved(order, happened, known)
    return _moved(order, _noted(order, happened), happened, happened.what)


def _fill(order: Order, happened: Happened) -> Step:
    """A fill: booked unless its execution id is known, whatever its sequence."""
    fill = _execution(happened)
    if (known := order.execution(fill.execution_id)) is not None:
        if known.same_content(fill):
            return _unmoved(order, happened, Effect.DUPLICATE)
        return _set_aside(order, happened, Anomaly.EXECUTION_CLASH)
    now = with_fill(_named(order, happened), fill)
    if now.cum_qty == order.cum_qty and order.state is not OrderState.DENIED:
        return _step(order, now, happened, order.state, _odd_sums(order, now))
    return _moved(order, now, happened, FillSize.PART if now.leaves_qty else FillSize.WHOLE)


def _found(order: Order, happened: Happened) -> Step:
    """The broker's view of the order: its totals may add, its state settles what is not known here."""
    seen = happened.seen
    assert seen is not None, "a FOUND without it is set aside before"
    if _other_terms(order, seen):
        return _set_aside(order, happened, Anomaly.OTHER_TERMS)
    told = order.told.sequence if order.told else order.broker_sequence
    if seen.sequence < max(order.broker_sequence, told):
        return _unmoved(order, happened, Effect.STALE)
    sequence = seen.sequence if settles(order, seen) else order.broker_sequence
    named = replace(order, external_order_id=seen.external_order_id, broker_sequence=sequence)
    now = with_totals(_resized(named, seen.qty), seen, happened.at)
    return _moved(order, now, happened, Happening.FOUND)


def _not_found(order: Order, happened: Happened) -> Step:
    return _moved(order, replace(order, not_found=order.not_found + 1), happened, Happening.NOT_FOUND)


def _moved(order: Order, now: Order, happened: Happened, trigger: Trigger) -> Step:
    """The step that the table has for ``trigger``; ``now`` is the order with the event's content."""
    cell = TABLE[order.state, trigger]
    if cell.to is Target.REFUSED:
        return _refused(order, happened, cell)
    state = resolved(cell.to, now, happened)
    odd = (*_odd_move(order, cell, state), *_odd_sums(order, now))
    return _step(order, now, happened, state, odd, reconcile=cell.reconcile)


def _step(
    order: Order,
    now: Order,
    happened: Happened,
    state: OrderState,
    odd: tuple[Anomaly, ...],
    *,
    reconcile: bool = False,
) -> Step:
    wanted = cancel_wanted(order, happened, state)
    send = cancel_goes_out(wanted, happened, state)
    state = OrderState.CANCEL_PENDING if send else state
    now = replace(entered(now, state, happened), cancel_wanted=wanted and not send)
    return Step(
        order=_marked(now, odd),
        happened=happened,
        effect=Effect.APPLIED,
        from_state=order.state,
        anomalies=tuple(dict.fromkeys(odd)),
        bookings=now.executions[len(order.executions) :],
        send_cancel=send,
        asks=_asks(odd) | ({Demand.RECONCILE} if reconcile else frozenset()),
    )


def _odd_move(order: Order, cell: Cell, state: OrderState) -> tuple[Anomaly, ...]:
    """What is odd about the transition itself."""
    if cell.anomaly is Anomaly.SEND_RECORDED_LATE and order.origin != "LOCAL":
        return ()
    if cell.anomaly is not None:
        return (cell.anomaly,)
    if cell.to is Target.COUNTED and state in FINAL:
        return (Anomaly.INFERRED,)
    if cell.to is not Target.AS_FOUND or not order.is_final:
        return ()
    if state not in FINAL:
        return (Anomaly.ALIVE_AFTER_END,)
    return (Anomaly.FILL_AFTER_REJECT,) if state is not order.state is OrderState.REJECTED else ()


def _odd_sums(order: Order, now: Order) -> tuple[Anomaly, ...]:
    """What is odd about the bookings that ``now`` has and ``order`` has not."""
    kinds = {one.kind for one in now.executions[len(order.executions) :]}
    found = {
        Anomaly.OVERFILL: now.overfill_qty > order.overfill_qty,
        Anomaly.TOTALS_DISAGREE: totals_disagree(now) and not totals_disagree(order),
        Anomaly.FILL_SYNTHESISED: "synthetic" in kinds and "fill" not in kinds,
    }
    return tuple(anomaly for anomaly, is_so in found.items() if is_so)


def _unmoved(order: Order, happened: Happened, effect: Effect) -> Step:
    return Step(_named(order, happened), happened, effect, order.state)


def _set_aside(order: Order, happened: Happened, odd: Anomaly) -> Step:
    return Step(_marked(order, (odd,)), happened, Effect.QUARANTINED, order.state, (odd,), asks=_asks((odd,)))


def _refused(order: Order, happened: Happened, cell: Cell) -> Step:
    odd = (cell.anomaly,) if cell.anomaly else ()
    return Step(_marked(order, odd), happened, Effect.REFUSED, order.state, odd, asks=_asks(odd))


def _known(order: Order, sequence: int | None) -> Effect | None:
    """Whether the broker's ``sequence`` says that its message is behind the last applied, or that one."""
    if sequence is None or sequence > order.broker_sequence:
        return None
    return Effect.DUPLICATE if sequence == order.broker_sequence else Effect.STALE


def _noted(order: Order, happened: Happened) -> Order:
    """``order`` with what a word of the broker brings beside a state."""
    qty = order.qty
    if happened.what is Happening.REPLACED and happened.qty is not None:
        qty = max(happened.qty, order.cum_qty)
    sequence = order.broker_sequence if happened.sequence is None else happened.sequence
    return replace(_named(order, happened), qty=qty, broker_sequence=sequence)


def _named(order: Order, happened: Happened) -> Order:
    return replace(order, external_order_id=order.external_order_id or happened.external_order_id)


def _marked(order: Order, odd: Iterable[Anomaly]) -> Order:
    """``order`` with the oddities it has met, each once."""
    words = (anomaly.value for anomaly in odd)
    return replace(order, anomalies=tuple(dict.fromkeys((*order.anomalies, *words))))


def _asks(odd: Iterable[Anomaly]) -> frozenset[Demand]:
    return frozenset().union(*(DEMANDS[anomaly] for anomaly in odd))


def _execution(happened: Happened) -> Execution:
    name, qty, price = happened.execution_id, happened.qty, happened.price
    assert name is not None, "incomplete fills are set aside before"
    assert qty is not None, "incomplete fills are set aside before"
    assert price is not None, "incomplete fills are set aside before"
    commission = Decimal(0) if happened.commission is None else happened.commission
    at = happened.told_at or happened.at
    return Execution(name, qty, price, commission, at, sequence=happened.sequence)


def _other_terms(order: Order, seen: BrokerOrder) -> bool:
    """Whether ``seen`` cannot be ``order``; its quantity may differ while a replace may have been taken."""
    if (order.symbol, order.side) != (seen.symbol, seen.side):
        return True
    return order.qty != seen.qty and order.state not in _RESIZABLE


def _resized(order: Order, qty: Decimal) -> Order:
    return replace(order, qty=max(qty, order.cum_qty)) if order.state in _RESIZABLE else order


_READERS: Mapping[Happening, Callable[[Order, Happened], Step]] = {
    Happening.FILL: _fill,
    Happening.FOUND: _found,
    Happening.NOT_FOUND: _not_found,
}
