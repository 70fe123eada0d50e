"""Transactions of the policy service: how to write, how to read, how to claim."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

WRITES = "trivet_writes"
_AFTERWARDS = "trivet_afterwards"


@contextmanager
def writing(store: Engine) -> Iterator[Connection]:
    """A transaction that will write; SQLite takes its write lock at once instead of failing half-way."""
    with store.connect() as connection:
        afterwards = connection.info[_AFTERWARDS] = []
        with connection.execution_options(**{WRITES: True}).begin():
            yield connection
    for act in afterwards:
        act()


def after_commit(connection: Connection, act: Callable[[], None]) -> None:
    """Call ``act`` once the ``writing`` transaction of ``connection`` is durable, and never if it is not.

    For what only watches, such as counting: it must not raise, and must not need the database.
    """
    connection.info[_AFTERWARDS].append(act)


@contextmanager
def reading(store: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with store.begin() as connection:
        yield connection


@contextmanager
def reading_at_once(store: Engine, *tables: Table) -> Iterator[Connection]:
    """A transaction that sees the store as it was at its begin, however long it reads and whoever writes.

    ``tables`` keep their partitions meanwhile: one that is dropped is gone for older views, too. They are
    locked first, since on Postgres the view is taken by the first query.
    """
    with store.connect() as connection:
        if store.dialect.name != "postgresql":  # SQLite's transactions always see one moment
            with connection.begin():
                yield connection
            return
        with connection.execution_options(isolation_level="REPEATABLE READ").begin():
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            for table in tables:
                connection.execute(text(f"LOCK TABLE {table.name} IN ACCESS SHARE MODE"))
            yield connection


def insert_new(connection: Connection, table: Table) -> PostgresInsert | SqliteInsert:
    """``INSERT … ON CONFLICT DO NOTHING`` in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return PostgresInsert(table).on_conflict_do_nothing()
    return SqliteInsert(table).on_conflict_do_nothing()


def lock_out_writers(connection: Connection, table: Table) -> None:
    """Let nobody else write ``table`` until this transaction ends, so its row numbers commit in order."""
    if connection.dialect.name == "postgresql":  # on SQLite every writing transaction is alone already
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
