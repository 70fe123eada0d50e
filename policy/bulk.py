"""Many rows in one statement: recording a decision must not cost more than making it.

SQLAlchemy and the drivers work through ``executemany`` row by row in Python, which costs several
times the insert itself. SQLite gets one ``VALUES`` list for each table; Postgres gets all tables at
once, as JSON arrays that it takes apart itself: one round trip instead of many. Values travel in
the spelling the columns have on SQLite, which Postgres casts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple

from pydantic_core import to_json
from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects.postgresql import dialect as postgres_dialect
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.types import TypeDecorator

Row = Mapping[str, Any]
_POSTGRES = postgres_dialect()  # type: ignore[no-untyped-call]
_SQLITE = sqlite_dialect()
_SQLITE_ROWS = 128  # its statements take 32,766 parameters; the widest table has 23 columns
_KEEP_OLD = "ON CONFLICT DO NOTHING"


class Rows(NamedTuple):
    """Rows of one table, spelled; ``ending`` is what follows in the statement."""

    table: Table
    columns: tuple[str, ...]
    values: Sequence[Sequence[Any]]
    ending: str = ""

    @property
    def kind(self) -> tuple[Table, tuple[str, ...], str]:
        """What the text of a statement depends on."""
        return self.table, self.columns, self.ending


def rows_for(table: Table, rows: Sequence[Row], *, keep_old: bool = False) -> Rows:
    """``rows``, which name the same columns, ready for ``insert``.

    ``keep_old`` leaves out those that would break a unique key.
    """
    columns = tuple(rows[0]) if rows else ()
    spelled = speller(table, columns) if rows else list
    return Rows(table, columns, [spelled(row) for row in rows], _KEEP_OLD if keep_old else "")


def insert(connection: Connection, *parts: Rows) -> None:
    """Insert all of ``parts`` in their order."""
    full = [part for part in parts if part.values]
    if not full:
        return
    if connection.dialect.name == "postgresql":
        statement = _from_json(tuple(part.kind for part in full), "SELECT 1")
        connection.exec_driver_sql(statement, _json_of(full))
        return
    for part in full:
        for _ in _inserted_in_sqlite(connection, part):
            raise AssertionError("nothing was asked to be returned")


def insert_new_rows(
    connection: Connection, table: Table, rows: Sequence[Row], returning: str, beside: str = "NULL"
) -> list[tuple[Any, Any]]:
    """Insert those of ``rows`` that break no unique key.

    Gives column ``returning`` of each inserted one, and with it the value of the SQL expression
    ``beside``, which spares a statement of its own.
    """
    if not rows:
        return []
    part = rows_for(table, rows)._replace(ending=f"{_KEEP_OLD} RETURNING {returning}, {beside}")
    read = _reader(table.c[returning])
    if connection.dialect.name == "postgresql":
        part = part._replace(ending=f"{_KEEP_OLD} RETURNING {returning}")
        statement = _from_json((part.kind,), f"SELECT {returning}, {beside} FROM part0")  # noqa: S608
        result = connection.exec_driver_sql(statement, _json_of([part]))
        return [(read(value), other) for value, other in result]
    return [(read(value), other) for value, other in _inserted_in_sqlite(connection, part)]


def _inserted_in_sqlite(connection: Connection, part: Rows) -> Iterator[Any]:
    for start in range(0, len(part.values), _SQLITE_ROWS):
        some = part.values[start : start + _SQLITE_ROWS]
        flat = tuple(value for row in some for value in row)
        result = connection.exec_driver_sql(_from_values(part.kind, len(some)), flat)
        yield from result if result.returns_rows else ()


def _json_of(parts: Sequence[Rows]) -> dict[str, str]:
    return {f"rows{place}": to_json(part.values).decode() for place, part in enumerate(parts)}


@lru_cache(maxsize=1024)
def _from_values(kind: tuple[Table, tuple[str, ...], str], count: int) -> str:
    table, columns, ending = kind
    group = f"({', '.join('?' * len(columns))})"
    return f"{_into(table, columns)} VALUES {', '.join([group] * count)} {ending}"


@lru_cache
def _from_json(kinds: tuple[tuple[Table, tuple[str, ...], str], ...], last: str) -> str:
    parts = [f"part{place} AS ({_part(place, *kind)})" for place, kind in enumerate(kinds)]
    return f"WITH {', '.join(parts)} {last}"


def _part(place: int, table: Table, columns: tuple[str, ...], ending: str) -> str:
    casts = [f"CAST(one.value ->> {at} AS {_cast(table.c[name])})" for at, name in enumerate(columns)]
    source = f"jsonb_array_elements(CAST(%(rows{place})s AS jsonb)) WITH ORDINALITY AS one (value, place)"
    picked = f"SELECT {', '.join(casts)} FROM {source} ORDER BY one.place"  # noqa: S608
    return f"{_into(table, columns)} {picked} {ending}"


def _into(table: Table, columns: tuple[str, ...]) -> str:
    """Names of our own tables and columns only: nothing from outside ever reaches a statement's text."""
    return f"INSERT INTO {table.name} ({', '.join(columns)})"


def _cast(column: Column[Any]) -> str:
    """The Postgres type a value is read as; never a bounded one, since a cast cuts off in silence."""
    kind = column.type.compile(dialect=_POSTGRES)
    return "TEXT" if "CHAR" in kind else kind


@lru_cache
def speller(table: Table, columns: tuple[str, ...]) -> Callable[[Row], list[Any]]:
    """Takes the values of ``columns`` out of a row, each as text, a number or None: SQLite's spelling."""
    pick = itemgetter(*columns)
    kinds = ((place, table.c[name].type) for place, name in enumerate(columns))
    ours = [(place, _binder(kind)) for place, kind in kinds if isinstance(kind, TypeDecorator)]

    def spelled(row: Row) -> list[Any]:
        values = list(pick(row))
        for place, bind in ours:
            values[place] = bind(values[place])
        return values

    return spelled


def _binder(kind: TypeDecorator[Any]) -> Callable[[Any], Any]:
    return partial(kind.process_bind_param, dialect=_SQLITE)


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, TypeDecorator):
        return partial(kind.process_result_value, dialect=_SQLITE)
    return lambda value: value
