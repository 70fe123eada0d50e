"""The command that drills the stops: stop drill."""

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import (
    FAILED,
    USAGE,
    account_name,
    log_to_stderr,
    plain_failures,
    say,
    say_json,
    settings_of_store,
)

if TYPE_CHECKING:
    from adapters.wiring.drill.rehearsal import Played
    from adapters.wiring.drill.running import Drill


def drill(
    by: Annotated[
        str | None, typer.Option("--by", help="Who drills; the name of the account without.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Trip every stop in a copy, by hand and by each watcher, and show what is blocked, cancelled, let out.

    It plays in a folder of its own and trades nothing. The result is put on record, since moving on to a
    later phase asks for it. Exit code 0 when every stop did what it should, 1 when any did not.

    Example: trivet stop drill
    """
    chosen = settings_of_store()
    log_to_stderr(logging.CRITICAL)  # that everything is stopped is the point of it, and shown
    with plain_failures(USAGE):
        from adapters.wiring.drill.running import drill as run  # noqa: PLC0415

        if not as_json:
            say("reading the bars ...")
        done = run(chosen, by or account_name(), _ignore if as_json else _tell)
    if as_json:
        say_json(_json(done))
    else:
        _show(done)
    raise typer.Exit(0 if done.passed else FAILED)


def _ignore(_row: "Played") -> None:
    return


def _tell(row: "Played") -> None:
    if not row.as_expected:
        say(f"{row.stop}: {'; '.join(row.differences)}")


def _show(done: "Drill") -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    names = [name for name in done.table[0].found if name != "cause"]
    table = Table("stop", *names, "seconds", "")
    for row in done.table:
        cells = (row.found.get(name, "") for name in names)
        table.add_row(row.stop, *cells, f"{row.seconds:.2f}", "ok" if row.as_expected else "WRONG")
    Console(width=200).print(table)
    wrong = sum(not row.as_expected for row in done.table)
    came_to = "every one did what it should" if done.passed else f"{wrong} did not do what they should"
    say(f"{len(done.table)} stops drilled, {came_to}; drill {done.kept.number} is on record")
    say(f"sha256 {done.kept.digest}")


def _json(done: "Drill") -> dict[str, object]:
    rows = [row.to_json() for row in done.table]
    return {
        "passed": done.passed,
        "number": done.kept.number,
        "sha256": done.kept.digest,
        "stops": rows,
    }
