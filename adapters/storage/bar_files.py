"""How bars lie in one Parquet file, and how a file is put in another's place so that it is always whole."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
_AT_ONCE = 8  # files that the disk is asked to confirm
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
    parquet.write_table(table, target, compression="zstd", use_dictionary=False)
    return target.getvalue()


def decoded(path: Path, symbol: str) -> tuple[Bar, ...]:
    """The bars of the file at ``path``, oldest first, prices with four places or as many as they need.

    Raises ``BarsRefused`` for a file that is not as this house writes them.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and commands without bars need none of it
    from pyarrow import parquet  # noqa: PLC0415

    try:
        with parquet.ParquetFile(path) as file:
            table = file.read(columns=list(COLUMNS), use_threads=False)
        columns = [_shortened(table.column(name), name).to_pylist() for name in COLUMNS]
    except (pa.ArrowException, KeyError) as error:
        words = str(error).splitlines()[0]
        raise BarsRefused(f"{path} holds no bars that can be read: {words}; take it from a backup") from error
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


def replace(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Put ``contents`` in place of the files of these names in ``folder``, each as a whole, for good.

    All are on disk before the first takes its place, which is faster than one after the other: the disk
    writes many at once. Raises ``BarsRefused`` where one could not be written.
    """
    if not contents:
        return
    drafts = {folder / f".{name}.draft": content for name, content in contents.items()}
    try:
        for draft, content in drafts.items():
            draft.write_bytes(content)
        _sync_all(list(drafts))
        for draft in drafts:
            draft.replace(folder / draft.name.removeprefix(".").removesuffix(".draft"))
        _sync(folder)
    except OSError as error:
        for draft in drafts:
            draft.unlink(missing_ok=True)
        words = (error.strerror or str(error)).lower()
        raise BarsRefused(
            f"{folder / next(iter(contents))} could not be written: {words}; what was there is as it was"
        ) from error


def _sync_all(paths: Sequence[Path]) -> None:
    """Have every file on disk; asked for at once, the disk confirms many in about the time of one."""
    if len(paths) == 1:
        return _sync(paths[0])
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        list(threads.map(_sync, paths))
    return None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
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
