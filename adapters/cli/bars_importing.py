"""The command that brings bars from files into the store: bars import."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import FAILED, USAGE, plain_failures, say, say_json, settings
from adapters.settings import Settings
from adapters.wiring.refusal import Refused

if TYPE_CHECKING:
    from adapters.market.importing.report import Report
    from adapters.market.importing.rows import Manner
    from adapters.market.importing.story import Told
    from adapters.market.importing.symbol import Terms


def add_to(app: typer.Typer) -> None:
    """Give ``app`` this command."""
    app.command(name="import")(import_bars)


def import_bars(
    paths: Annotated[list[Path], typer.Argument(help="CSV (.gz too) or Parquet files, or folders of them.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where to; TRIVET_BARS, else `bars` in the data folder.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help='Which column is which: "date=Trade Date,open=First".')
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="The symbol of files that name none.")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Zone of times that name none, such as America/New_York.")
    ] = None,
    date_format: Annotated[
        str | None, typer.Option(help="How times are written, such as %d/%m/%Y; ISO 8601 without it.")
    ] = None,
    minutes: Annotated[
        bool, typer.Option("--minutes", help="Rows are minutes; each session's bar is built from its own.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="SYMBOL@DAY", help="A jump that was looked at and is true; may be repeated."),
    ] = None,
    note: Annotated[str, typer.Option(help="Why those are true, for the record.")] = "accepted at import",
    jump: Annotated[
        str, typer.Option(help="Prices further than this fraction from the last close are jumps.")
    ] = "0.25",
    correct: Annotated[
        bool, typer.Option("--correct", help="Replace stored bars that differ; the old ones are kept aside.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, and store nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Bring daily bars as traded into the store; every row is inspected, and nothing is guessed.

    Prices must be those of the day, not adjusted for later splits. The same rows again change nothing.
    Exit code 0 when every row is stored now, 1 when some were put aside or differ, 2 on any failure.

    Example: trivet bars import daily.csv --columns "date=Trade Date"
    """
    chosen = settings()
    with plain_failures(USAGE):
        root = folder or chosen.bars or chosen.home / "bars"
        manner = _manner(columns, symbol, zone, date_format, minutes)
        terms = _terms(root, accept or [], note, jump, correct=correct, dry_run=dry_run)
        report = _imported(chosen, paths, manner, terms)
    if as_json:
        say_json(report.to_json())
    else:
        _print(report)
    raise typer.Exit(0 if report.is_clean else FAILED)


def _manner(
    columns: str | None, symbol: str | None, zone: str | None, pattern: str | None, minutes: bool
) -> "Manner":
    from adapters.market.importing.columns import FileUnfit, read_said  # noqa: PLC0415
    from adapters.market.importing.rows import Manner  # noqa: PLC0415
    from adapters.market.importing.times import Times, pattern_of, zone_of  # noqa: PLC0415
    from adapters.market.symbols import NoSymbol, house_symbol  # noqa: PLC0415

    try:
        named = None if symbol is None else house_symbol(symbol)
        return Manner(read_said(columns), named, Times(zone_of(zone), pattern_of(pattern)), minutes)
    except (FileUnfit, NoSymbol) as error:
        raise Refused(str(error)) from error


def _terms(root: Path, accept: list[str], note: str, jump: str, *, correct: bool, dry_run: bool) -> "Terms":
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.market.calendar import TradingCalendar  # noqa: PLC0415
    from adapters.market.importing.symbol import Terms  # noqa: PLC0415
    from adapters.storage.bars import BarStore  # noqa: PLC0415

    return Terms(
        store=BarStore(root),
        calendar=TradingCalendar(),
        now=SystemClock().now(),
        dry_run=dry_run,
        correct=correct,
        accepted=frozenset(map(_accepted, accept)),
        note=note,
        jump=_fraction(jump),
    )


def _imported(chosen: Settings, paths: list[Path], manner: "Manner", terms: "Terms") -> "Report":
    from adapters.market.importing.columns import FileUnfit  # noqa: PLC0415
    from adapters.market.importing.rows import files_of  # noqa: PLC0415
    from adapters.market.importing.story import import_bars as run  # noqa: PLC0415
    from adapters.storage.bar_files import BarsRefused  # noqa: PLC0415

    chosen.home.mkdir(parents=True, exist_ok=True)
    try:
        with _progress() as told:
            return run(files_of(paths), manner, terms, chosen.home, told)
    except (FileUnfit, BarsRefused, PermissionError) as error:
        raise Refused(str(error)) from error


def _accepted(text: str) -> tuple[str, date]:
    from adapters.market.symbols import NoSymbol, house_symbol  # noqa: PLC0415

    symbol, _, day = text.partition("@")
    try:
        return house_symbol(symbol), date.fromisoformat(day)
    except (NoSymbol, ValueError) as error:
        raise Refused(f'--accept "{text}" is no symbol and day; write it as AAPL@2000-09-29') from error


def _fraction(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(0)
    if not 0 < found < 1:
        raise Refused(f'--jump "{text}" is no fraction; write one above 0 and below 1, as 0.25')
    return found


@contextmanager
def _progress() -> Iterator["Told"]:
    """A line on standard error that tells how far it is, where somebody watches."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    parts = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} rows")
    with Progress(
        *parts, TimeElapsedColumn(), console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, whole: bar.update(task, description=what, completed=done, total=whole)


def _print(report: "Report") -> None:
    from adapters.cli.bars_words import as_table, as_text  # noqa: PLC0415

    as_table(report)
    say(as_text(report))
