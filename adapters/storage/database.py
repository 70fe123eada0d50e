"""Opens the store a URL names and brings its tables up to date."""

from dataclasses import dataclass

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from adapters.settings import Settings, UnfitDatabase
from adapters.storage.migrate import migrate
from adapters.storage.sqlite import open_sqlite


@dataclass(frozen=True, slots=True)
class Connections:
    """How many connections a process has to Postgres at most, and after how long it stops waiting.

    Whoever waits for a free one, for a lock or for an answer longer than that hears 503.
    """

    most: int = 8
    wait_seconds: int = 5
    lock_seconds: int = 5
    statement_seconds: int = 30


_USUAL = Connections()


def connections_of(settings: Settings) -> Connections:
    """As ``settings`` have it."""
    return Connections(
        most=settings.database_pool,
        wait_seconds=settings.database_wait_seconds,
        lock_seconds=settings.database_lock_seconds,
        statement_seconds=settings.database_statement_seconds,
    )


def open_store(url: str, connections: Connections = _USUAL) -> Engine:
    """An engine on a migrated store: ``sqlite:///…`` (a file) or ``postgresql://…`` (psycopg 3).

    ``connections`` are for Postgres. Raises ``UnfitDatabase`` for a URL of another kind and SQLAlchemy's
    errors when the database is away.
    """
    store = connect(url, connections)
    try:
        migrate(store)
    except BaseException:
        store.dispose()
        raise
    return store


def connect(url: str, connections: Connections = _USUAL) -> Engine:
    """An engine on the store of ``url``, its tables left as they are."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return open_sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgres(parsed, connections)
    raise UnfitDatabase(
        f"TRIVET_DATABASE_URL names {parsed.get_backend_name()}; use sqlite:///… or postgresql://…"
    )


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise UnfitDatabase(
            "TRIVET_DATABASE_URL is not a database URL; use sqlite:////absolute/path/to/trivet.db "
            "or postgresql://user:password@host/database"
        ) from None


def _open_postgres(url: URL, limits: Connections) -> Engine:
    milliseconds = {"lock": limits.lock_seconds * 1000, "statement": limits.statement_seconds * 1000}
    options = [f"-c {what}_timeout={most}" for what, most in milliseconds.items()]
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={
            "connect_timeout": limits.wait_seconds,
            "options": " ".join([*options, "-c timezone=UTC"]),
            # A server that vanished without a word is noticed too.
            "tcp_user_timeout": milliseconds["statement"],
        },
        pool_size=limits.most,
        max_overflow=0,
        pool_timeout=limits.wait_seconds,
    )
