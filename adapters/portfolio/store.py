"""Writes snapshots, results of sessions and positions down, and reads them page by page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, select

from adapters.portfolio.account import Account
from adapters.portfolio.figures import Figures, drawdown, figures_of
from adapters.portfolio.tables import pnl_history, portfolio_snapshots, positions
from adapters.portfolio.views import SessionView, snapshot_view
from policy.book_contracts import SnapshotView
from policy.bulk import insert, insert_new_rows, rows_for
from policy.contracts import Event, EventType, utc_text
from policy.outbox import append
from policy.ports import derived_id

SOURCE = "/trivet/portfolio"
_FIGURES = tuple(Figures.__dataclass_fields__)


def keep_snapshot(connection: Connection, account: Account, at: datetime, reason: str) -> bool:
    """Write ``account`` down as of ``at``, with its event and positions; False when that moment has one."""
    figures = replace(figures_of(account), as_of=at)
    view = snapshot_view(derived_id("snapshot", utc_text(at)), reason, figures)
    row = {name: getattr(figures, name) for name in _FIGURES}
    row |= {"snapshot_id": view.snapshot_id, "reason": reason, "session": _day(account)}
    if not insert_new_rows(connection, portfolio_snapshots, [row], "snapshot_id"):
        return False
    append(connection, [_event_of(view)])
    _keep_positions(connection, account, at)
    return True


def keep_close(connection: Connection, account: Account, at: datetime) -> bool:
    """Write down what the session came to, which closed at ``at``, and the account as it then is.

    False when the session is there already. Raises ValueError for an account that has seen no session.
    """
    if account.session is None:
        raise ValueError("no session has begun; let the portfolio follow quotes before closing one")
    keep_snapshot(connection, account, at, "close")
    return _keep_session(connection, account, at)


def snapshots(connection: Connection, before: datetime | None, limit: int) -> list[SnapshotView]:
    """Snapshots older than ``before``, newest first, at most ``limit``."""
    return [_snapshot_of(row) for row in _newest(connection, portfolio_snapshots, "as_of", before, limit)]


def sessions(connection: Connection, before: datetime | None, limit: int) -> list[SessionView]:
    """Results of sessions that closed earlier than ``before``, newest first, at most ``limit``."""
    return [SessionView(**row) for row in _newest(connection, pnl_history, "closed_at", before, limit)]


def _day(account: Account) -> str | None:
    """The session as text, which both databases take for a date."""
    return account.session.isoformat() if account.session else None


def _newest(
    connection: Connection, table: Table, time: str, before: datetime | None, limit: int
) -> Sequence[RowMapping]:
    found = select(table).order_by(table.c[time].desc()).limit(limit)
    if before is not None:
        found = found.where(table.c[time] < before)
    return connection.execute(found).mappings().all()


def _snapshot_of(row: RowMapping) -> SnapshotView:
    kept: dict[str, Any] = {name: row[name] for name in _FIGURES}
    return snapshot_view(row["snapshot_id"], row["reason"], Figures(**kept))


def _keep_session(connection: Connection, account: Account, at: datetime) -> bool:
    row = {
        "session": _day(account),
        "closed_at": at,
        "opened_with": account.opened_with,
        "closed_with": account.equity,
        "lowest_equity": account.session_low,
        "realised": account.realised - account.realised_before,
        "fees": account.fees - account.fees_before,
        "max_drawdown_pct": drawdown(account.opened_with, account.session_low),
    }
    return bool(insert_new_rows(connection, pnl_history, [row], "session"))


def _event_of(view: SnapshotView) -> Event:
    return Event(
        id=derived_id("event", EventType.SNAPSHOT_TAKEN.value, view.snapshot_id),
        type=EventType.SNAPSHOT_TAKEN,
        source=SOURCE,
        subject=str(view.snapshot_id),
        time=view.at,
        data=view.model_dump(mode="json"),
    )


def _keep_positions(connection: Connection, account: Account, at: datetime) -> None:
    rows = [_position_row(account, symbol, at) for symbol in sorted(account.positions)]
    connection.execute(delete(positions))
    insert(connection, rows_for(positions, rows))


def _position_row(account: Account, symbol: str, at: datetime) -> dict[str, Any]:
    position = account.positions[symbol]
    return {
        "symbol": symbol,
        "qty": position.qty,
        "cost": position.cost,
        "mark": account.marks[symbol],
        "realised": position.realised,
        "fees": position.fees,
        "as_of": at,
    }
