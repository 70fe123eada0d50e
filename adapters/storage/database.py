"""Opens the store a URL names and brings its tables up to date."""

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from adapters.storage.migrate import migrate
from adapters.storage.sqlite import open_sqlite

# Seconds and milliseconds after which a caller hears 503 instead of waiting.
_CONNECT_SECONDS = 5
_LOCK_MS = 5_000
_STATEMENT_MS = 30_000


def open_store(url: str) -> Engine:
    """An engine on a migrated store: ``sqlite:///…`` (a file) or ``postgresql://…`` (psycopg 3).

    Raises ``ValueError`` for a URL of another kind and SQLAlchemy's errors when the database is away.
    """
    store = connect(url)
    try:
        migrate(store)
    except BaseException:
        store.dispose()
        raise
    return store


def connect(url: str) -> Engine:
    """An engine on the store of ``url``, its tables left as they are."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return open_sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgres(parsed)
    raise ValueError(
        f"TRIVET_DATABASE_URL names {parsed.get_backend_name()}; use sqlite:///… or postgresql://…"
    )


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise ValueError(
            "TRIVET_DATABASE_URL is not a database URL; use sqlite:////absolute/path/to/trivet.db "
            "or postgresql://user:password@host/database"
        ) from None


def _open_postgres(url: URL) -> Engine:
    options = f"-c lock_timeout={_LOCK_MS} -c statement_timeout={_STATEMENT_MS} -c timezone=UTC"
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": _CONNECT_SECONDS, "options": options},
        pool_size=8,
        pool_timeout=_CONNECT_SECONDS,
    )
