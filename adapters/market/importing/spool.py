"""Sorts rows by symbol and time on disk, however many they are: memory holds a bounded part of them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType

from adapters.market.importing.rows import Row

_BATCH = 50_000
_MEMORY = "256MB"


class Spool:
    """A file in ``folder`` that takes rows in any order and gives them back sorted; gone after the block."""

    def __init__(self, folder: Path) -> None:
        import duckdb  # noqa: PLC0415 - heavy, and few commands need it

        self._connection = duckdb.connect(folder / "rows.duckdb")
        self._connection.execute(f"SET memory_limit = '{_MEMORY}'")
        self._connection.execute("SET threads = 1")
        self._connection.execute(
            "CREATE TABLE rows (symbol VARCHAR, began VARCHAR, file INTEGER, line BIGINT, open VARCHAR, "
            "high VARCHAR, low VARCHAR, close VARCHAR, volume VARCHAR)"
        )

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def put(self, rows: Iterable[Row]) -> int:
        """Take ``rows``; returns how many they were."""
        import pyarrow as pa  # noqa: PLC0415

        count, rest = 0, iter(rows)
        while batch := list(islice(rest, _BATCH)):
            columns = [list(column) for column in zip(*batch, strict=True)]
            self._connection.register("batch", pa.table(columns, names=list(Row._fields)))
            self._connection.execute("INSERT INTO rows SELECT * FROM batch")
            self._connection.unregister("batch")
            count += len(batch)
        return count

    def crowd(self, most: int) -> Row | None:
        """A row of a day that one file has more than ``most`` rows of one symbol for; None without any.

        What is no day is no session's either, however often it stands there.
        """
        crowded = self._connection.execute(
            "SELECT symbol, began, file FROM rows WHERE try_cast(began AS DATE) IS NOT NULL "
            "GROUP BY ALL HAVING count(*) > ? ORDER BY ALL LIMIT 1",
            [most],
        ).fetchone()
        if crowded is None:
            return None
        rows = "SELECT * FROM rows WHERE (symbol, began, file) = (?, ?, ?) ORDER BY line LIMIT 1"
        found = self._connection.execute(rows, crowded).fetchone()
        return None if found is None else Row._make(found)

    def sorted(self) -> Iterator[Row]:
        """Every row, by symbol, time, file and line."""
        found = self._connection.execute("SELECT * FROM rows ORDER BY symbol, began, file, line")
        while batch := found.fetchmany(_BATCH):
            yield from map(Row._make, batch)
