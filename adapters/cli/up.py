"""Commands for the services apart: up, down, migrate, screens."""

import os
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.packs import Json
from adapters.cli.playing import From, Keeping, Speed, To, plan_of
from adapters.cli.speech import FAILED, USAGE, plain_failures, say, say_json, settings
from adapters.wiring.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.settings import Settings
    from adapters.together.plan import Wishes

_DOWN_SECONDS = 60.0


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(up)
    app.command()(down)
    app.command()(migrate)
    app.command()(screens)


def up(
    policy_workers: Annotated[
        int, typer.Option(min=1, max=9, help="Policy processes in one queue group.")
    ] = 2,
    speed: Speed = None,
    paused: Annotated[bool, typer.Option("--paused", help="Wait for resume or step.")] = False,
    at: Annotated[str | None, typer.Option(help="Start at this time, such as 2012-06-04T14:30:00Z.")] = None,
    first: From = None,
    last: To = None,
    keep: Keeping = "step",
    no_ui: Annotated[bool, typer.Option("--no-ui", help="Without the screens.")] = False,
    port_base: Annotated[int, typer.Option(min=1024, max=60000, help="Ports are counted from here.")] = 8000,
    status: Annotated[bool, typer.Option("--status", help="Say how the running ones are, and end.")] = False,
    as_json: Json = False,
) -> None:
    """Start every service as a process of its own, on real servers, and keep them alive until Ctrl-C.

    Postgres, Valkey and NATS are those that the settings name, or our own below the data folder. Ctrl-C stops
    cleanly; a second one at once.

    Example: trivet up --paused --at 2012-06-04T14:30:00Z
    """
    from adapters.together.plan import Wishes  # noqa: PLC0415

    chosen = settings()
    if status:
        _say_status(chosen, as_json)
        return
    player = _words_of_player(speed, paused, at, first, last, keep)
    wishes = Wishes(port_base, policy_workers, not no_ui, player)
    with plain_failures(USAGE), _plain_crew_failures():
        chosen.refuse_unsafe("127.0.0.1")
        _up(chosen, wishes, as_json)


def down() -> None:
    """Stop what ``trivet up`` started from this data folder, and wait until it has ended.

    Example: trivet down
    """
    from adapters.together.lease import end, read_status  # noqa: PLC0415

    home = settings().home
    if read_status(home) is None:
        say(f"nothing is up in {home}")
        return
    if not end(home, _DOWN_SECONDS):
        typer.echo(
            f"trivet up in {home} is still stopping after {_DOWN_SECONDS:g} s; look at its logs", err=True
        )
        raise typer.Exit(FAILED)
    say("stopped")


def migrate(
    screens_key: Annotated[
        bool, typer.Option("--screens-key", help="Where every call needs a key, make one for the screens.")
    ] = False,
) -> None:
    """Bring the tables of the store to the form that this version needs, and end.

    Example: TRIVET_DATABASE_URL=postgresql://user:password@127.0.0.1/trivet trivet migrate
    """
    from secrets import token_bytes  # noqa: PLC0415

    from adapters.access.screens_key import ensure_screens_key  # noqa: PLC0415
    from adapters.clock import SystemClock  # noqa: PLC0415
    from adapters.wiring.store import store_of  # noqa: PLC0415

    chosen = settings()
    with plain_failures(), store_of(chosen) as store:
        if screens_key and chosen.auth == "required":
            ensure_screens_key(chosen.home, store, SystemClock(), token_bytes)
    say("the store is up to date")


def screens(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
) -> None:
    """Serve the screens alone; TRIVET_API_URL and TRIVET_API_URLS say where the APIs are.

    Example: TRIVET_API_URL=http://127.0.0.1:8000 trivet screens
    """
    from ui.client import DEFAULT_ADDRESS  # noqa: PLC0415
    from ui.launch import command  # noqa: PLC0415

    chosen = settings()
    with plain_failures(USAGE):
        chosen.refuse_unsafe(host)
    words = command(os.environ.get("TRIVET_API_URL", DEFAULT_ADDRESS), port, host, chosen.hosts)
    found = {**os.environ, "TRIVET_HOME": str(chosen.home.absolute())}  # where their key is
    os.execve(words[0], words, found)  # noqa: S606 - this process becomes the screens, so that signals reach them


def _words_of_player(
    speed: float | None,
    paused: bool,
    at: str | None,
    first: datetime | None,
    last: datetime | None,
    keep: str,
) -> tuple[str, ...]:
    plan_of(first, last, at)  # which refuses here what the player would refuse once everything is up
    words = ["--keep", keep, *(["--paused"] if paused else [])]
    words += [] if speed is None else ["--speed", str(speed)]
    words += [] if at is None else ["--at", at]
    words += [] if first is None else ["--from", f"{first:%Y-%m-%d}"]
    words += [] if last is None else ["--to", f"{last:%Y-%m-%d}"]
    return tuple(words)


def _up(chosen: "Settings", wishes: "Wishes", as_json: bool) -> None:
    from adapters.together.crew import Crew  # noqa: PLC0415
    from adapters.together.lease import lease, write_environment  # noqa: PLC0415
    from adapters.together.plan import plan  # noqa: PLC0415
    from adapters.together.table import shown_rows  # noqa: PLC0415
    from adapters.together.watch import Watch, asked_to_stop  # noqa: PLC0415

    with lease(chosen.home), asked_to_stop() as asked, shown_rows(quiet=as_json) as show:
        planned = plan(chosen, wishes)
        write_environment(chosen.home, planned.environment)
        watch = Watch(Crew(planned.members), planned.given, chosen.home, show)
        watch.keep(asked, say_json if as_json else _say_healthy)
    if not as_json:
        say("stopped; start again to go on from here")


def _say_healthy(status: dict[str, Any]) -> None:
    say("all healthy; Ctrl-C stops them")
    for one in status["processes"]:
        if one["name"] in {"policy-1", "player", "screens"}:
            say(f"{one['name']:<10}  {one['address']}")


def _say_status(chosen: "Settings", as_json: bool) -> None:
    from adapters.together.lease import read_status  # noqa: PLC0415

    status = read_status(chosen.home)
    if status is None:
        typer.echo(f"nothing is up in {chosen.home}; start it with: trivet up", err=True)
        raise typer.Exit(FAILED)
    if as_json:
        say_json(status)
        return
    from rich.console import Console  # noqa: PLC0415

    from adapters.together.crew import Row  # noqa: PLC0415
    from adapters.together.table import table  # noqa: PLC0415

    Console().print(table([Row(**one) for one in status["processes"]]))


@contextmanager
def _plain_crew_failures() -> "Iterator[None]":
    """Turn what keeps a crew from coming up into a refusal in plain words."""
    from adapters.servers.recipe import ServerFailed  # noqa: PLC0415
    from adapters.together.lease import AlreadyUp  # noqa: PLC0415
    from adapters.together.member import MemberFailed  # noqa: PLC0415

    try:
        yield
    except (ServerFailed, AlreadyUp, MemberFailed) as error:
        raise Refused(str(error)) from error
