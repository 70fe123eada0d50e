"""Many rows in one statement: recording a decision must not cost more than making it.

SQLAlchemy and the drivers work through ``executemany`` row by row in Python, which costs several
times the insert itself. SQLite gets one ``VALUES`` list; Postgres gets one JSON array that it takes
apart itself. Values travel in the spelling the columns have on SQLite, which Postgres casts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Column, Connection, Table, TextClause, text
from sqlalchemy.dialects.postgresql import dialect as postgres_dialect
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.types import TypeDecorator

Row = Mapping[str, Any]
_POSTGRES = postgres_dialect()  # type: ignore[no-untyped-call]
_SQLITE = sqlite_dialect()
_SQLITE_ROWS = 128  # its statements take 32,766 parameters; the widest table has 23 columns


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows``, which name the same columns, in their order."""
    for _ in _inserted(connection, table, rows, ""):
        raise AssertionError("nothing was asked to be returned")


def insert_new_rows(connection: Connection, table: Table, rows: Sequence[Row], returning: str) -> list[Any]:
    """Insert those of ``rows`` that break no unique key; gives column ``returning`` of each inserted one."""
    read = _reader(table.c[returning])
    ending = f"ON CONFLICT DO NOTHING RETURNING {returning}"
    return [read(value) for value in _inserted(connection, table, rows, ending)]


def _inserted(connection: Connection, table: Table, rows: Sequence[Row], ending: str) -> Iterator[Any]:
    if not rows:
        return
    columns = tuple(rows[0])
    spelled = _speller(table, columns)
    values = [spelled(row) for row in rows]
    if connection.dialect.name == "postgresql":
        statement = _from_json(table, columns, ending)
        yield from _firsts(connection.execute(statement, {"rows": to_json(values).decode()}))
        return
    for start in range(0, len(values), _SQLITE_ROWS):
        part = values[start : start + _SQLITE_ROWS]
        flat = tuple(value for row in part for value in row)
        yield from _firsts(connection.exec_driver_sql(_from_values(table, columns, ending, len(part)), flat))


def _firsts(result: Any) -> Iterator[Any]:
    return (row[0] for row in result) if result.returns_rows else iter(())


@lru_cache(maxsize=1024)
def _from_values(table: Table, columns: tuple[str, ...], ending: str, count: int) -> str:
    group = f"({', '.join('?' * len(columns))})"
    return f"{_into(table, columns)} VALUES {', '.join([group] * count)} {ending}"


@lru_cache
def _from_json(table: Table, columns: tuple[str, ...], ending: str) -> TextClause:
    picked = ", ".join(
        f"CAST(one.value ->> {place} AS {_cast(table.c[name])})" for place, name in enumerate(columns)
    )
    source = "jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS one (value, place)"
    statement = f"{_into(table, columns)} SELECT {picked} FROM {source} ORDER BY one.place {ending}"  # noqa: S608
    return text(statement)


def _into(table: Table, columns: tuple[str, ...]) -> str:
    """Names of our own tables and columns only: nothing from outside ever reaches a statement's text."""
    return f"INSERT INTO {table.name} ({', '.join(columns)})"


def _cast(column: Column[Any]) -> str:
    """The Postgres type a value is read as; never a bounded one, since a cast cuts off in silence."""
    kind = column.type.compile(dialect=_POSTGRES)
    return "TEXT" if "CHAR" in kind else kind


@lru_cache
def _speller(table: Table, columns: tuple[str, ...]) -> Callable[[Row], list[Any]]:
    """Takes the values of ``columns`` out of a row, those of our own types in their spelling."""
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
