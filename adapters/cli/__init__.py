"""The ``trivet`` command: one small file for each group of commands."""

from adapters.cli.app import app

__all__ = ["app"]
