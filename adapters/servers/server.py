"""One server of our own: started and awaited, stopped, killed, started again at the same address."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from adapters.servers.child import Child, Command

READY_SECONDS = 30.0
_LOOK_SECONDS = 0.02


class ServerFailed(Exception):
    """A server that is not there, does not start, or whose port another program has."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a server is started, its address, and how one sees that process ``pid`` answers there."""

    name: str
    url: str = field(repr=False)
    port: int
    command: Command
    answers: Callable[[int], bool]


class Server:
    """A recipe and, between ``start`` and ``stop``, its process. Data and address outlive a stop."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._child: Child | None = None

    @property
    def name(self) -> str:
        """postgres, valkey or nats."""
        return self.recipe.name

    @property
    def url(self) -> str:
        """The address with its credentials, the same after every restart."""
        return self.recipe.url

    @property
    def pid(self) -> int:
        """The number of the running process."""
        return self._running().pid

    def ended(self) -> int | None:
        """The exit code of a process that ended by itself; None while it runs."""
        return self._running().ended()

    def start(self) -> Self:
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

    def stop(self) -> None:
        """End it well, so that the next start finds everything in order. Stopped already: nothing."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """End it as a crash would."""
        self._running().kill()
        self._child = None

    def restart(self) -> None:
        """Stop it, unless it is down already, and start it on the same data."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> Child:
        if self._child is None:
            raise ServerFailed(f"{self.name} is not running; start it first")
        return self._child

    def _await(self, child: Child) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if (code := child.ended()) is not None:
                raise ServerFailed(f"{self.name} ended at once with code {code}: {child.last_words()}")
            if self.recipe.answers(child.pid):
                return
            time.sleep(_LOOK_SECONDS)
        raise ServerFailed(f"{self.name} did not answer within {READY_SECONDS:g} s: {child.last_words()}")


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refuse_taken(port: int, name: str) -> None:
    """Raise ``ServerFailed`` when loopback ``port``, meant for ``name``, has a listener."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has just ended is no listener
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ServerFailed(
                f"port {port} of 127.0.0.1, meant for {name}, cannot be used: {error.strerror}; "
                "end what listens there or choose other ports"
            ) from error
