"""Commands about events: what no consumer could take, what is to be told again, how events are described."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import FAILED, USAGE, plain_failures, say, say_json, settings, settings_of_store
from adapters.wiring.refusal import Refused
from policy.contracts import utc_text

if TYPE_CHECKING:
    from adapters.events.jetstream.connection import NatsLine
    from adapters.events.jetstream.dead import DeadLetter

Number = Annotated[int, typer.Argument(min=1, help="Its number in `trivet events dead list`.")]
FOLDER = Path("docs/events")


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    dead = typer.Typer(name="dead", no_args_is_help=True, help="Events that no consumer could take.")
    dead.command(name="list")(listed)
    dead.command()(show)
    dead.command()(retry)
    events = typer.Typer(name="events", no_args_is_help=True, help="Events between the services.")
    events.add_typer(dead)
    events.command()(again)
    events.command()(schemas)
    app.add_typer(events)


def listed(as_json: Json = False) -> None:
    """List the dead letters, the oldest first.

    Example: trivet events dead list
    """
    from adapters.events.jetstream.dead import dead_letters  # noqa: PLC0415

    with _line() as line:
        letters = dead_letters(line)
    if as_json:
        say_json([_told(letter) for letter in letters])
        return
    for letter in letters:
        head = f"{letter.number:>6}  {utc_text(letter.at)}  {letter.consumer:<12}"
        say(f"{head} {_type(letter)}  {letter.reason}")
    say(f"{len(letters) or 'no'} dead letter{'' if len(letters) == 1 else 's'}")


def show(number: Number) -> None:
    """Print a dead letter with its event, as JSON.

    Example: trivet events dead show 3
    """
    from adapters.events.jetstream.dead import dead_letter  # noqa: PLC0415

    with _line() as line:
        letter = dead_letter(line, number)
    say_json(_told(letter) | {"event": _event(letter)})


def retry(
    numbers: Annotated[list[int] | None, typer.Argument(min=1, help="Letters to hand over again.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them, the oldest first.")] = False,
) -> None:
    """Hand dead letters again to the consumer that could not take them, once its fault is mended.

    Example: trivet events dead retry 3 4
    """
    from adapters.events.jetstream import dead  # noqa: PLC0415

    if bool(numbers) == everything:
        typer.echo("name letters by number, or --all; `trivet events dead list` shows them", err=True)
        raise typer.Exit(USAGE)
    with _line() as line:
        for letter in _chosen(line, numbers):
            dead.retry(line, letter)
            say(f"{letter.number} goes to {letter.consumer} again")


def again(
    since: Annotated[str, typer.Option(metavar="TIME", help="From when on, by the house's time.")],
) -> None:
    """Let events that were told since TIME be told again: after NATS has lost its streams.

    They come from the outbox, in their order; consumers pass over those that they have handled.

    Example: trivet events again --since 2012-06-01T14:30:00Z
    """
    with plain_failures(USAGE):
        from adapters.wiring.store import store_of  # noqa: PLC0415
        from policy.outbox import tell_again  # noqa: PLC0415
        from policy.store import writing  # noqa: PLC0415

        at = _time(since)
        with store_of(settings_of_store()) as store, writing(store) as connection:
            count = tell_again(connection, at)
    say(f"{count} event{'' if count == 1 else 's'} will be told again")


def schemas(
    folder: Annotated[Path, typer.Option(help="Where the descriptions are.")] = FOLDER,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if any is stale.")] = False,
) -> None:
    """Write a JSON Schema of every type of event, and an AsyncAPI document, from the contracts.

    Example: trivet events schemas --check
    """
    from adapters.events.described import event_files  # noqa: PLC0415

    files = event_files()
    stale = [name for name, text in files.items() if not _holds(folder / name, text)]
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (folder / name).write_text(files[name], "utf-8")
    for name in stale:
        say(f"{'stale' if check else 'written'}  {folder / name}")
    say(f"{len(files) - len(stale)} of {len(files)} were current")
    raise typer.Exit(FAILED if check and stale else 0)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"--since {text} is no time; write it like 2012-06-01T14:30:00Z") from error
    if at.tzinfo is None:
        raise Refused(f"--since {text} has no zone; write it like 2012-06-01T14:30:00Z")
    return at


def _chosen(line: "NatsLine", numbers: list[int] | None) -> list["DeadLetter"]:
    """The letters of those numbers, every one of which must be there; all of them for no numbers."""
    from adapters.events.jetstream.dead import dead_letter, dead_letters  # noqa: PLC0415

    return [dead_letter(line, number) for number in numbers] if numbers else dead_letters(line)


@contextmanager
def _line() -> Iterator["NatsLine"]:
    """A line to NATS with its streams; everything that can go wrong is told in plain words."""
    from adapters.events.jetstream.connection import NatsAway, NatsLine  # noqa: PLC0415
    from adapters.events.jetstream.dead import NoSuchLetter  # noqa: PLC0415
    from adapters.events.jetstream.streams import ensure_streams  # noqa: PLC0415

    with plain_failures():
        url = settings().nats_url
        if url is None:
            raise Refused("TRIVET_NATS_URL is not set; events inside one process leave no dead letters")
        try:
            with NatsLine(url.get_secret_value(), "command") as line:
                ensure_streams(line)
                yield line
        except (NatsAway, NoSuchLetter) as error:
            raise Refused(str(error)) from error


def _told(letter: "DeadLetter") -> dict[str, Any]:
    return {
        "number": letter.number,
        "consumer": letter.consumer,
        "type": _type(letter),
        "reason": letter.reason,
        "deliveries": letter.deliveries,
        "at": utc_text(letter.at),
    }


def _type(letter: "DeadLetter") -> str:
    """The event's type; a question mark for what is no event."""
    event = _event(letter)
    return str(event.get("type", "?")) if isinstance(event, dict) else "?"


def _event(letter: "DeadLetter") -> Any:
    """The body as JSON; as text where it is none."""
    from json import JSONDecodeError, loads  # noqa: PLC0415

    try:
        return loads(letter.body)
    except (JSONDecodeError, UnicodeDecodeError):
        return letter.body.decode("utf-8", "replace")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text
