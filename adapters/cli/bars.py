"""Commands about bars: export."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import plain_failures, say, say_json, settings
from adapters.wiring.refusal import Refused

bars = typer.Typer(help="Bars in Parquet files, by symbol and month.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.add_typer(bars, name="bars")


@bars.callback()
def every_command() -> None:
    """Keeps `export` a command of its own while it is the only one."""


@bars.command()
def export(
    folder: Annotated[
        Path | None, typer.Option(help="Where to; `bars` in the data folder without it.")
    ] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Write the sample bars as traded, one Parquet file for each symbol and month, with their splits.

    Bars that are there already stay as they are, and what is missing is added.

    Example: trivet bars export --folder var/bars
    """
    root = folder or settings().home / "bars"
    with plain_failures():
        written = _export(root, symbol or [])
    if as_json:
        say_json({"folder": str(root), "bars": written})
        return
    for name, count in written.items():
        say(f"{name}: {count} bars written")


def _export(root: Path, only: list[str]) -> dict[str, int]:
    from adapters.market.calendar import TradingCalendar  # noqa: PLC0415
    from adapters.market.sample_export import export_sample  # noqa: PLC0415
    from adapters.storage.bar_files import BarsRefused  # noqa: PLC0415
    from adapters.storage.bars import BarStore  # noqa: PLC0415

    try:
        return export_sample(BarStore(root), TradingCalendar(), only)
    except KeyError as error:
        raise Refused(f"the sample has no {error.args[0]}") from error
    except BarsRefused as error:
        raise Refused(str(error)) from error
