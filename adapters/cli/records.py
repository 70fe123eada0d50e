"""Commands about what is on record and in force: audit verify and sum, handoff, settings."""

from dataclasses import asdict
from typing import Annotated

import typer

from adapters.cli.packs import Json
from adapters.cli.speech import FAILED, plain_failures, say, say_json, settings, settings_of_store

audit = typer.Typer(help="The hash-chained log of decisions.", no_args_is_help=True)
handoff = typer.Typer(help="The hand-over documents in .ai/handoff.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.add_typer(audit, name="audit")
    app.add_typer(handoff, name="handoff")
    app.command(name="settings")(show_settings)


@audit.command()
def verify(as_json: Json = False) -> None:
    """Walk every chain of the log and recompute every hash; exit 1 if anything is not as it was written.

    Example: trivet audit verify
    """
    with plain_failures():
        from adapters.wiring.store import store_of  # noqa: PLC0415
        from policy.audit import verify as log  # noqa: PLC0415

        with store_of(settings_of_store()) as store:
            flaws, length = log.verify(store), log.length(store)
    if as_json:
        say_json({"evaluations": length, "flaws": [asdict(flaw) for flaw in flaws]})
    else:
        for flaw in flaws:
            say(str(flaw))
        say(f"{length} evaluations, {len(flaws) or 'no'} flaw{'' if len(flaws) == 1 else 's'}")
    raise typer.Exit(FAILED if flaws else 0)


@audit.command(name="sum")
def sum_up(as_json: Json = False) -> None:
    """Sum up every business fact on record: the same days under the same packs give the same sha256.

    Of a run in one process, and of services apart; ask while the player stands still, and before old
    decisions are dropped.

    Example: trivet audit sum --json
    """
    with plain_failures():
        from adapters.market.overrides_file import read_calendar  # noqa: PLC0415
        from adapters.wiring.store import store_of  # noqa: PLC0415
        from adapters.wiring.summary import standing_on_record, summarise  # noqa: PLC0415

        chosen = settings_of_store()
        calendar = read_calendar(chosen.calendar_overrides)
        with store_of(chosen) as store:
            summary = summarise(store, standing_on_record(store, calendar))
    if as_json:
        say_json(summary.to_json())
    else:
        say(f"{summary.sessions} sessions, {summary.signals} signals, equity {summary.equity}")
        say(f"sha256 {summary.sha256}")


@handoff.command()
def update(phase: Annotated[str, typer.Argument(help="Where the work stands.")] = "implementation") -> None:
    """Write the manifest anew from the documents beside it.

    Example: trivet handoff update implementation
    """
    from adapters import handoff as documents  # noqa: PLC0415

    raise typer.Exit(documents.main(["update", phase]))


@handoff.command(name="verify")
def verify_handoff() -> None:
    """List everything in which the manifest and the documents differ; exit 1 if there is anything.

    Example: trivet handoff verify
    """
    from adapters import handoff as documents  # noqa: PLC0415

    raise typer.Exit(documents.main(["verify"]))


def show_settings(as_json: Json = False) -> None:
    """Print the settings in force, secrets masked.

    Example: trivet settings
    """
    chosen = settings().model_dump(mode="json")
    if as_json:
        say_json(chosen)
        return
    for name, value in chosen.items():
        say(f"TRIVET_{name.upper()}={'' if value is None else value}")
