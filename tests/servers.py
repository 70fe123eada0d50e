"""Real servers for the tests, on free loopback ports, of the recipes by which ``trivet up`` starts them."""

import os
import time
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.servers.child import Child
from adapters.servers.nats import nats
from adapters.servers.postgres import NO_SYNC, UNSAFE
from adapters.servers.postgres import postgres as postgres_recipe
from adapters.servers.recipe import ServerFailed, free_port, refuse_taken
from adapters.servers.valkey import valkey

__all__ = ["Server", "free_block", "free_port", "own_nats", "own_postgres", "own_redis", "postgres"]

READY_SECONDS = 30.0


class Server:
    """A recipe and, between ``start`` and ``stop``, its process. Data and address outlive a stop."""

    def __init__(self, recipe):
        self.recipe = recipe
        self._child = None

    @property
    def name(self):
        """postgres, valkey or nats."""
        return self.recipe.name

    @property
    def url(self):
        """The address with its credentials, the same after every restart."""
        return self.recipe.url

    @property
    def pid(self):
        """The number of the running process."""
        return self._running().pid

    def ended(self):
        """The exit code of a process that ended by itself; None while it runs."""
        return self._running().ended()

    def start(self):
        """Start it and wait until it answers.

        Raises ``ServerFailed`` when the port is taken, it ends, or it is silent for ``READY_SECONDS``.
        """
        refuse_taken(self.recipe.port, self.name)
        self._child = Child(self.recipe.command)
        try:
            self._await(self._child)
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self):
        """End it well, so that the next start finds everything in order. Stopped already: nothing."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def kill(self):
        """End it as a crash would."""
        self._running().kill()
        self._child = None

    def restart(self):
        """Stop it, unless it is down already, and start it on the same data."""
        self.stop()
        self.start()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _running(self):
        if self._child is None:
            raise ServerFailed(f"{self.name} is not running; start it first")
        return self._child

    def _await(self, child):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if (code := child.ended()) is not None:
                raise ServerFailed(f"{self.name} ended at once with code {code}: {child.last_words()}")
            if self.recipe.answers(child.pid):
                return
            time.sleep(0.02)
        raise ServerFailed(f"{self.name} did not answer within {READY_SECONDS:g} s: {child.last_words()}")


def free_block(offsets: Iterable[int]) -> int:
    """A number from which on all these ports are free, below those that the system gives to callers."""
    wanted = tuple(offsets)
    for first in range(20_000 + os.getpid() % 50 * 100, 30_000, 100):
        with suppress(ServerFailed):
            for offset in wanted:
                refuse_taken(first + offset, "a test")
            return first
    raise AssertionError(f"no {len(wanted)} ports are free together between 20000 and 30000")


@contextmanager
def postgres(folder: Path, settings: tuple[str, ...] = UNSAFE):
    """A Postgres of its own below ``folder``; yields its admin URL."""
    with Server(postgres_recipe(folder, free_port(), settings)) as server:
        yield server.url


def own_postgres(folder: Path) -> Server:
    """A Postgres that keeps every commit through a kill -9; not started yet."""
    return Server(postgres_recipe(folder, free_port(), NO_SYNC))


def own_nats(folder: Path) -> Server:
    """A NATS with JetStream; not started yet."""
    return Server(nats(folder, free_port()))


def own_redis(folder: Path) -> Server:
    """A Valkey; not started yet."""
    return Server(valkey(folder, free_port()))
