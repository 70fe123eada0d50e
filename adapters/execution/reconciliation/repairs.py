"""Repairs on record: what the books said before, what they say since, and who made the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from adapters.execution.order import Order
from adapters.execution.reconciliation.tables import repairs
from policy.bulk import insert, rows_for
from policy.order_contracts import decimal_text
from policy.reconciliation_contracts import RepairKind

NOWHERE: Mapping[str, Any] = {}
"""What the books say of an order that they do not have."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """One change of the books by reconciliation, in the run ``run_id``, or by a person.

    ``asset`` is a symbol, or ``bookkeeping.CASH``; ``before`` and ``after`` are JSON values.
    """

    kind: RepairKind
    asset: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    at: datetime
    by: str
    run_id: UUID | None = None
    order_id: UUID | None = None


def note_repair(connection: Connection, repaired: Repaired) -> None:
    """Put ``repaired`` on record in the transaction that makes it; what changes nothing leaves no trace."""
    if repaired.before == repaired.after:
        return
    row = {name: getattr(repaired, name) for name in Repaired.__slots__}
    insert(connection, rows_for(repairs, [row]))


def told_of(order: Order) -> dict[str, Any]:
    """What the books say of ``order``, as far as a broker's view can change it; numbers as text."""
    return {
        "state": order.state.value,
        "side": order.side,
        "qty": decimal_text(order.qty),
        "filled": decimal_text(order.cum_qty),
        "dollars": decimal_text(order.notional),
        "commission": decimal_text(order.commission),
        "external_order_id": order.external_order_id,
        "origin": order.origin,
        "anomalies": list(order.anomalies),
    }
