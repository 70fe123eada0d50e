"""Counts and times every HTTP request, outside of everything else, by the route that took it."""

from collections.abc import Callable, Iterator, MutableMapping
from time import perf_counter
from typing import Any

from fastapi.telemetry import TelemetryConfig
from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNROUTED = "none"
"""The route of a request that no route took: unknown paths, and whatever was turned away before."""
ROUTE = "trivet.route"
"""Where a middleware that answers a request itself leaves the route it answered for, in the scope."""

_Notes = tuple[Callable[[], None], Callable[[float], None]]


def _is_probe(scope: MutableMapping[str, Any]) -> bool:
    return scope.get("path") in ("/healthz", "/readyz", "/metrics")


TELEMETRY: TelemetryConfig = {
    "tracing": True,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": _is_probe,
}
"""FastAPI's own spans, one for each request where traces are on; counts are ours, and so is the log."""


class HttpTally(Collector):
    """What one application answered; register it where its page is made.

    The labels are bounded: routes by their templates, methods by those that HTTP names.
    """

    def __init__(self) -> None:
        self._requests = Counter(
            "trivet_http_requests", "answered requests", ["method", "route", "status"], registry=None
        )
        self._seconds = Histogram(
            "trivet_http_request_seconds",
            "seconds from a request's head to its answer's end",
            ["route"],
            buckets=_SECONDS,
            registry=None,
        )
        self._known: dict[tuple[str, str, int], _Notes] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        kind = (method if method in _METHODS else "other", route, status)
        count, observe = self._known.get(kind) or self._meet(*kind)
        count()
        observe(seconds)

    def _meet(self, method: str, route: str, status: int) -> _Notes:
        """Looking labels up costs more than counting, so each kind of answer is looked up once."""
        counting = self._requests.labels(method, route, str(status))
        self._known[method, route, status] = counting.inc, self._seconds.labels(route).observe
        return self._known[method, route, status]

    def collect(self) -> Iterator[Metric]:
        """Both metrics."""
        yield from self._requests.collect()
        yield from self._seconds.collect()


class HttpWatch:
    """ASGI middleware that tells ``tally`` of every request; an exception on its way out is a 500."""

    def __init__(self, app: ASGIApp, tally: HttpTally) -> None:
        self._app = app
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._tally.answered(scope["method"], _route_of(scope), status, perf_counter() - started)


def _route_of(scope: Scope) -> str:
    """The template of the route that took the request, such as ``/v1/orders/{order_id}``."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or scope.get(ROUTE, UNROUTED))
