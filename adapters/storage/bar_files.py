"""How bars lie in one Parquet file, and how a file is put in another's place so that it is always whole."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policy.contracts import Bar

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("opened_at", "closed_at", "open", "high", "low", "close", "volume")
PLACES = 8
"""Decimal places of a price: dollars to the hundred-millionth."""
_PRICES = ("open", "high", "low", "close")
_DIGITS = 20
_USUAL_DIGITS, _USUAL_PLACES = 16, 4  # of what exchanges quote; more only where they are needed


class BarsRefused(Exception):
    """Bars that do not go with what is stored, or could not be written; nothing of their month was."""


def encoded(bars: Sequence[Bar]) -> bytes:
    """``bars`` of one symbol as a Parquet file; raises ``BarsRefused`` for a price with too many places."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and commands without bars need none of it
    from pyarrow import parquet  # noqa: PLC0415

    columns = [[getattr(bar, name) for bar in bars] for name in COLUMNS]
    target, schema = BytesIO(), _schema()
    try:
        table = pa.table([pa.array(*pair) for pair in zip(columns, schema.types, strict=True)], schema=schema)
    except pa.ArrowInvalid as error:
        days = f"{bars[0].opened_at:%Y-%m-%d} to {bars[-1].opened_at:%Y-%m-%d}"
        raise BarsRefused(f"{bars[0].symbol}, {days}: a price has more than {PLACES} places") from error
    parquet.write_table(table, target, compression="zstd")
    return target.getvalue()


def decoded(path: Path, symbol: str) -> tuple[Bar, ...]:
    """The bars of the file at ``path``, oldest first, prices with four places or as many as they need."""
    from pyarrow import parquet  # noqa: PLC0415

    with path.open("rb") as file:
        table = parquet.read_table(file, columns=list(COLUMNS))
    columns = [_shortened(table.column(name), name).to_pylist() for name in COLUMNS]
    return tuple(
        Bar(symbol=symbol, **dict(zip(COLUMNS, row, strict=True))) for row in zip(*columns, strict=True)
    )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer of ``folder`` at a time, which is made if need be; the lock goes with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` in place of ``path``; until then the old file stays, whole.

    It is on disk when this returns, and ``path`` names it for good once ``synced`` was called on its folder.
    """
    draft = path.with_name(f".{path.stem}.draft")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        words = (error.strerror or str(error)).lower()
        raise BarsRefused(f"{path} could not be written: {words}; what was there is as it was") from error


def synced(folder: Path) -> None:
    """Make the names that were put into ``folder`` last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _schema() -> "pa.Schema":
    import pyarrow as pa  # noqa: PLC0415

    time, price = pa.timestamp("us", tz="UTC"), pa.decimal128(_DIGITS, PLACES)
    kinds: dict[str, Any] = dict.fromkeys(_PRICES, price)
    kinds |= {"opened_at": time, "closed_at": time, "volume": pa.int64()}
    return pa.schema([pa.field(name, kinds[name], nullable=False) for name in COLUMNS])


def _shortened(column: "pa.ChunkedArray", name: str) -> "pa.ChunkedArray":
    """Prices without the zeros that only the width of the column put there, where that is possible."""
    import pyarrow as pa  # noqa: PLC0415

    if name not in _PRICES:
        return column
    try:
        return column.cast(pa.decimal128(_USUAL_DIGITS, _USUAL_PLACES))
    except pa.ArrowInvalid:
        return column
