"""The application itself: its name, its help, and which module has which command."""

from typing import ClassVar

import typer

from adapters.cli.lazy import LazyCommands
from adapters.cli.speech import log_to_stderr


class Commands(LazyCommands):
    """Every command of `trivet`, by the module of this package that adds it."""

    modules: ClassVar = {
        "playing": ("run", "replay"),
        "serving": ("serve",),
        "judging": ("evaluate",),
        "reasoning": ("reason", "memo"),
        "packs": ("check", "release"),
        "shelving": ("activate", "rollback", "packs"),
        "authoring": ("explain", "new-rule", "test", "schema"),
        "proving": ("diff", "prove"),
        "regressing": ("regress",),
        "stop": ("stop",),
        "books": ("reconcile",),
        "brokers": ("broker",),
        "phase": ("phase",),
        "limits": ("limits",),
        "records": ("audit", "handoff", "settings"),
        "retiring": ("retention",),
        "bars": ("bars",),
        "market": ("market",),
        "announced": ("news", "blackouts"),
        "features": ("features",),
        "keys": ("keys",),
        "events": ("events",),
        "up": ("up", "down", "migrate", "screens"),
    }


app = typer.Typer(
    name="trivet",
    cls=Commands,
    help="Signals propose, rule packs decide, and only what they approve goes on. Start with: trivet run",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def every_command() -> None:
    """What is set up before any command runs."""
    log_to_stderr()
