"""SQLite as a durable store: one file, one writer, every commit on disk before it counts."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from policy.store import WRITES

_BUSY_MS = 5_000
# Order matters: the lock time-out must stand before the journal mode needs a lock.
_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 8000",  # pages, 32 MiB: a checkpoint syncs twice, so let commits share it
    "PRAGMA cache_size = -32768",  # KiB
)


def open_sqlite(url: URL) -> Engine:
    """An engine on the file of ``url``, created with its folder when missing.

    Afterwards a file that was removed or replaced is an error, never silently a new, empty store.
    """
    if not url.database or url.database == ":memory:":
        raise ValueError(f"{url} names no file; use sqlite:////absolute/path/to/trivet.db")
    path = Path(url.database).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    # Named, since the default for an address without a file closes connections that others still use.
    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=QueuePool, pool_size=8)
    _listen(engine, path)
    return engine


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_MS / 1000,
        cached_statements=512,  # an insert of each number of rows is a statement of its own
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _listen(engine: Engine, path: Path) -> None:
    @event.listens_for(engine, "connect")
    def _remember_file(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def _same_file(_connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        # A connection to an unlinked file still commits, to nowhere: durable only in appearance.
        if entry.info["file"] != _identity(path):
            raise DisconnectionError(f"{path} was removed or replaced")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
