"""Commands on the real clock: run --live, market check."""

from typing import TYPE_CHECKING

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import FAILED, USAGE, plain_failures, say, say_json, settings
from adapters.settings import Settings
from adapters.wiring.refusal import Refused

if TYPE_CHECKING:
    from adapters.wiring.live.look import MarketLook


def refuse_what_is_live(symbols: str | None) -> None:
    """Raise ``typer.BadParameter`` for what a played house cannot be given."""
    if symbols is not None:
        raise typer.BadParameter("--symbols is for a live house; a played one has all that are recorded")


def refuse_what_is_played(*given: object) -> None:
    """Raise ``typer.BadParameter`` for what a live house cannot be given."""
    if any(given):
        raise typer.BadParameter(
            "a live house goes by the real clock: leave out --speed, --paused, --at, --from and --to"
        )


def run_live(
    chosen: Settings, symbols: str | None, host: str, port: int, ui_port: int | None, *, fresh: bool
) -> None:
    """A house on the live market until Ctrl-C; refused in words where what it needs is not there."""
    chosen = chosen.model_copy(
        update={"market": "alpaca", "symbols": chosen.symbols if symbols is None else symbols}
    )
    with plain_failures(USAGE):
        from adapters.clock import SystemClock  # noqa: PLC0415
        from adapters.observability.process import observed  # noqa: PLC0415
        from adapters.wiring.journey import set_aside  # noqa: PLC0415
        from adapters.wiring.live.house import live_house  # noqa: PLC0415
        from adapters.wiring.live.running import serve_live  # noqa: PLC0415
        from adapters.wiring.serving import Where  # noqa: PLC0415

        chosen.refuse_unsafe(host)
        chosen.refuse_mixed()
        if chosen.clock == "player":
            raise Refused("trivet run --live goes by the real clock; unset TRIVET_CLOCK")
        if fresh and (kept := set_aside(chosen)):
            say(f"the old store is kept in {kept}")
        say("asking the market for the days before today ...")
        with observed(chosen, "house"), live_house(chosen, SystemClock()) as live:
            serve_live(live, chosen, Where(host, port, ui_port), say)
    say("stopped; start again to go on from here")


def check(as_json: Json = False) -> None:
    """Ask the live market once: its latest quotes with their age, its stream, and what history is missing.

    Nothing is kept and nothing ordered. Exit code 0 when it could be lived on, 1 when something is missing,
    2 when it cannot be asked.

    Example: TRIVET_ALPACA_KEY_ID=… TRIVET_ALPACA_SECRET=… trivet market check
    """
    with plain_failures(USAGE):
        from adapters.clock import SystemClock  # noqa: PLC0415
        from adapters.market.source import SourceAway  # noqa: PLC0415
        from adapters.wiring.live.look import look_at_market  # noqa: PLC0415

        chosen = settings().model_copy(update={"market": "alpaca"})
        try:
            found = look_at_market(chosen, SystemClock())
        except SourceAway as away:
            raise Refused(f"the market at {chosen.alpaca_data_url} cannot be asked: {away}") from away
    say_json(found.to_json()) if as_json else _show(found)
    if found.missing:
        raise typer.Exit(FAILED)


def _show(found: "MarketLook") -> None:
    say(f"feed {found.feed}, its stream: {found.stream}")
    say(f"by the calendar the exchange {'trades' if found.is_open else 'is closed'}")
    for one in found.quotes:
        say(f"{one.symbol}: {one.words}, {one.sessions_missing} sessions have no bar here")
    for words in found.missing:
        say(f"missing: {words}")
