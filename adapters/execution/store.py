"""Orders in the database: read back whole, and each step of their lives written with all it leaves behind."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, func, select, update

from adapters.execution.bookkeeping import book
from adapters.execution.events import events_of
from adapters.execution.lifecycle import Step
from adapters.execution.order import Order
from adapters.execution.tables import execution_alerts, execution_events, frozen_symbols, orders
from policy.bulk import insert, rows_for
from policy.canonical import compact
from policy.order_contracts import FINAL, OrderState
from policy.outbox import outbox_rows

_ONE = select(orders).where(orders.c.order_id == bindparam("order"))
_LOCKED = _ONE.with_for_update()
_BY_CLIENT_ID = select(orders).where(orders.c.client_order_id == bindparam("client")).with_for_update()
_WORKING = select(orders).where(orders.c.working).order_by(orders.c.seq)
_SINCE = select(orders).where(orders.c.updated_at >= bindparam("since")).order_by(orders.c.seq)
_OPEN = select(orders.c.signal_id).where(
    orders.c.signal_id.is_not(None), orders.c.state.not_in(sorted(state.value for state in FINAL))
)
_NEW = (
    select(orders)
    .where(orders.c.shown == "NEW", orders.c.state == OrderState.NEW.value)  # the first has an index
    .order_by(orders.c.seq)
)
_HISTORY = (
    select(execution_events)
    .where(execution_events.c.order_id == bindparam("order"))
    .order_by(execution_events.c.position)
)
_CHANGE = update(orders).where(orders.c.order_id == bindparam("which"))


@dataclass(frozen=True, slots=True)
class Kept:
    """An order with the number of events on record for it."""

    order: Order
    events: int


def one(connection: Connection, order_id: UUID, *, locked: bool = False) -> Kept | None:
    """One order; ``locked`` keeps others from changing it until this transaction ends."""
    return _kept(connection.execute(_LOCKED if locked else _ONE, {"order": order_id}).first())


def by_client_id(connection: Connection, client_order_id: UUID) -> Kept | None:
    """The order that the broker knows by ``client_order_id``, locked."""
    return _kept(connection.execute(_BY_CLIENT_ID, {"client": client_order_id}).first())


def working(connection: Connection) -> list[Order]:
    """Every order that is, or may be, at work with a broker, oldest first."""
    return [order_of(row) for row in connection.execute(_WORKING)]


def promised(connection: Connection, *, beside: Order | None = None) -> list[Order]:
    """Every order that may still trade: those at work, and those that are permitted and not sent yet.

    All but ``beside``, where the others of an order are wanted.
    """
    found = [*working(connection), *never_sent(connection)]
    return [one for one in found if beside is None or one.order_id != beside.order_id]


def touched_since(connection: Connection, since: datetime) -> list[Order]:
    """Every order to which something happened at or after ``since``, oldest first."""
    return [order_of(row) for row in connection.execute(_SINCE, {"since": since})]


def open_signals(connection: Connection) -> set[UUID]:
    """Signals of orders to which something may still happen."""
    return set(connection.scalars(_OPEN))


def never_sent(connection: Connection) -> list[Order]:
    """Orders that were made and neither denied nor handed in, oldest first: a process broke off there."""
    return [order_of(row) for row in connection.execute(_NEW)]


def newest_first(
    connection: Connection, *, shown: str | None, before: int | None, limit: int, **equal: Any
) -> list[tuple[int, Order]]:
    """At most ``limit`` orders that pass every filter given, each with its number.

    ``before`` is the number to go on from; ``equal`` narrows by a column's value where that is not None.
    """
    query = select(orders).order_by(orders.c.seq.desc()).limit(limit)
    for name, value in {"shown": shown, **equal}.items():
        query = query if value is None else query.where(orders.c[name] == value)
    query = query if before is None else query.where(orders.c.seq < before)
    return [(row.seq, order_of(row)) for row in connection.execute(query)]


def count_of(connection: Connection, symbol: str) -> int:
    """How many orders there have ever been in ``symbol``."""
    query = select(func.count()).select_from(orders).where(orders.c.symbol == symbol)
    return connection.scalar(query) or 0


def history(connection: Connection, order_id: UUID) -> Sequence[Row[Any]]:
    """The events of one order, from its first."""
    return connection.execute(_HISTORY, {"order": order_id}).all()


def frozen(connection: Connection) -> dict[str, str]:
    """Symbols that take no new risk, each with the reason."""
    return {row.symbol: row.why for row in connection.execute(select(frozen_symbols))}


def order_of(row: Row[Any]) -> Order:
    """The order as its row has it."""
    return Order.from_json(json.loads(row.record))


def write(connection: Connection, before: Kept | None, steps: Sequence[Step], now: datetime) -> Kept:
    """Record ``steps`` of one order in turn; ``before`` is it as it was, None where they begin it.

    Everything the steps leave behind goes with them: the order, its events, bookings and what is then
    held, alerts, frozen symbols, and the events that tell others.
    """
    first, order = (before.events if before else 0), steps[-1].order
    after = Kept(order, first + len(steps))
    if before is not None:
        connection.execute(_CHANGE.values(_changing(after)), {"which": order.order_id})
    insert(
        connection,
        rows_for(orders, [] if before else [{**_lasting(order), **_changing(after)}]),
        rows_for(execution_events, [_event_row(step, first + place) for place, step in enumerate(steps)]),
        rows_for(execution_alerts, [row for step in steps for row in _alerts(step)]),
        rows_for(frozen_symbols, [row for step in steps for row in _frozen_by(step)], keep_old=True),
        outbox_rows([row for step in steps for row in events_of(step)]),
    )
    for symbol in book(connection, steps, now):
        alert(connection, now, "went-short", symbol, order_id=str(order.order_id))
        freeze(connection, now, symbol, f"order {order.order_id} sold more than was held")
    return after


def alert(connection: Connection, at: datetime, what: str, symbol: str | None, **detail: Any) -> None:
    """Put something on record that a person has to look at and that is not one order's own event."""
    row = {"at": at, "what": what, "symbol": symbol, "order_id": None, "detail": detail}
    insert(connection, rows_for(execution_alerts, [row]))


