"""Commands about what comes in: market status, market quarantine, market accept; they need only the store."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.living import check
from adapters.cli.packs import Json
from adapters.cli.speech import (
    USAGE,
    account_name,
    plain_failures,
    printable,
    say,
    say_json,
    settings_of_store,
)
from adapters.wiring.refusal import Refused
from policy.contracts import utc_text

if TYPE_CHECKING:
    from adapters.market.feed import CaseView
    from adapters.wiring.feed_on_record import FeedOnRecord

SymbolText = Annotated[str, typer.Argument(metavar="SYMBOL", help="such as AAPL or BRK.B")]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    group = typer.Typer(name="market", no_args_is_help=True, help="What comes in, and what of it is let in.")
    group.command()(status)
    group.command()(quarantine)
    group.command()(accept)
    group.command()(check)
    app.add_typer(group)


def status(as_json: Json = False) -> None:
    """Show the calendar's overrides, each symbol's last quote on record with its age, and what is held.

    Example: trivet market status
    """
    with plain_failures(USAGE):
        from adapters.wiring.feed_on_record import feed_on_record  # noqa: PLC0415
        from adapters.wiring.store import store_of  # noqa: PLC0415

        chosen = settings_of_store()
        with store_of(chosen) as store:
            found = feed_on_record(store, chosen)
    say_json(found.model_dump(mode="json")) if as_json else _show(found)


def quarantine(
    symbol: Annotated[str | None, typer.Option(help="Of this symbol alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many rows, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Show the quotes and bars that were not let in: the fault, how often it came, and the last that came.

    Example: trivet market quarantine --symbol AAPL
    """
    with plain_failures(USAGE):
        from adapters.market.feed import case_view  # noqa: PLC0415
        from adapters.market.inspection.quarantine import Quarantine  # noqa: PLC0415
        from adapters.wiring.store import store_of  # noqa: PLC0415

        form = None if symbol is None else _form(symbol)
        with store_of(settings_of_store()) as store:
            cases = [case_view(case) for case in Quarantine(store).cases(form, limit)]
    if as_json:
        say_json({"items": [case.model_dump(mode="json") for case in cases], "next_cursor": None})
        return
    for case in cases:
        _show_case(case)
    if not cases:
        say("the quarantine is empty")


def accept(
    symbol: SymbolText,
    note: Annotated[str, typer.Option(help="Why the level is true; kept on record.")],
    level: Annotated[str | None, typer.Option(help="The level that you looked at, in dollars.")] = None,
    by: Annotated[str | None, typer.Option(help="Who you are; the name of the account without.")] = None,
    as_json: Json = False,
) -> None:
    """Say that the held level of a symbol is true: it is let in when it comes again, once.

    No quote is edited. A level that has moved on since you looked is refused, where you name the one you saw.

    Example: trivet market accept AAPL --level 25.75 --note "profit warning last night"
    """
    with plain_failures(USAGE):
        from adapters.market.feed import accepted_view  # noqa: PLC0415
        from adapters.market.inspection.accepting import Acceptances, AcceptRefused  # noqa: PLC0415
        from adapters.wiring.store import clock_of, store_of  # noqa: PLC0415

        seen = None if level is None else _dollars(level)
        with store_of(settings_of_store()) as store:
            try:
                made = Acceptances(store, clock_of(store)).accept(
                    symbol, by=by or account_name(), note=note, seen=seen
                )
            except AcceptRefused as refused:
                raise Refused(str(refused)) from refused
        view = accepted_view(made)
    if as_json:
        say_json(view.model_dump(mode="json"))
        return
    say(f"{view.symbol} at {view.level} on {view.day} is accepted by {view.by}; held against {view.against}")


def _form(symbol: str) -> str:
    from adapters.market.symbols import NoSymbol, house_symbol  # noqa: PLC0415

    try:
        return house_symbol(symbol)
    except NoSymbol as none:
        raise Refused(str(none)) from none


def _dollars(text: str) -> Decimal:
    from adapters.market.inspection.outcome import Unfit  # noqa: PLC0415
    from adapters.market.inspection.reading import price_of, shown  # noqa: PLC0415

    try:
        return price_of("--level", text)
    except Unfit as unfit:
        raise Refused(f"--level {shown(text)} is no price; write dollars such as 25.75") from unfit


def _show(found: "FeedOnRecord") -> None:
    market = "trades" if found.market_open else "is closed"
    say(f"by the house's clock it is {utc_text(found.time)}; the exchange {market}")
    for day, reason in found.calendar.closed.items():
        say(f"closed by the operator: {day}, {reason}")
    for day, early in found.calendar.closes_early.items():
        say(f"closes early by the operator: {day} at {early.at} in New York, {early.reason}")
    for line in found.items:
        quote = line.quote
        told = f"{quote.bid} to {quote.ask}, {line.data_age_seconds:g} s old" if quote else "never quoted"
        say(f"{line.symbol:10}{told}{_quarantined(line.quarantined)}")
        if line.held:
            held = line.held
            say(f"  held at {held.level} since {utc_text(held.since)}, against {held.against}")
    for one in found.acceptances:
        who = printable(f"{one.by}: {one.note}")
        say(f"accepted at {utc_text(one.at)}: {one.symbol} at {one.level} on {one.day} by {who}")


def _quarantined(counts: Any) -> str:
    words = ", ".join(f"{times} {fault}" for fault, times in counts.items())
    return f"; put aside: {words}" if words else ""


def _show_case(case: "CaseView") -> None:
    times = "once" if case.times == 1 else f"{case.times} times"
    whose = f"{case.kind} of {case.source}"
    say(f"{utc_text(case.last_at)}  {case.symbol or '-':10}{case.fault}, {whose}, {times}")
    say(f"  {case.text}")
