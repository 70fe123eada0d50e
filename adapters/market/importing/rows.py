"""Reads rows of bars from CSV and Parquet files as they stand there: text, with the line each came from."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import unquote

from adapters.market.importing.columns import NEEDED, FileUnfit, find_columns
from adapters.market.importing.times import Times
from adapters.market.symbols import NoSymbol, house_symbol

_CSV, _PARQUET = (".csv", ".csv.gz", ".tsv", ".txt"), (".parquet",)
_DELIMITERS = ",;\t|"
_BATCH = 20_000
_HIVE = "symbol="


class Row(NamedTuple):
    """A bar as text; ``line`` counts lines of CSV from 1, the header among them, or rows of Parquet."""

    symbol: str
    when: str
    file: int
    line: int
    open: str
    high: str
    low: str
    close: str
    volume: str


@dataclass(frozen=True, slots=True)
class Manner:
    """How files are to be read: what is said of their columns, symbol and times; whether rows are minutes."""

    columns: Mapping[str, str] = field(default_factory=dict)
    symbol: str | None = None
    times: Times = field(default_factory=Times)
    minutes: bool = False


def files_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files that ``paths`` name, folders with all below them, in order; raises ``FileUnfit`` for none."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise FileUnfit(f"{path} does not exist")
        inside = sorted(one for one in path.rglob("*") if _is_read(one)) if path.is_dir() else [path]
        if not inside or not all(_kind(one) for one in inside):
            raise FileUnfit(f"{path} holds no bars; give {', '.join((*_CSV, *_PARQUET))} files, or a folder")
        found += inside
    return tuple(dict.fromkeys(found))


def read_rows(number: int, path: Path, manner: Manner) -> Iterator[Row]:
    """Every row of the ``number``-th file; raises ``FileUnfit`` where it cannot be read at all."""
    read = _parquet_rows if _kind(path) is _PARQUET else _csv_rows
    spell = manner.times.moment if manner.minutes else manner.times.day
    for line, (symbol, when, *numbers) in read(path, manner):
        yield Row(_house(symbol), spell(when), number, line, *map(_text, numbers))


def _csv_rows(path: Path, manner: Manner) -> Iterator[tuple[int, Sequence[Any]]]:
    with _opened(path) as file:
        try:
            head = file.readline()
            delimiter = _delimiter(head)
            rows = csv.reader(file, delimiter=delimiter, strict=True)
            header = next(csv.reader([head], delimiter=delimiter, strict=True), [])
            names, symbol = _columns(path, header, manner)
            places = [header.index(name) for name in names]
            for row in filter(any, rows):
                values = _values(row, places, len(header), delimiter)
                yield rows.line_num + 1, values if symbol is None else [symbol, *values]
        except (csv.Error, UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileUnfit(f"{path} cannot be read as CSV in UTF-8: {error}") from error


def _values(row: Sequence[str], places: Sequence[int], width: int, delimiter: str) -> list[str]:
    """What stands at ``places``; of a row wider than the header nobody knows which value is which.

    What is too much goes to the volume, which is no number then: inspection objects to the row and shows it.
    """
    values = [row[at] if at < len(row) else "" for at in places]
    if any(row[width:]):
        values[-1] = delimiter.join([values[-1], *row[width:]])
    return values


def _parquet_rows(path: Path, manner: Manner) -> Iterator[tuple[int, Sequence[Any]]]:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and CSV files need none of it
    from pyarrow import parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(path)
        names, symbol = _columns(path, file.schema_arrow.names, manner)
        batches = (batch.to_pydict() for batch in file.iter_batches(_BATCH, columns=list(names)))
        rows = (row for found in batches for row in zip(*(found[name] for name in names), strict=True))
        yield from enumerate((row if symbol is None else (symbol, *row) for row in rows), 1)
    except (pa.ArrowException, OSError, LookupError, ValueError, OverflowError) as error:
        raise FileUnfit(f"{path} cannot be read as Parquet: {error}") from error


def _columns(path: Path, header: Sequence[str], manner: Manner) -> tuple[Sequence[str], str | None]:
    """The columns to read, that of symbols first; or without it, and the symbol that all rows are of."""
    columns = find_columns(str(path), header, manner.columns)
    needed = [columns.names[part] for part in NEEDED]
    if columns.symbol is None:
        if (symbol := manner.symbol or _named(path)) is None:
            raise FileUnfit(f"{path} names no symbol; give --symbol, or --columns symbol=NAME")
        return needed, symbol
    if manner.symbol is not None:
        raise FileUnfit(f'{path} names its symbols itself, in "{columns.symbol}"; leave out --symbol')
    return [columns.symbol, *needed], None


def _named(path: Path) -> str | None:
    """The symbol that the folder's name says, as in the house's own folders of bars."""
    folder = path.parent.name
    return unquote(folder.removeprefix(_HIVE)) if folder.startswith(_HIVE) else None


def _opened(path: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open("r", encoding="utf-8-sig", newline="")


def _delimiter(head: str) -> str:
    return max(_DELIMITERS, key=head.count)


def _house(symbol: Any) -> str:
    """The house's form, so that rows of one symbol lie together; inspection objects to what has none."""
    text = symbol if isinstance(symbol, str) else _text(symbol)
    try:
        return house_symbol(text)
    except NoSymbol:
        return text


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else str(value)


def _is_read(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and bool(_kind(path))


def _kind(path: Path) -> tuple[str, ...]:
    return next((kind for kind in (_CSV, _PARQUET) if path.name.lower().endswith(kind)), ())
