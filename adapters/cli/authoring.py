"""Commands for whoever writes rules: schema."""

from typing import Annotated

import typer

from adapters.cli.speech import plain_failures, say, settings


def add_to(app: typer.Typer) -> None:
    """Give ``app`` these commands."""
    app.command()(schema)


def schema(
    write: Annotated[
        bool, typer.Option("--write", help="Write it to rule-pack.schema.json among the packs.")
    ] = False,
) -> None:
    """Print the JSON Schema of packs, which gives editors completion, hover texts and errors.

    Example: trivet schema --write
    """
    from adapters.packs.schema_file import schema_text, write_schema  # noqa: PLC0415

    with plain_failures():
        if write:
            say(f"wrote {write_schema(settings().rules)}")
        else:
            typer.echo(schema_text(), nl=False)
