"""Real servers for the tests, on free loopback ports, started as ``trivet up`` starts them."""

from contextlib import contextmanager
from pathlib import Path

from adapters.servers.nats import nats
from adapters.servers.postgres import NO_SYNC, UNSAFE
from adapters.servers.postgres import postgres as durable_postgres
from adapters.servers.server import Server, free_port
from adapters.servers.valkey import valkey

__all__ = ["Server", "free_port", "own_nats", "own_postgres", "own_redis", "postgres"]


@contextmanager
def postgres(folder: Path, settings: tuple[str, ...] = UNSAFE):
    """A Postgres of its own below ``folder``; yields its admin URL."""
    with durable_postgres(folder, free_port(), settings) as server:
        yield server.url


def own_postgres(folder: Path) -> Server:
    """A Postgres that keeps every commit through a kill -9; not started yet."""
    return durable_postgres(folder, free_port(), NO_SYNC)


def own_nats(folder: Path) -> Server:
    """A NATS with JetStream; not started yet."""
    return nats(folder, free_port())


def own_redis(folder: Path) -> Server:
    """A Valkey; not started yet."""
    return valkey(folder, free_port())
