"""One process at a time for services that must not be two: an advisory lock of the store they share."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from adapters.wiring.refusal import Refused

_FIRST_LOCK = 0x7472_7300
SOLE = ("player", "execution", "market", "strategy", "portfolio")
"""Services of which a store has one: they move its time, its broker, its quotes, its signals, its book."""


@contextmanager
def alone(store: Engine, service: str) -> Iterator[None]:
    """Be the only one of ``service`` until the end of the block, where there must not be two.

    Raises ``Refused`` while another process is it. A process that dies leaves the place to the next.
    """
    if service not in SOLE:
        yield
        return
    with store.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # back in the pool it would keep the lock
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _lock(service)}):
            raise Refused(f"another {service} works on this store; stop it, or name another database")
        yield


def _lock(service: str) -> int:
    return _FIRST_LOCK + SOLE.index(service)
