"""An order as others see it: the API's shapes, made from the order, its events and its bookings."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from adapters.execution.order import Execution, Order
from policy.order_contracts import FillView, OrderDetail, OrderEventView, OrderState, OrderView

_TOLD_APART = frozenset({"what", "at", "by"})


def view_of(order: Order) -> OrderView:
    """The order without its history."""
    return OrderView(
        order_id=order.order_id,
        signal_id=order.signal_id,
        symbol=order.symbol,
        side=order.side,
        qty=order.qty,
        order_type=order.order_type,
        limit_price=order.limit_price,
        state=order.shown,
        state_detail=order.state,
        cum_qty=order.cum_qty,
        leaves_qty=Decimal(0) if order.is_final else order.leaves_qty,
        avg_price=order.avg_price,
        client_order_id=order.client_order_id,
        external_order_id=order.external_order_id,
        reasons=order.reasons,
        origin=order.origin,
        purpose=order.purpose,
        decision_id=order.decision_id,
        overfill_qty=order.overfill_qty,
        anomalies=order.anomalies,
        created_at=order.created_at,
        updated_at=order.updated_at,
    )


def detail_of(order: Order, events: Iterable[Row[Any]]) -> OrderDetail:
    """The order with everything that happened to it and every booking."""
    return OrderDetail(
        **dict(view_of(order)),
        events=tuple(map(_event, events)),
        fills=tuple(map(fill_view, order.executions)),
    )


def fill_view(booked: Execution) -> FillView:
    """One booking."""
    return FillView(
        execution_id=booked.execution_id,
        qty=booked.qty,
        price=booked.price,
        commission=booked.commission,
        at=booked.at,
        kind=booked.kind,
    )


def _event(row: Row[Any]) -> OrderEventView:
    happened = json.loads(row.happened)
    return OrderEventView(
        position=row.position,
        at=row.at,
        event=row.event,
        by=row.by,
        from_state=None if row.from_state is None else OrderState(row.from_state),
        to_state=OrderState(row.to_state),
        anomaly=row.anomaly,
        detail={name: value for name, value in happened.items() if name not in _TOLD_APART},
    )
