"""Bars in Parquet files, one for each symbol and month: appended only, each file replaced as a whole."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from policy.contracts import Bar

if TYPE_CHECKING:
    import pyarrow as pa

_FOLDER = "symbol="
_COLUMNS = ("opened_at", "closed_at", "open", "high", "low", "close", "volume")
_DIGITS, _PLACES = 20, 8  # of a price: dollars to the hundred-millionth, as split-adjusting leaves them


class BarsRefused(Exception):
    """Bars that do not follow what is stored, or could not be written; nothing of their month was."""


class BarStore:
    """Bars below ``root``, as ``symbol=AAPL/2012-06.parquet``: months by UTC, oldest bar first.

    DuckDB, Polars and Ibis read all of it as one data set, the symbol from the folder's name. A file is
    always whole: whoever reads while somebody writes, or after a crash, finds the old one or the new one.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def symbols(self) -> tuple[str, ...]:
        """Every symbol that has bars, in alphabetical order."""
        folders = (path.parent.name for path in self._root.glob(f"{_FOLDER}*/*.parquet"))
        return tuple(sorted({unquote(name.removeprefix(_FOLDER)) for name in folders}))

    def between(self, symbol: str, first: date, last: date) -> tuple[Bar, ...]:
        """Bars of ``symbol`` that opened from day ``first`` to day ``last``, UTC, oldest first."""
        months = (path for path in self._months(symbol) if f"{first:%Y-%m}" <= path.stem <= f"{last:%Y-%m}")
        bars = (bar for path in months for bar in _read(path, symbol))
        return tuple(bar for bar in bars if first <= bar.opened_at.astimezone(UTC).date() <= last)

    def last(self, symbol: str) -> datetime | None:
        """When the newest bar of ``symbol`` closed; None where there is none."""
        months = self._months(symbol)
        return _read(months[-1], symbol)[-1].closed_at if months else None

    def append(self, symbol: str, bars: Sequence[Bar]) -> None:
        """Add ``bars``, oldest first, after those that are there; month by month, each all or nothing.

        Raises ``BarsRefused`` where they overlap each other or what is stored, go backward, belong to
        another symbol, or cannot be written. Another writer of the symbol is waited for.
        """
        if not bars:
            return
        folder = self._folder(symbol)
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            _refuse_unfit(symbol, bars, self.last(symbol))
            for month, group in groupby(bars, key=_month_of):
                path = folder / f"{month}.parquet"
                before = _read(path, symbol) if path.exists() else ()
                _replace(path, _encoded([*before, *group]))

    def _folder(self, symbol: str) -> Path:
        return self._root / f"{_FOLDER}{quote(symbol, safe='')}"

    def _months(self, symbol: str) -> list[Path]:
        return sorted(self._folder(symbol).glob("*.parquet"))


def _refuse_unfit(symbol: str, bars: Sequence[Bar], last: datetime | None) -> None:
    if strange := next((bar.symbol for bar in bars if bar.symbol != symbol), None):
        raise BarsRefused(f"a bar of {strange} was handed in for {symbol}; append each symbol by itself")
    for before, after in pairwise(bars):
        if after.opened_at < before.closed_at:
            raise BarsRefused(
                f"{symbol}: the bar of {after.opened_at:%Y-%m-%d} does not follow that of "
                f"{before.opened_at:%Y-%m-%d}; sort them and leave out repeats"
            )
    if last is not None and bars[0].opened_at < last:
        raise BarsRefused(
            f"{symbol}: bars from {bars[0].opened_at:%Y-%m-%d} to {bars[-1].opened_at:%Y-%m-%d} overlap or "
            f"go before what is stored, which ends on {last:%Y-%m-%d}; append only what is later"
        )


def _month_of(bar: Bar) -> str:
    return f"{bar.opened_at.astimezone(UTC):%Y-%m}"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer of a symbol at a time; the lock goes with the process that holds it."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, content: bytes) -> None:
    """Put ``content`` in place of ``path``, on disk when this returns; the old file stays until then."""
    draft = path.with_name(f".{path.stem}.draft")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        words = (error.strerror or str(error)).lower()
        raise BarsRefused(f"{path} could not be written: {words}; what was there is as it was") from error


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _encoded(bars: Sequence[Bar]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and commands without bars need none of it
    from pyarrow import parquet  # noqa: PLC0415

    rows = [{name: getattr(bar, name) for name in _COLUMNS} for bar in bars]
    target = BytesIO()
    try:
        table = pa.Table.from_pylist(rows, schema=_schema())
    except pa.ArrowInvalid as error:
        days = f"{bars[0].opened_at:%Y-%m-%d} to {bars[-1].opened_at:%Y-%m-%d}"
        raise BarsRefused(f"{bars[0].symbol}, {days}: a price has more than {_PLACES} places") from error
    parquet.write_table(table, target, compression="zstd")
    return target.getvalue()


def _schema() -> "pa.Schema":
    import pyarrow as pa  # noqa: PLC0415

    time, price = pa.timestamp("us", tz="UTC"), pa.decimal128(_DIGITS, _PLACES)
    kinds: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close"), price)
    kinds |= {"opened_at": time, "closed_at": time, "volume": pa.int64()}
    return pa.schema([pa.field(name, kinds[name], nullable=False) for name in _COLUMNS])


def _read(path: Path, symbol: str) -> tuple[Bar, ...]:
    from pyarrow import parquet  # noqa: PLC0415

    with path.open("rb") as file:
        columns = parquet.read_table(file, columns=list(_COLUMNS)).to_pydict()
    rows = zip(*(columns[name] for name in _COLUMNS), strict=True)
    return tuple(Bar(symbol=symbol, **dict(zip(_COLUMNS, row, strict=True))) for row in rows)
