"""From fills and broker's totals to bookings: nothing is lost, nothing is booked twice.

A fill that comes is booked as it is. Where the broker's totals (``Order.told``) go beyond the fills that
they cover, the difference is booked as a *synthetic* fill until the fills come themselves: each arrival
takes the synthetic bookings back, books the fill, and books what is then still missing. The totals of
sequence s cover the fills up to s, and those that carry no sequence. So at any time

    bookings = what the broker told + the fills newer than that,

and once every fill has come, bookings = fills, whatever the order of arrival.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from adapters.execution.order import Execution, Order, Told, Totals, totals
from adapters.ports import BrokerOrder, reversal_id

_CENT = Decimal("0.01")


def with_fill(order: Order, fill: Execution) -> Order:
    """``order`` with one more fill, whose execution id must be new to it."""
    return _balanced(order, (fill,), fill.at)


def with_totals(order: Order, seen: BrokerOrder, at: datetime) -> Order:
    """``order`` with what the broker's totals tell beyond its bookings; totals only ever rise."""
    told = Told(seen.cum_qty, seen.notional, seen.commission, seen.sequence)
    if order.told is not None and told.cum_qty < order.told.cum_qty:
        return order
    return _balanced(replace(order, told=told), (), at)


def totals_disagree(order: Order) -> bool:
    """Whether the broker's totals contradict the fills that they cover for certain."""
    if order.told is None:
        return False
    told, known = order.told, totals(_covered(order, order.told, unnumbered=False))
    if known.cum_qty >= told.cum_qty:
        return (known.cum_qty, known.notional) != (told.cum_qty, told.notional)
    return known.notional >= told.notional


def synthetic_open(order: Order) -> tuple[Execution, ...]:
    """Synthetic bookings that have not been taken back."""
    undone = {one.execution_id for one in order.executions if one.kind == "reversal"}
    return tuple(
        one
        for one in order.executions
        if one.kind == "synthetic" and reversal_id(one.execution_id) not in undone
    )


def _balanced(order: Order, fills: tuple[Execution, ...], at: datetime) -> Order:
    """``order`` with ``fills`` booked and its synthetic bookings made to cover what is missing, no more."""
    before = synthetic_open(order)
    order = replace(order, executions=(*order.executions, *fills))
    wanted = tuple(_synthetic(order, at))
    if len(before) == len(wanted) and all(map(Execution.same_content, before, wanted)):
        return order
    booked = order.executions[: len(order.executions) - len(fills)]
    back = (
        replace(one, execution_id=reversal_id(one.execution_id), kind="reversal", at=at) for one in before
    )
    return replace(order, executions=(*booked, *back, *fills, *wanted))


def _synthetic(order: Order, at: datetime) -> Iterator[Execution]:
    if order.told is None:
        return
    missing = _missing(order, order.told)
    if missing.cum_qty <= 0:
        return
    number = sum(one.kind == "synthetic" for one in order.executions)
    commission = missing.commission
    for qty, price in _parts(missing.cum_qty, _dollars(missing, order.told)):
        name = f"{order.client_order_id}/synthetic/{number}"
        yield Execution(name, qty, price, commission, at, kind="synthetic")
        number, commission = number + 1, Decimal(0)


def _missing(order: Order, told: Told) -> Totals:
    """What the broker's totals tell beyond the fills they cover."""
    known = totals(_covered(order, told, unnumbered=True))
    return Totals(
        told.cum_qty - known.cum_qty, told.notional - known.notional, told.commission - known.commission
    )


def _covered(order: Order, told: Told, *, unnumbered: bool) -> Iterator[Execution]:
    """Real fills that are part of the broker's totals; those without a sequence if ``unnumbered``."""
    for one in order.executions:
        if one.kind == "fill" and (unnumbered if one.sequence is None else one.sequence <= told.sequence):
            yield one


def _dollars(missing: Totals, told: Told) -> Decimal:
    """What the missing shares cost. Totals that leave them worth nothing are believed in shares alone:
    such a booking is made at the broker's average price, to the cent, and ``totals_disagree`` says so."""
    if missing.notional > 0:
        return missing.notional
    average = told.notional / told.cum_qty
    return (missing.cum_qty * average).quantize(_CENT, rounding=ROUND_HALF_EVEN)


def _parts(qty: Decimal, notional: Decimal) -> Sequence[tuple[Decimal, Decimal]]:
    """Quantities and prices that come to ``qty`` and exactly ``notional``: one price where it divides, else
    two prices a tick apart. A tick is a cent, or as fine as the numbers need."""
    lot = min(0, _exponent(qty))
    tick = min(-2, _exponent(notional) - lot)
    lots = int(qty.scaleb(-lot))
    price, dearer = divmod(int(notional.scaleb(-lot - tick)), lots)
    counted = ((lots - dearer, price), (dearer, price + 1))
    return [(Decimal(count).scaleb(lot), Decimal(at).scaleb(tick)) for count, at in counted if count]


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "events with numbers that are not finite are set aside before"
    return exponent
