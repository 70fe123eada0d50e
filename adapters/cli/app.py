"""The application itself: its name, its help, its groups. Heavy parts are imported by the commands."""

import typer

from adapters.cli import (
    authoring,
    books,
    judging,
    keys,
    packs,
    playing,
    proving,
    records,
    regressing,
    serving,
    shelving,
    up,
)
from adapters.cli.speech import log_to_stderr

app = typer.Typer(
    name="trivet",
    help="Signals propose, rule packs decide, and only what they approve goes on. Start with: trivet run",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def every_command() -> None:
    """What is set up before any command runs."""
    log_to_stderr()


for group in (
    playing,
    serving,
    judging,
    packs,
    shelving,
    authoring,
    proving,
    regressing,
    books,
    records,
    keys,
    up,
):
    group.add_to(app)
