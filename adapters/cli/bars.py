"""Commands about bars: import, export, list, gaps, splits."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli import bars_importing, bars_splits
from adapters.cli.packs import Json
from adapters.cli.speech import plain_failures, say, say_json, settings
from adapters.wiring.refusal import Refused

if TYPE_CHECKING:
    from adapters.storage.bars import BarStore

bars = typer.Typer(help="Bars as traded, in Parquet files by symbol and month.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option(help="The folder of bars; TRIVET_BARS, else `bars` in the data folder.")
]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    bars_importing.add_to(bars)
    bars_splits.add_to(bars)
    app.add_typer(bars, name="bars")


@bars.command()
def export(
    folder: Folder = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Write the sample bars as traded, one Parquet file for each symbol and month, with their splits.

    Bars that are there already stay as they are, and what is missing is added.

    Example: trivet bars export --folder var/bars
    """
    with plain_failures():
        root = folder_of(folder)
        written = _export(root, symbol or [])
    if as_json:
        say_json({"folder": str(root), "bars": written})
        return
    for name, count in written.items():
        say(f"{name}: {count} bars written")


@bars.command(name="list")
def show(folder: Folder = None, as_json: Json = False) -> None:
    """List the symbols that have bars: from when to when, how many, missing sessions, splits.

    Example: trivet bars list
    """
    with plain_failures(), _readable():
        store = _stored(folder)
        rows = [_row(store, symbol) for symbol in store.symbols()]
    if as_json:
        say_json({"folder": str(store.root), "symbols": rows})
        return
    _print_list(rows, store)


@bars.command()
def gaps(
    symbol: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """List the sessions without a bar, between a symbol's first and last one, by the exchange's calendar.

    Exit code 1 where there is any, 0 otherwise.

    Example: trivet bars gaps AAPL
    """
    with plain_failures(), _readable():
        from adapters.market.calendar import TradingCalendar  # noqa: PLC0415
        from adapters.market.gaps import stored_gaps  # noqa: PLC0415

        store = _stored(folder)
        found = list(stored_gaps(store, TradingCalendar(), [symbol_of(store, symbol)] if symbol else ()))
    rows = [
        {"symbol": gap.symbol, "session": gap.session.day.isoformat(), "half_day": gap.is_half_day}
        for gap in found
    ]
    if as_json:
        say_json({"folder": str(store.root), "gaps": rows})
    else:
        _print_gaps(rows)
    raise typer.Exit(1 if rows else 0)


def folder_of(folder: Path | None) -> Path:
    """The folder that was named, or that of the settings."""
    chosen = settings()
    return folder or chosen.bars or chosen.home / "bars"


def symbol_of(store: "BarStore", symbol: str) -> str:
    """``symbol`` in the house's form.

    Raises:
        Refused: it is none, or the store has no bars of it.
    """
    from adapters.market.symbols import NoSymbol, house_symbol  # noqa: PLC0415

    try:
        found = house_symbol(symbol)
    except NoSymbol as error:
        raise Refused(str(error)) from error
    if found not in store.symbols():
        raise Refused(f"{store.root} has no bars of {found}; see: trivet bars list --folder {store.root}")
    return found


@contextmanager
def _readable() -> Iterator[None]:
    """Turns files of bars that cannot be read into a refusal."""
    from adapters.storage.bar_files import BarsRefused  # noqa: PLC0415

    try:
        yield
    except BarsRefused as error:
        raise Refused(str(error)) from error


def _stored(folder: Path | None) -> "BarStore":
    from adapters.storage.bars import BarStore  # noqa: PLC0415

    store = BarStore(folder_of(folder))
    if not store.symbols():
        raise Refused(
            f"{store.root} holds no bars; bring some there: trivet bars import FILE, or trivet bars export"
        )
    return store


def _row(store: "BarStore", symbol: str) -> dict[str, object]:
    from adapters.market.calendar import TradingCalendar  # noqa: PLC0415
    from adapters.market.gaps import days_of, gaps  # noqa: PLC0415

    days = days_of(store.between(symbol))
    return {
        "symbol": symbol,
        "first": min(days).isoformat(),
        "last": max(days).isoformat(),
        "bars": len(days),
        "gaps": sum(1 for _ in gaps(symbol, days, TradingCalendar())),
        "splits": [f"{split.ex_day} {split.ratio_text}" for split in store.splits(symbol)],
    }


def _print_list(rows: list[dict[str, object]], store: "BarStore") -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("symbol", "first", "last", "bars", "gaps", "splits", title=str(store.root))
    for row in rows:
        splits = row["splits"]
        shown = ", ".join(splits) if isinstance(splits, list) else ""
        table.add_row(*(str(row[name]) for name in ("symbol", "first", "last", "bars", "gaps")), shown)
    Console().print(table)


def _print_gaps(rows: list[dict[str, object]]) -> None:
    for row in rows:
        say(f"{row['symbol']} {row['session']}{' (half day)' if row['half_day'] else ''}")
    say(f"{len(rows)} sessions without a bar" if rows else "no session without a bar")


def _export(root: Path, only: list[str]) -> dict[str, int]:
    from adapters.market.calendar import TradingCalendar  # noqa: PLC0415
    from adapters.market.sample_export import export_sample  # noqa: PLC0415
    from adapters.storage.bar_files import BarsRefused  # noqa: PLC0415
    from adapters.storage.bars import BarsClash, BarStore  # noqa: PLC0415

    try:
        return export_sample(BarStore(root), TradingCalendar(), only)
    except KeyError as error:
        raise Refused(f"the sample has no {error.args[0]}; it has AAPL, FB, GOOG, IBM, MSFT") from error
    except BarsClash as clash:
        other = f"{root} holds other bars than the sample: {clash.clashes[0]}"
        raise Refused(f"{other}; export into a new folder") from clash
    except BarsRefused as error:
        raise Refused(str(error)) from error
