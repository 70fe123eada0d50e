"""Puts an order on trial: gathers, in the transaction that judges it, what the controls look at."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Connection

from adapters.execution.controls.counting import pace_before, twins_of
from adapters.execution.controls.refusals import refusals
from adapters.execution.controls.repeats import cause_of
from adapters.execution.controls.standing import Deal
from adapters.execution.controls.trial import Bounds, Trial, Venue
from adapters.execution.order import Order
from adapters.execution.parts import Parts
from policy.order_contracts import OrderReason
from policy.permits import Asked
from policy.rollout.phases import PhaseUnreadable
from policy.signals_on_record import SignalOnRecord
from policy.stops.scope import Scope, StopState

BY = "execution"


def refused(
    parts: Parts, connection: Connection, order: Order, asked: Asked, signal: SignalOnRecord
) -> tuple[OrderReason, ...]:
    """Every reason of execution's own not to send ``order``; a strategy that repeats itself is stopped."""
    try:
        bounds = parts.bounds(connection)
    except PhaseUnreadable as error:
        return (OrderReason(code="limit-phase-unknown", message=str(error)),)
    reasons = refusals(_trial(parts, connection, order, asked, signal, bounds))
    _stop_repeating(parts, connection, signal, reasons)
    return reasons


def _trial(
    parts: Parts, connection: Connection, order: Order, asked: Asked, signal: SignalOnRecord, bounds: Bounds
) -> Trial:
    assert asked.price is not None, "without a price nothing is examined"
    window, now = bounds.limits.duplicate_window_seconds, order.created_at
    return Trial(
        order=order,
        deal=Deal(order.symbol, order.side, order.qty, asked.price),
        signal=signal,
        standing=parts.standing(connection),
        bounds=bounds,
        pace=pace_before(connection, order, now, bounds.limits),
        venue=_venue(parts, order, asked.price),
        equity=asked.equity,
        at=now,
        twins=twins_of(connection, order, now - timedelta(seconds=window)) if window else (),
    )


def _venue(parts: Parts, order: Order, price: Decimal) -> Venue:
    market = parts.market
    near = market.reference_price(order.symbol, order.side)
    far = market.reference_price(order.symbol, "SELL" if order.side == "BUY" else "BUY")
    return Venue(parts.broker.name, parts.flags.blocked, price if near is None else near, far)


def _stop_repeating(
    parts: Parts, connection: Connection, signal: SignalOnRecord, reasons: tuple[OrderReason, ...]
) -> None:
    found = cause_of(reasons)
    if found is None or signal.strategy is None:
        return
    cause, note = found
    parts.stops.trip(
        Scope.strategy(signal.strategy),
        StopState.HALTED,
        cause=cause,
        by=BY,
        note=note,
        connection=connection,
    )
