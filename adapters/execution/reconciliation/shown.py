"""How the books stand to the broker's, read from the store: what the API, the report and the screens show."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Engine, Select, select

from adapters.execution import store as rows
from adapters.execution.anomalies import Anomaly
from adapters.execution.reconciliation.looks import last_look
from adapters.execution.reconciliation.picture import asset_word
from adapters.execution.reconciliation.tables import execution_starts, explained_differences, repairs
from adapters.execution.tables import execution_alerts, frozen_symbols
from adapters.execution.views import view_of
from policy.order_contracts import OrderView
from policy.reconciliation_contracts import (
    ExplainedView,
    FrozenView,
    ReconciliationView,
    RepairView,
    Start,
)
from policy.store import reading

_START = select(execution_starts).order_by(execution_starts.c.number.desc()).limit(1)
_REPAIRS = select(repairs).order_by(repairs.c.number.desc())
_STRANGE = (Anomaly.EXTERNAL_ORDER.value, Anomaly.ROW_MISSING.value)
_EXTERNAL = (
    select(execution_alerts.c.order_id)
    .where(execution_alerts.c.what.in_(_STRANGE), execution_alerts.c.order_id.is_not(None))
    .order_by(execution_alerts.c.id.desc())
)


def reconciled(store: Engine, most: int, since: datetime | None = None) -> ReconciliationView:
    """How the books stand now, with at most ``most`` repairs and orders of others, none before ``since``."""
    with reading(store) as connection:
        return ReconciliationView(
            start=_start(connection),
            last=last_look(connection, answered=False),
            last_answered=last_look(connection, answered=True),
            frozen=tuple(_frozen(connection)),
            explained=tuple(_explained(connection)),
            repairs=tuple(_repairs(connection, most, since)),
            external=tuple(_external(connection, most, since)),
        )


def _start(connection: Connection) -> Start | None:
    row = connection.execute(_START).first()
    return None if row is None else Start(**{name: getattr(row, name) for name in Start.model_fields})


def _frozen(connection: Connection) -> Iterator[FrozenView]:
    for row in connection.execute(select(frozen_symbols).order_by(frozen_symbols.c.symbol)):
        yield FrozenView(asset=asset_word(row.symbol), since=row.since, why=row.why)


def _explained(connection: Connection) -> Iterator[ExplainedView]:
    for row in connection.execute(select(explained_differences).order_by(explained_differences.c.asset)):
        told = {name: getattr(row, name) for name in ExplainedView.model_fields}
        yield ExplainedView(**{**told, "asset": asset_word(row.asset)})


def _repairs(connection: Connection, most: int, since: datetime | None) -> Iterator[RepairView]:
    for row in connection.execute(_latest(_REPAIRS, repairs.c.at, most, since)):
        told = {name: getattr(row, name) for name in RepairView.model_fields}
        yield RepairView(**{**told, "asset": asset_word(row.asset)})


def _external(connection: Connection, most: int, since: datetime | None) -> Sequence[OrderView]:
    """Orders that the broker had and the house had not, as they are by now."""
    found: Sequence[UUID] = connection.scalars(_latest(_EXTERNAL, execution_alerts.c.at, most, since)).all()
    kept = (rows.one(connection, order_id) for order_id in found)
    return [view_of(one.order) for one in kept if one is not None]


def _latest(query: Select[Any], at: Column[Any], most: int, since: datetime | None) -> Select[Any]:
    return (query if since is None else query.where(at >= since)).limit(most)
