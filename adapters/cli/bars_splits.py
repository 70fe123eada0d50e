"""Commands about the splits of stored bars: add, list."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import plain_failures, say, say_json, settings
from adapters.wiring.refusal import Refused

if TYPE_CHECKING:
    from adapters.storage.splits import Split

splits = typer.Typer(help="Splits on record: history is adjusted for them whenever it is read.")
Folder = Annotated[
    Path | None, typer.Option(help="The folder of bars; TRIVET_BARS, else `bars` in the data folder.")
]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.add_typer(splits, name="splits", no_args_is_help=True)


@splits.command()
def add(
    symbol: Annotated[str, typer.Argument(help="Such as AAPL or BRK.B.")],
    ex_day: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%d"], help="First session that trades in new shares.")
    ],
    ratio: Annotated[str, typer.Argument(help="New shares to old ones: 2:1, or 1:10 where ten become one.")],
    source: Annotated[str, typer.Option(help="Who says so, for the record.")] = "operator",
    correct: Annotated[
        bool, typer.Option("--correct", help="In place of another ratio; 1:1 withdraws it.")
    ] = False,
    folder: Folder = None,
) -> None:
    """Put a split on record. No stored bar is rewritten: history is adjusted for it whenever it is read.

    Example: trivet bars splits add AAPL 2005-02-28 2:1
    """
    with plain_failures():
        told = _split(symbol, ex_day.date(), ratio, source)
        is_new = _added(folder, told, correct)
    words = "is on record" if is_new else "was on record already"
    say(f"{told.symbol} {told.ratio_text} on {told.ex_day} {words}")


@splits.command(name="list")
def show(
    symbol: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """List the splits on record, by symbol and day.

    Example: trivet bars splits list AAPL
    """
    with plain_failures():
        rows = _rows(_root(folder), symbol)
    if as_json:
        say_json({"splits": rows})
        return
    for row in rows:
        say(f"{row['symbol']} {row['ex_day']} {row['ratio']}  ({row['source']}, learnt {row['learnt_at']})")
    if not rows:
        say("no split is on record")


def _root(folder: Path | None) -> Path:
    chosen = settings()
    return folder or chosen.bars or chosen.home / "bars"


def _split(symbol: str, ex_day: date, ratio: str, source: str) -> "Split":
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.market.symbols import NoSymbol, house_symbol  # noqa: PLC0415
    from adapters.storage.splits import Split  # noqa: PLC0415

    new, colon, old = ratio.partition(":")
    if not (colon and new.isdecimal() and old.isdecimal()):
        raise Refused(f'"{ratio}" is no ratio; write new shares to old ones, as 2:1')
    try:
        return Split(house_symbol(symbol), ex_day, int(new), int(old), source, SystemClock().now())
    except (NoSymbol, ValueError) as error:
        raise Refused(str(error)) from error


def _added(folder: Path | None, split: "Split", correct: bool) -> bool:
    from adapters.market.calendar import TradingCalendar  # noqa: PLC0415
    from adapters.storage.bar_files import BarsRefused  # noqa: PLC0415
    from adapters.storage.bars import BarStore  # noqa: PLC0415

    if not list(TradingCalendar().between(split.ex_day, split.ex_day)):
        raise Refused(f"the exchange does not trade on {split.ex_day}; give the first session in new shares")
    try:
        return BarStore(_root(folder)).add_split(split, correct=correct)
    except BarsRefused as error:
        raise Refused(str(error)) from error


def _rows(root: Path, symbol: str | None) -> list[dict[str, str]]:
    from adapters.market.symbols import NoSymbol, house_symbol  # noqa: PLC0415
    from adapters.storage.bar_files import BarsRefused  # noqa: PLC0415
    from adapters.storage.bars import BarStore  # noqa: PLC0415
    from policy.contracts import utc_text  # noqa: PLC0415

    store = BarStore(root)
    try:
        found = [house_symbol(symbol)] if symbol else store.noted()
        told = [split for one in found for split in store.splits(one)]
    except (NoSymbol, BarsRefused) as error:
        raise Refused(str(error)) from error
    return [
        {
            "symbol": split.symbol,
            "ex_day": split.ex_day.isoformat(),
            "ratio": split.ratio_text,
            "source": split.source,
            "learnt_at": utc_text(split.learnt_at),
        }
        for split in told
    ]
