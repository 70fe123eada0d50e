"""What an import came to, in words for the terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from adapters.market.importing.report import OfSymbol, PutAside, Report

_MOST_SYMBOLS = 40


def as_table(report: Report) -> None:
    """Print a row for each symbol; of many symbols, those first of which something was not stored."""
    title = f"{report.folder}{' (dry run: nothing was stored)' if report.dry_run else ''}"
    table = Table("symbol", "new", "there", "aside", "differ", "gaps", title=title)
    for edge in ("from", "to"):
        table.add_column(edge, no_wrap=True)
    shown = sorted(report.symbols, key=lambda one: (not _has_trouble(one), one.symbol))[:_MOST_SYMBOLS]
    for one in shown:
        counts = (one.new, one.same, sum(one.quarantined.values()), one.differing, one.gaps)
        table.add_row(one.symbol, *(f"{count:,}" for count in counts), one.first or "", one.last or "")
    Console().print(table)


def as_text(report: Report) -> str:
    """The rows that were not stored, the missing sessions, and what to do next."""
    return "\n".join([*_asides(report), *_differing(report), *_gaps(report), *_sums(report)])


def _asides(report: Report) -> Iterator[str]:
    for symbol in report.symbols:
        for code, examples in sorted(symbol.examples.items()):
            for one in examples:
                yield f"{one.file}:{one.line} {one.code} {_shown(one)}"
            if (more := symbol.quarantined[code] - len(examples)) > 0:
                yield f"  … and {more:,} more of {symbol.symbol} {code}"
        if jumps := symbol.examples.get("jump"):
            yield from _about_jump(symbol.symbol, jumps[0])


def _about_jump(symbol: str, first: PutAside) -> Iterator[str]:
    day = first.row["when"]
    yield f"  a split: trivet bars splits add {symbol} {day} 2:1; a real move: --accept {symbol}@{day}"


def _shown(one: PutAside) -> str:
    text = one.text.partition("; look at it, and if it is true")[0]  # that is how a live quote is accepted
    return text if one.against is None or one.against in text else f"{text}, against {one.against}"


def _differing(report: Report) -> Iterator[str]:
    for symbol in report.symbols:
        for one in symbol.differences:
            word = "replaced" if one.corrected else "differs"
            named = f"{one.file}:{one.line} {word}: {symbol.symbol} {one.session}"
            yield f"{named} had {one.stored}, came {one.came}"
        if (more := symbol.differing - len(symbol.differences)) > 0:
            yield f"  … and {more:,} more of {symbol.symbol}"
    if any(not one.corrected for symbol in report.symbols for one in symbol.differences):
        yield "  what is stored stays; to replace it (the old rows are kept aside): --correct"


def _gaps(report: Report) -> Iterator[str]:
    for symbol in report.symbols:
        if symbol.gaps:
            more = " …" if symbol.gaps > len(symbol.first_gaps) else ""
            yield f"{symbol.symbol} lacks {symbol.gaps:,} sessions: {', '.join(symbol.first_gaps)}{more}"


def _sums(report: Report) -> Iterator[str]:
    new = sum(one.new for one in report.symbols)
    same = sum(one.same for one in report.symbols)
    aside = sum(sum(one.quarantined.values()) for one in report.symbols)
    verb = "would be new" if report.dry_run else "new"
    bars = f"{new:,} bars {verb}, {same:,} there already"
    yield f"{len(report.symbols)} symbols: {bars}, {aside:,} rows put aside"
    if report.notes:
        yield f"{report.notes} splits and accepted jumps were taken over"
    if report.kept:
        yield f"what was put aside is kept in {report.kept}"


def _has_trouble(one: OfSymbol) -> bool:
    return bool(one.quarantined or one.differing or one.gaps)
