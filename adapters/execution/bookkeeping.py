"""Fills as facts: every booking appended once, and what is then held kept beside it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update

from adapters.execution.lifecycle import Step
from adapters.execution.order import Execution, Order
from adapters.execution.tables import fills, holdings
from adapters.ports import BookedFill
from policy.bulk import insert, insert_new_rows, rows_for
from policy.store import reading

CASH = "$"
"""The asset under which ``holdings`` keeps by how many dollars all fills have changed the cash."""

_LINE = ("seq", "execution_id", "order_id", "symbol", "side", "qty", "price", "commission", "at", "kind")
_HELD = select(holdings)
_LOCKED = _HELD.where(holdings.c.asset == CASH).with_for_update()
_SET = update(holdings).where(holdings.c.asset == bindparam("which")).values(amount=bindparam("now"))
_AFTER = (
    select(fills)
    .where(fills.c.seq > bindparam("after"), fills.c.booked_at <= bindparam("until"))
    .order_by(fills.c.seq)
)


def book(connection: Connection, steps: Sequence[Step], now: datetime) -> list[str]:
    """Append the bookings of ``steps``, made ``now``, and change what is held by them.

    Returns the symbols that were not short before and are now, which a long-only house never means to be.
    """
    booked = [(step.order, one) for step in steps for one in step.bookings]
    if not booked:
        return []
    one_at_a_time(connection)
    insert(connection, rows_for(fills, [_fill_row(order, one, now) for order, one in booked]))
    changes: dict[str, Decimal] = defaultdict(Decimal)
    for order, one in booked:
        for asset, change in effect_of(order, one).items():
            changes[asset] += change
    return _change(connection, changes)


def effect_of(order: Order, booked: Execution) -> Mapping[str, Decimal]:
    """What a booking does to the shares of its symbol and to the cash, in dollars."""
    shares = booked.sign * booked.qty * (1 if order.side == "BUY" else -1)
    return {order.symbol: shares, CASH: -shares * booked.price - booked.sign * booked.commission}


def held(connection: Connection) -> dict[str, Decimal]:
    """Shares by symbol, and the change of cash under ``CASH``; what has come to nothing is left out."""
    return {row.asset: row.amount for row in connection.execute(_HELD) if row.amount}


def one_at_a_time(connection: Connection) -> None:
    """Let nobody else book, spend or promise until this transaction ends: what is checked stays true."""
    if connection.execute(_LOCKED).first() is None:
        insert_new_rows(connection, holdings, [{"asset": CASH, "amount": Decimal(0)}], "asset")
        connection.execute(_LOCKED).one()


@dataclass(frozen=True, slots=True)
class Journal:
    """``adapters.ports.FillSource`` over the bookings of ``store``."""

    store: Engine

    def booked(self, after: int, until: datetime) -> list[BookedFill]:
        """Bookings above number ``after`` that were made by ``until``, in the order of booking."""
        with reading(self.store) as connection:
            rows = connection.execute(_AFTER, {"after": after, "until": until})
            return [BookedFill(**{name: getattr(row, name) for name in _LINE}) for row in rows]


def _change(connection: Connection, changes: Mapping[str, Decimal]) -> list[str]:
    known = {row.asset: row.amount for row in connection.execute(_HELD)}
    new = [{"asset": asset, "amount": change} for asset, change in changes.items() if asset not in known]
    insert(connection, rows_for(holdings, new))
    moved = [
        {"which": asset, "now": known[asset] + change} for asset, change in changes.items() if asset in known
    ]
    if moved:
        connection.execute(_SET, moved)
    before = {asset: known.get(asset, Decimal(0)) for asset in changes if asset != CASH}
    return [asset for asset, had in before.items() if had >= 0 > had + changes[asset]]


def _fill_row(order: Order, booked: Execution, now: datetime) -> dict[str, Any]:
    return {
        "execution_id": booked.execution_id,
        "kind": booked.kind,
        "order_id": order.order_id,
        "symbol": order.symbol,
        "side": order.side,
        "qty": booked.qty,
        "price": booked.price,
        "commission": booked.commission,
        "at": booked.at,
        "booked_at": now,
    }
