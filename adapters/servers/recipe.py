"""How one process is started and how one sees that it answers; and the ports they listen on."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.servers.child import Command


class ServerFailed(Exception):
    """A server that is not there, does not start, or whose port another program has."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A process to start: its name, its address with credentials, and whether it answers.

    ``answers`` is given the process number; it does not wait, and says None while it does not know yet.
    """

    name: str
    url: str = field(repr=False)
    port: int
    command: Command
    answers: Callable[[int], bool | None]


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
