"""How often one client may ask: a 429 that says when to come back, before anything is judged."""

from dataclasses import dataclass
from ipaddress import IPv6Network
from math import ceil
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from policy.access.callers import SCOPE, Caller
from policy.http.capacity import ALWAYS_ANSWERED, URGENT, Note
from policy.http.guard import send_problem
from policy.problems import Problem

_PASSING = ALWAYS_ANSWERED | URGENT


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A rate that is used up: ``most`` requests in ``window`` seconds; one is free in ``wait`` seconds."""

    most: int
    window: int
    wait: float


class Rates(Protocol):
    """Counts the requests of clients."""

    async def take(self, client: str) -> Exceeded | None:
        """Count one request of ``client``; None where it is within the rate."""
        ...


class TooManyRequests(Problem):
    """429 with the headers of the IETF draft "RateLimit header fields for HTTP"."""

    def __init__(self, over: Exceeded) -> None:
        wait = max(1, ceil(over.wait))
        detail = f"over {over.most} requests in {over.window} seconds; come back in {wait}"
        super().__init__(429, "too-many-requests", detail, retry_after=wait)
        self._over = over
        self._wait = wait

    @property
    def headers(self) -> dict[str, str]:
        """How many there may be, and when the next one is free."""
        policy = f'"client";q={self._over.most};w={self._over.window}'
        further = {"RateLimit-Policy": policy, "RateLimit": f'"client";r=0;t={self._wait}'}
        return super().headers | further


class RateGuard:
    """ASGI middleware, behind the guard that knows the caller; ``note`` hears the slug of every refusal.

    ``/healthz``, ``/readyz`` and ``/metrics`` always pass, and so does what is urgent: whoever sends too much
    must not keep the person beside it from stopping the house.
    """

    def __init__(self, app: ASGIApp, rates: Rates, note: Note) -> None:
        self._app = app
        self._rates = rates
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _PASSING:
            over = await self._rates.take(client_of(scope))
            if over is not None:
                self._note("too-many-requests")
                await send_problem(send, TooManyRequests(over))
                return
        await self._app(scope, receive, send)


def client_of(scope: Scope) -> str:
    """Who asks: the credential that was shown, or else the address; of IPv6, the network of a household."""
    caller: Caller | None = scope.get(SCOPE)
    if caller is not None and caller.is_known:
        return caller.credential
    address = scope["client"][0] if scope.get("client") else "-"
    if ":" not in address:
        return f"address:{address}"
    return f"address:{IPv6Network((address.partition('%')[0], 64), strict=False)}"
