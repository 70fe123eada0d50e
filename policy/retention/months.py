"""Months of the log: on Postgres evaluations and rule hits lie in one partition for each month, UTC.

Partitions are made a month ahead. What finds none, because the clock leapt or a long reader held up the
making, lies in a partition of its own, from where the next making takes it; readiness tells of it.
"""

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine, Table, delete, text
from sqlalchemy.exc import OperationalError

from policy.store import writing
from policy.tables import policy_evaluations, policy_rule_hits

log = structlog.get_logger(__name__)

PARTED: tuple[Table, ...] = (policy_evaluations, policy_rule_hits)
_MAKERS = 0x7472_6D6F  # an advisory lock; any number that nothing else of Trivet takes
_PATIENCE_MS = 500
_AGAIN_SECONDS = 60.0
_NAMED = text("SELECT to_regclass(:name) IS NOT NULL")
_PARTITIONS = text(
    "SELECT substring(child.relname FROM '[0-9]{4}_[0-9]{2}$') AS month FROM pg_inherits "
    "JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = 'policy_evaluations'::regclass "
    "AND child.relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY month"
)
_WRITTEN = text("SELECT DISTINCT substr(evaluated_at, 1, 7) AS month FROM policy_evaluations ORDER BY month")
_SOON = text(f"SET LOCAL lock_timeout = {_PATIENCE_MS}")


def month_of(at: datetime) -> date:
    """The first day of the month that ``at`` lies in, UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def following(month: date) -> date:
    """The first day of the month after ``month``."""
    return (month + timedelta(days=31)).replace(day=1)


def begin_of(month: date) -> datetime:
    """The first moment of ``month``."""
    return datetime.combine(month, datetime.min.time(), UTC)


def partition(table: Table, month: date) -> str:
    """The name of the partition of ``table`` for ``month``."""
    return f"{table.name}_{month:%Y_%m}"


def leftover(table: Table) -> str:
    """The name of the partition for rows whose month has none."""
    return f"{table.name}_default"


class Months:
    """Sees to it that the log of one store has partitions for what is about to be decided."""

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._made: set[date] = set()
        self._not_before = 0.0

    def reach(self, at: datetime) -> None:
        """Make the partitions for decisions made at ``at`` and for the month after, unless they are there.

        Call it outside any transaction. A store without partitions needs none. Where somebody holds the
        log for long, the making is put off by a minute; what is decided meanwhile is recorded all the same.
        """
        month = month_of(at)
        wanted = {month, following(month)}
        if wanted <= self._made or time.monotonic() < self._not_before:
            return
        if self._store.dialect.name == "postgresql" and not self._make(wanted):
            self._not_before = time.monotonic() + _AGAIN_SECONDS
            return
        self._made |= wanted

    def _make(self, wanted: Iterable[date]) -> bool:
        try:
            with writing(self._store) as connection:
                make(connection, wanted)
        except OperationalError as error:  # a time-out, or no store at all, which the next statement tells
            log.warning("partitions could not be made yet", error=str(error).splitlines()[0])
            return False
        return True


def make(connection: Connection, months: Iterable[date]) -> None:
    """Make the partitions of ``months`` that are missing, and of the months of strays, which move in.

    On Postgres, at the begin of a transaction. One maker at a time: the others wait for it and find
    everything made. Raises ``OperationalError`` where a reader holds the log for half a second.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MAKERS})
    connection.execute(_SOON)
    for month in sorted({*months, *stray_months(connection)}):
        for table in PARTED:
            if not connection.scalar(_NAMED, {"name": partition(table, month)}):
                _make_one(connection, table, month)


def stray_months(connection: Connection) -> list[date]:
    """Months with rows that lie in no month's partition; none on SQLite, which has no partitions."""
    if connection.dialect.name != "postgresql":
        return []
    month = "date_trunc('month', evaluated_at AT TIME ZONE 'UTC')::date"
    parts = [f"SELECT {month} AS month FROM {leftover(table)}" for table in PARTED]  # noqa: S608
    return list(connection.scalars(text(f"{' UNION '.join(parts)} ORDER BY month")))


def settle(connection: Connection) -> None:
    """Give strays their month; call it at the begin of a transaction that writes."""
    if connection.dialect.name == "postgresql":
        make(connection, ())


def on_record(connection: Connection) -> list[date]:
    """The months that the log has room for (on SQLite: those with decisions), oldest first."""
    found = _PARTITIONS if connection.dialect.name == "postgresql" else _WRITTEN
    return [date(int(name[:4]), int(name[-2:]), 1) for name in connection.scalars(found)]


def close(connection: Connection, month: date) -> None:
    """Let nobody write decisions of ``month`` until this transaction ends; reading goes on.

    The transaction then waits for no lock longer than half a second: decisions queue behind who waits.
    """
    if connection.dialect.name == "postgresql":  # on SQLite every writing transaction is alone already
        connection.execute(_SOON)
        connection.execute(text("SET LOCAL statement_timeout = 0"))  # going through many rows takes its time
        for table in PARTED:
            connection.execute(text(f"LOCK TABLE {partition(table, month)} IN SHARE MODE"))


def drop(connection: Connection, month: date) -> None:
    """Remove everything of ``month`` from the log."""
    begins, ends = begin_of(month), begin_of(following(month))
    for table in PARTED:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"DROP TABLE {partition(table, month)}"))
        else:
            at = table.c.evaluated_at
            connection.execute(delete(table).where(at >= begins, at < ends))


def _make_one(connection: Connection, table: Table, month: date) -> None:
    """A plain table first, attached when it is full: attaching lets others go on reading and inserting."""
    name, begins, ends = partition(table, month), begin_of(month), begin_of(following(month))
    within = f"evaluated_at >= '{begins}' AND evaluated_at < '{ends}'"
    strays = f"WITH moved AS (DELETE FROM {leftover(table)} WHERE {within} RETURNING *)"  # noqa: S608
    for statement in (
        f"CREATE TABLE {name} (LIKE {table.name} INCLUDING ALL)",
        f"LOCK TABLE {leftover(table)} IN ACCESS EXCLUSIVE MODE",
        f"{strays} INSERT INTO {name} SELECT * FROM moved",  # noqa: S608
        f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES FROM ('{begins}') TO ('{ends}')",
    ):
        connection.execute(text(statement))
