"""An import from its files to its report: notes are taken over, rows are sorted, inspected and stored.

Whatever ends it in the middle, each month's file is the old one or the new one, and the same import again
adds what is missing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.market.calendar import Session
from adapters.market.closing.minutes import Minute, read_minute, session_bar
from adapters.market.importing.aside import AsideFile
from adapters.market.importing.columns import FileUnfit
from adapters.market.importing.notes import beside, take_over
from adapters.market.importing.report import OfSymbol, Report
from adapters.market.importing.rows import Manner, Row, read_rows
from adapters.market.importing.spool import Spool
from adapters.market.importing.symbol import SOURCE, OneSymbol, Terms
from adapters.market.inspection.outcome import Fault, Quarantined, Unfit
from adapters.market.source import RawBar

_REPEATS = 3
"""How often one file may say the same session; more are no repeats."""

Told = Callable[[str, int, int | None], None]
"""Is told what is being done, how many rows of it are, and of how many where that is known."""


def import_bars(files: Sequence[Path], manner: Manner, terms: Terms, work: Path, told: Told) -> Report:
    """Bring the rows of ``files`` into the store of ``terms``; ``work`` is a folder for temporary files.

    Raises ``FileUnfit`` before anything is stored where a file cannot be read, and ``BarsRefused`` where the
    store cannot be written.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="import-", dir=work)))
        spool, aside = stack.enter_context(Spool(folder)), stack.enter_context(AsideFile(folder))
        count = _gathered(spool, files, manner, told)
        if not manner.minutes:
            _refuse_minutes(spool, files)
        terms = replace(terms, beside=beside(files, terms.store))
        notes = 0 if terms.dry_run else take_over(terms.beside, terms.store)
        rows = _counted(spool.sorted(), count, told)
        symbols = [
            _imported(symbol, group, files, manner, terms, aside)
            for symbol, group in groupby(rows, key=attrgetter("symbol"))
        ]
        kept = None if terms.dry_run else aside.keep(terms.store.root)
    return Report(str(terms.store.root), terms.dry_run, symbols, notes, None if kept is None else str(kept))


def _gathered(spool: Spool, files: Sequence[Path], manner: Manner, told: Told) -> int:
    count = 0
    for number, path in enumerate(files):
        told(f"reading {path.name}", count, None)
        count += spool.put(read_rows(number, path, manner))
    return count


def _refuse_minutes(spool: Spool, files: Sequence[Path]) -> None:
    """Of minutes that are taken for days, the first of each day would become its bar."""
    row = spool.crowd(_REPEATS)
    if row is not None:
        raise FileUnfit(
            f"{files[row.file]}:{row.line} is one of many rows of {row.symbol} on {row.when}, and a session "
            "has one bar; if these are minutes, add --minutes"
        )


def _counted(rows: Iterator[Row], count: int, told: Told) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % 10_000 == 0:
            told(f"inspecting {row.symbol}", number, count)
        yield row


def _imported(
    symbol: str, rows: Iterator[Row], files: Sequence[Path], manner: Manner, terms: Terms, aside: AsideFile
) -> OfSymbol:
    one = OneSymbol(symbol, terms, aside.put)
    if manner.minutes:
        _take_minutes(one, rows, files, terms)
        return one.finish()
    for row in rows:
        one.take(_raw(row, terms.now), row, str(files[row.file]))
    return one.finish()


def _take_minutes(one: OneSymbol, rows: Iterator[Row], files: Sequence[Path], terms: Terms) -> None:
    """Let the bar of each session be built from its minutes; it stands where the first of them does."""
    found = _read_minutes(one, rows, files, terms)
    for session, group in groupby(found, key=lambda entry: entry[1]):
        minutes = list(group)
        row = minutes[0][2]
        raw = session_bar([minute for minute, _, _ in minutes], session, terms.now)
        one.take(raw, row, str(files[row.file]))


def _read_minutes(
    one: OneSymbol, rows: Iterator[Row], files: Sequence[Path], terms: Terms
) -> Iterator[tuple[Minute, Session, Row]]:
    last: datetime | None = None
    for row in rows:
        raw = _raw(row, terms.now)
        try:
            minute, session = read_minute(raw, terms.calendar)
            if minute.opened_at == last:
                raise Unfit(Fault.DUPLICATE, f"the minute of {row.when} came before")
        except Unfit as unfit:
            one.put_aside(
                Quarantined(unfit.fault, unfit.text, raw, None, unfit.against), row, str(files[row.file])
            )
            continue
        last = minute.opened_at
        yield minute, session, row


def _raw(row: Row, now: datetime) -> RawBar:
    return RawBar(
        row.symbol, row.when, row.open, row.high, row.low, row.close, row.volume, SOURCE, received_at=now
    )