def freeze(connection: Connection, at: datetime, symbol: str, why: str) -> None:
    """Let ``symbol`` take no new risk from now on; one that is frozen already stays as it is."""
    row = {"symbol": symbol, "since": at, "why": why}
    insert(connection, rows_for(frozen_symbols, [row], keep_old=True))


def why_of(step: Step) -> str:
    """What of ``step`` asks for a freeze or a halt, in words."""
    return f"order {step.order.order_id}: {step.anomaly.value if step.anomaly else step.happened.what.value}"


def _kept(row: Row[Any] | None) -> Kept | None:
    return Kept(order_of(row), row.events) if row is not None else None


def _lasting(order: Order) -> dict[str, Any]:
    names = ("order_id", "client_order_id", "signal_id", "decision_id", "symbol", "strategy", "created_at")
    return {name: getattr(order, name) for name in names}


def _changing(kept: Kept) -> dict[str, Any]:
    order = kept.order
    return {
        "state": order.state.value,
        "shown": order.shown,
        "working": order.is_working,
        "record": compact(order.to_json()),
        "events": kept.events,
        "updated_at": order.updated_at,
    }


def _event_row(step: Step, position: int) -> dict[str, Any]:
    return {
        "order_id": step.order.order_id,
        "position": position,
        "at": step.happened.at,
        "event": step.happened.what.value,
        "by": step.happened.by,
        "from_state": step.from_state.value if step.from_state else None,
        "to_state": step.order.state.value,
        "refused": step.refused or step.quarantined,
        "anomaly": step.anomaly.value if step.anomaly else None,
        "happened": compact(step.happened.to_json()),
    }


def _alerts(step: Step) -> Iterator[dict[str, Any]]:
    if step.alert and step.anomaly is not None:
        detail = {
            "from": step.from_state.value if step.from_state else None,
            "to": step.order.state.value,
            "happened": step.happened.to_json(),
        }
        row = {"at": step.happened.at, "what": step.anomaly.value, "symbol": step.order.symbol}
        yield {**row, "order_id": step.order.order_id, "detail": detail}


def _frozen_by(step: Step) -> Iterator[dict[str, Any]]:
    """The symbol, where the step asks for it."""
    if step.freeze:
        yield {"symbol": step.order.symbol, "since": step.happened.at, "why": why_of(step)}
