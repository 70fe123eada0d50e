"""Commands that stop and let go: stop trip, status and rearm, which need nothing but the store, and drill."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from adapters.cli.drill import drill
from adapters.cli.packs import Json
from adapters.cli.speech import USAGE, account_name, plain_failures, say, say_json, settings
from adapters.wiring.refusal import Refused
from policy.contracts import utc_text
from policy.stops.scope import Scope, ScopeUnclear, StopState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from adapters.settings import Settings
    from policy.ports import Clock
    from policy.stops.contracts import StopTold
    from policy.stops.standing import Stop
    from policy.stops.tripping import Stops

    Shown = tuple[Sequence[Stop], Sequence[StopTold]]

T = TypeVar("T")
TRIPPED = 3
"""Exit code of ``stop status`` while anything is stopped."""
_SHOWN = 20


class Hard(StrEnum):
    """How hard to stop."""

    reducing = "reducing"
    halted = "halted"


ScopeText = Annotated[str, typer.Argument(metavar="SCOPE", help="everything, symbol:AAPL or strategy:trend")]
By = Annotated[str | None, typer.Option("--by", help="Who you are; the name of the account without.")]


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    group = typer.Typer(name="stop", no_args_is_help=True, help="Stop trading, see what is stopped, let go.")
    group.command()(trip)
    group.command()(status)
    group.command()(rearm)
    group.command()(drill)
    app.add_typer(group)


def trip(
    scope: ScopeText = "everything",
    state: Annotated[Hard, typer.Option(help="halted, or reducing: what takes risk away still trades.")] = (
        Hard.halted
    ),
    exits: Annotated[
        bool, typer.Option("--exits/--no-exits", help="Whether orders that only reduce still pass.")
    ] = True,
    note: Annotated[str, typer.Option(help="Why; kept on record.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Stop at once; without a scope everything, without a state a halt that lets exits pass.

    It is written into the store and counts from then on in every process that uses it, running or not.
    It stays until somebody re-arms it. A further trip never loosens what stands.

    Example: trivet stop trip --note "quotes look wrong"
    """
    from policy.stops.tripping import PERSON  # noqa: PLC0415

    def halt(stops: "Stops") -> "Stop":
        made = stops.trip(covered, StopState(state.upper()), cause=PERSON, by=who, note=note, exits=exits)
        known.append(_has_orders(stops.store, covered))
        return made

    covered, who, known = _scope(scope), by or account_name(), list[bool]()
    with _everywhere(halt) as made:
        _say(made, as_json)
        if not any(known):
            slip = "if that is a slip, re-arm it and stop the right one, or everything: trivet stop trip"
            typer.echo(f"no order of {covered} is on record; {slip}", err=True)


def status(as_json: Json = False) -> None:
    """Show what is stopped and the latest trips and re-armings.

    Exit code 0 while nothing is stopped and 3 while anything is; what cannot be read counts as stopped.

    Example: trivet stop status
    """

    def look(stops: "Stops") -> "Shown":
        return stops.shown()

    with _everywhere(look) as found:
        standing = [stop for stops, _ in found for stop in stops]
        history = sorted((told for _, past in found for told in past), key=lambda one: one.at, reverse=True)
        _say_all(standing, history, as_json)
    if any(one.state is not StopState.ACTIVE for one in standing):
        raise typer.Exit(TRIPPED)


