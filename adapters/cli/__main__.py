"""``python -m adapters.cli`` is the ``trivet`` command."""

from adapters.cli import app

app()
