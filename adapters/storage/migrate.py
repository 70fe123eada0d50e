"""Brings a store's tables to the form this version of Trivet needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from policy.store import writing

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x7472_6976  # any number will do as long as every Trivet process uses the same


class StoreTooNew(RuntimeError):
    """The store was written by a later Trivet."""


def migrate(store: Engine) -> None:
    """Apply the migrations that are missing, all in one transaction; one process at a time.

    Raises ``StoreTooNew`` when the store has migrations that this version does not know.
    """
    with writing(store) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # moving many rows takes its time
        if _current(connection) != _latest():
            _upgrade(connection)


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for ``connection``; there is no alembic.ini to find or to lose."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _latest() -> str | None:
    return ScriptDirectory(str(_SCRIPTS)).get_current_head()


def _upgrade(connection: Connection) -> None:
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise StoreTooNew(f"the store cannot be migrated ({error}); use the Trivet that wrote it") from error