def rearm(
    scope: ScopeText,
    note: Annotated[str, typer.Option(help="Why it is safe to go on; kept on record.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Let a stopped scope take new risk again; its orders that were cancelled do not come back.

    Example: trivet stop rearm everything --note "the feed is back, positions agree"
    """
    from policy.stops.tripping import NeverTripped  # noqa: PLC0415

    def let_go(stops: "Stops") -> "Stop | NeverTripped":
        try:
            return stops.rearm(covered, by=who, note=note)
        except NeverTripped as never:
            return never

    covered, who = _scope(scope), by or account_name()
    with _everywhere(let_go) as found:
        made = [one for one in found if not isinstance(one, NeverTripped)]
        if not made:
            typer.echo(str(found[0]), err=True)
            raise typer.Exit(USAGE)
        _say(made, as_json)


@contextmanager
def _everywhere(act: "Callable[[Stops], T]") -> Iterator[list[T]]:
    """What ``act`` gives in each store that may be trading: a person who stops means all of it.

    A store that fails is told of and keeps none of the others from it; the command then ends with exit 2.
    """
    from adapters.wiring.store import live_stores  # noqa: PLC0415

    found, failed = [], False
    for chosen in live_stores(settings()):
        try:
            found.append(_in(chosen, act))
        except typer.Exit:
            failed = True
    if not found:
        raise typer.Exit(USAGE)
    yield found
    if failed:
        raise typer.Exit(USAGE)


def _in(chosen: "Settings", act: "Callable[[Stops], T]") -> T:
    """``act`` done in one store; a failure is told in plain words and ends the command."""
    from adapters.wiring.store import store_of  # noqa: PLC0415
    from policy.stops.tripping import StopRefused, Stops  # noqa: PLC0415

    with plain_failures(USAGE), store_of(chosen) as store:
        try:
            return act(Stops(store, _time_of(store)))
        except StopRefused as refused:
            raise Refused(str(refused)) from refused


def _has_orders(store: "Engine", scope: Scope) -> bool:
    """Whether anything was ever ordered in ``scope``; a store that cannot say so raises no doubt."""
    from sqlalchemy import select  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from adapters.execution.tables import orders  # noqa: PLC0415
    from policy.store import reading  # noqa: PLC0415

    if scope.name is None:
        return True
    of_scope = select(orders.c.seq).where(orders.c[scope.kind] == scope.name).limit(1)
    try:
        with reading(store) as connection:
            return connection.scalar(of_scope) is not None
    except SQLAlchemyError:
        return True


def _time_of(store: "Engine") -> "Clock":
    """The time that the house goes by; the real one where nobody can tell: a stop does not wait for that."""
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.wiring.store import clock_of  # noqa: PLC0415

    try:
        return clock_of(store)
    except Exception:  # whatever is wrong with its checkpoint
        return SystemClock()


def _scope(text: str) -> Scope:
    with plain_failures(USAGE):
        try:
            return Scope.parse(text)
        except ScopeUnclear as unclear:
            raise Refused(str(unclear)) from unclear


def _say(stops: "Sequence[Stop]", as_json: bool) -> None:
    if as_json:
        say_json({"items": [_json(stop) for stop in stops]})
        return
    for stop in stops:
        say(_line(stop))


def _say_all(standing: "Sequence[Stop]", history: "Sequence[StopTold]", as_json: bool) -> None:
    if as_json:
        say_json({"items": list(map(_json, standing)), "history": list(map(_json, history))})
        return
    for stop in standing:
        say(_line(stop))
    if not standing:
        say("nothing is stopped, and nothing ever was")
    if history:
        say("\nlatest first:")
    for told in history[:_SHOWN]:
        why = f": {told.note}" if told.note else ""
        word = f"stopped ({told.state}, {told.cause})" if told.act == "tripped" else "re-armed"
        say(f"  {utc_text(told.at)}  {told.scope} {word} by {told.by}{why}")


def _line(stop: "Stop") -> str:
    """One scope: how it stands, why, by whom and since when, which nobody knows of what cannot be read."""
    from policy.stops.standing import UNREADABLE  # noqa: PLC0415

    held = "" if stop.exits else ", exits held too"
    why = f": {stop.note}" if stop.note else ""
    whose = stop.cause if stop.cause == UNREADABLE else f"{stop.cause}, {stop.by}, {utc_text(stop.at)}"
    return f"{stop.state.value:9}{stop.scope}{held}  ({whose}){why}"


def _json(told: "Stop | StopTold") -> dict[str, object]:
    view = told if hasattr(told, "model_dump") else told.view()
    return view.model_dump(mode="json")
