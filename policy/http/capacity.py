"""Back-pressure: how much one process takes on before it says 503, in requests and in bytes.

A request counts from its head until its answer has left. What it holds on the way (a body that is
being read, a proposal that waits for the store, the answer) is so counted once, whatever is slow.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from policy.http.body_deadline import BodyDeadline
from policy.http.guard import LARGEST_BODY, send_problem
from policy.http.headers import secured
from policy.problems import Problem, unavailable

ALWAYS_ANSWERED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that are never turned away, so that a busy process is not taken for a dead one."""

URGENT = frozenset({"/v1/stops/trip", "/v1/portfolio/flatten"})
"""Paths by which people stop the house or leave it: however many others ask, a few of these find place."""
_URGENT_REQUESTS, _URGENT_BYTES = 16, 256 * 1024

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Capacity:
    """What one process holds at once: ``requests``, and ``body_bytes`` of their bodies.

    Parsed, a body takes up to thirty times its bytes. One that has not come whole after
    ``body_seconds`` gives its place to others.
    """

    requests: int = 512
    body_bytes: int = 16 * LARGEST_BODY
    body_seconds: float = 10.0


class CapacityGuard:
    """ASGI middleware, the outermost: turns away with 503 what would be more than ``capacity``.

    ``note`` hears the slug of every refusal.
    """

    def __init__(self, app: ASGIApp, capacity: Capacity, note: Note) -> None:
        self._app = app
        self._capacity = capacity
        self._note = note
        self._deadline = BodyDeadline(capacity.body_seconds)
        self._requests = 0
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS_ANSWERED:
            await self._app(scope, receive, send)
            return
        weight = _weight(scope)
        if self._is_full(weight, is_urgent=scope["path"] in URGENT):
            self._note("overloaded")
            problem = unavailable("overloaded", "too much waits here; nothing was done; send it again later")
            await send_problem(secured(send), problem)
            return
        self._requests += 1
        self._bytes += weight
        try:
            await self._app(scope, self._in_time(receive) if weight else receive, send)
        except asyncio.CancelledError:  # only a server that has stopped waiting cancels a request
            await _leave(send)
        finally:
            self._requests -= 1
            self._bytes -= weight

    def _is_full(self, weight: int, *, is_urgent: bool) -> bool:
        requests, body_bytes = self._capacity.requests, self._capacity.body_bytes
        if is_urgent:
            requests, body_bytes = requests + _URGENT_REQUESTS, body_bytes + _URGENT_BYTES
        return self._requests >= requests or self._bytes + weight > body_bytes

    def _in_time(self, receive: Receive) -> Receive:
        """A ``receive`` that raises the 408 problem unless the body comes whole in time."""
        watched = self._deadline.watched(receive)

        async def received() -> Message:
            try:
                return await watched()
            except TimeoutError:
                self._note("body-too-slow")
                raise _too_slow(self._capacity.body_seconds) from None

        return received


async def _leave(send: Send) -> None:
    """The last word to somebody whose answer did not come in time."""
    detail = "the service stops; whether this was done is not known here, so send the same again"
    with suppress(RuntimeError):  # its answer had begun
        await send_problem(secured(send), unavailable("shutting-down", detail))


def _weight(scope: Scope) -> int:
    """The bytes a body is going to hold; one that comes in chunks counts as the largest.

    Chunks count whatever length is declared beside them, as they do for the reader (RFC 9112, 6.3).
    """
    declared = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return LARGEST_BODY
        if name == b"content-length" and value.isdigit():
            declared = min(int(value), LARGEST_BODY)
    return declared


def _too_slow(seconds: float) -> Problem:
    detail = f"the body did not come whole within {seconds:g} seconds; send it again"
    return Problem(408, "body-too-slow", detail)
