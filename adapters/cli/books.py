"""Commands about orders and what they left in the books: reconcile."""

from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import USAGE, plain_failures, say, say_json, settings_of_store
from adapters.wiring.refusal import Refused
from policy.canonical import canonical

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adapters.execution.unexplained import Unexplained

SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(reconcile)


def reconcile(
    release: Annotated[
        str | None, typer.Option(metavar="SYMBOL", help="Let a frozen symbol take new risk again.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="Why; kept on record.")] = None,
    by: Annotated[str, typer.Option(help="Who says so.")] = "local",
    as_json: Json = False,
) -> None:
    """Show what the books and the broker's did not agree on and nobody has explained yet.

    The comparison itself runs by itself, after each step of a player and every five seconds.

    Example: trivet reconcile --release AAPL --note "bought by hand at the broker, booked since"
    """
    with plain_failures(USAGE):
        from adapters.execution.unexplained import unexplained  # noqa: PLC0415
        from adapters.wiring.store import store_of  # noqa: PLC0415

        with store_of(settings_of_store()) as store:
            if release is not None:
                _release(store, release, by, note)
            found = unexplained(store, SHOWN)
    if as_json:
        say_json(found.to_json())
    else:
        _show(found)


def _release(store: "Engine", symbol: str, by: str, note: str | None) -> None:
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.execution.unexplained import NotFrozen, release  # noqa: PLC0415

    if not note:
        raise Refused("--release needs a --note that says why the position is explained")
    try:
        release(store, symbol, by, note, SystemClock().now())
    except NotFrozen as error:
        raise Refused(f"{symbol} is not frozen; trivet reconcile lists what is") from error


def _show(found: "Unexplained") -> None:
    for symbol, why in sorted(found.frozen.items()):
        say(f"frozen  {symbol}: {why}")
    for alert in found.alerts:
        about = f" {alert.symbol}" if alert.symbol else ""
        say(f"{alert.at:%Y-%m-%d %H:%M:%S}  {alert.what}{about}  {canonical(alert.detail)}")
    if not found.frozen and not found.alerts:
        say("the books agree: nothing is frozen and nothing was out of the ordinary")
