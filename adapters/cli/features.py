"""Commands about features: what they are, what they say of a symbol, whether their forms agree."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from adapters.cli.packs import Json
from adapters.cli.playing import moment
from adapters.cli.speech import FAILED, plain_failures, say, say_json, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.features.differences import Difference
    from policy.contracts import FeatureSnapshot

Folder = Annotated[
    Path | None,
    typer.Option("--bars", help="Bars kept in this folder, by the splits known then; the sample without it."),
]


class SymbolOrCommand(TyperGroup):
    """What is no command is the symbol that `show` is asked about."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of ``args``, and what is left of them."""
        known = not args or args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["show", *args])


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    group = typer.Typer(
        name="features",
        cls=SymbolOrCommand,
        no_args_is_help=True,
        help="Features of closed bars: trivet features AAPL --at 2012-06-20T15:00:00Z",
    )
    for command in (show, list_all, check):
        group.command(command.__name__.partition("_")[0])(command)
    app.add_typer(group)


def show(
    symbol: Annotated[str, typer.Argument(help="Of which the features are.")],
    at: Annotated[
        str | None,
        typer.Option(help="As of when, such as 2012-06-20T15:00:00Z; as its last bar closed without it."),
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show the features of a symbol from the bars that had closed by a time.

    The last quote and the book are the running house's to tell: GET /v1/features/SYMBOL.

    Example: trivet features AAPL --at 2012-06-20T15:00:00Z
    """
    from adapters.wiring.features import features_from_bars  # noqa: PLC0415

    asked = moment(at)
    with plain_failures():
        snapshot = features_from_bars(settings(), folder, symbol, asked)
    if as_json:
        say_json(snapshot.model_dump(mode="json"))
        return
    for line in _told(snapshot):
        say(line)


def list_all(as_json: Json = False) -> None:
    """List every feature with its version, unit, formula and source.

    Example: trivet features list
    """
    from dataclasses import asdict  # noqa: PLC0415

    from adapters.features.catalogue import FEATURES, SET_VERSION  # noqa: PLC0415

    if as_json:
        say_json({"version": SET_VERSION, "features": [asdict(one) for one in FEATURES]})
        return
    say(f"version {SET_VERSION} of the set, {len(FEATURES)} features")
    for one in FEATURES:
        say(f"  {one.name:<19}v{one.version}  {one.unit:<17}{one.in_words:<20}{one.formula}")


def check(folder: Folder = None, as_json: Json = False) -> None:
    """Compute every feature of every bar in three ways and show where they differ most; exit 1 if too far.

    Bar by bar as a live market does it, over all history at once, and as columns in Polars.

    Example: trivet features check --bars var/bars
    """
    from adapters.features.differences import differences, forms_of, too_far  # noqa: PLC0415
    from adapters.market.overrides_file import read_calendar  # noqa: PLC0415
    from adapters.wiring.features import bars_kept  # noqa: PLC0415

    with plain_failures():
        calendar = read_calendar(settings().calendar_overrides)
        found = differences(forms_of(bars_kept(folder, calendar), calendar))
    if as_json:
        say_json({form: {name: _plain(one) for name, one in told.items()} for form, told in found.items()})
    else:
        for line in _compared(found):
            say(line)
    if far := too_far(found):
        typer.echo(f"the forms do not agree on {', '.join(far)}; do not rely on these features", err=True)
        raise typer.Exit(FAILED)


def _told(snapshot: "FeatureSnapshot") -> "Iterator[str]":
    from adapters.features.catalogue import OF_BARS  # noqa: PLC0415

    yield f"{snapshot.symbol} at {snapshot.at:%Y-%m-%d %H:%M:%S} UTC, {snapshot.bars} bars closed"
    if snapshot.bars and not snapshot.values:
        yield "  the bar of the last session by then is missing, so nothing is told from older ones"
    for one in OF_BARS:
        if one.name in snapshot.values:
            yield f"  {one.name:<19}{snapshot.values[one.name]:<16.10g}{one.unit}"
        elif one.name in snapshot.cold:
            yield f"  {one.name:<19}not warm: needs {snapshot.cold[one.name]} more closed bars in a row"
        else:
            yield f"  {one.name:<19}undefined on these bars"


def _compared(found: "Mapping[str, Mapping[str, Difference]]") -> "Iterator[str]":
    for form, told in found.items():
        yield f"{form}, against all history at once:"
        for name, one in told.items():
            yield f"  {name:<19}{one.compared:>8} bars  {one.ulps:>4.0f} ulp  {one.relative:.1e}"


def _plain(one: "Difference") -> dict[str, Any]:
    return {"ulps": one.ulps, "relative": one.relative, "compared": one.compared, "alone": one.alone}
