"""Commands about brokers outside: broker check."""

from typing import TYPE_CHECKING

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import FAILED, USAGE, plain_failures, say, say_json, settings_of_store
from adapters.ports import BrokerSilent
from adapters.wiring.refusal import Refused
from policy.contracts import utc_text

if TYPE_CHECKING:
    from adapters.wiring.sandbox import Checked


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    group = typer.Typer(name="broker", no_args_is_help=True, help="The sandbox broker's account: check.")
    group.command()(check)
    app.add_typer(group)


def check(as_json: Json = False) -> None:
    """Look at the sandbox account: whether it takes orders, cash, open orders, clock, and what is missing.

    Nothing is ordered. Exit code 0 when it takes orders, 1 when it takes none, 2 when it cannot be seen.

    Example: TRIVET_ALPACA_KEY_ID=… TRIVET_ALPACA_SECRET=… trivet broker check
    """
    with plain_failures(USAGE):
        from adapters.clock import SystemClock  # noqa: PLC0415
        from adapters.wiring.sandbox import check_sandbox  # noqa: PLC0415

        chosen = settings_of_store()
        try:
            found = check_sandbox(chosen, SystemClock().now())
        except BrokerSilent as silent:
            raise Refused(f"the account at {chosen.alpaca_url} cannot be seen: {silent}") from silent
    say_json(found.to_json()) if as_json else _show(found)
    if found.look.blocked is not None:
        raise typer.Exit(FAILED)


def _show(found: "Checked") -> None:
    look = found.look
    say(f"account {look.account}: {look.blocked or 'takes orders'}")
    say(f"cash {look.cash}, buying power {look.buying_power} dollars")
    for symbol, shares in sorted(look.positions.items()):
        say(f"holds {shares} {symbol}")
    for order in look.open_orders:
        say(f"open order: {order}")
    market = f"open until {utc_text(look.next_close)}" if look.market_open else "closed"
    opens = "" if look.market_open else f" until {utc_text(look.next_open)}"
    say(f"its clock says {utc_text(look.time)}; the market is {market}{opens}")
    for words in found.missing:
        say(f"missing: {words}")
