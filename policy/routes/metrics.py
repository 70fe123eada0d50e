"""``GET /metrics``: everything a process counts, for Prometheus; never needs a key."""

from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from policy.http.openapi import problem_answers
from policy.http.watch import HttpTally, HttpWatch


def watched(app: FastAPI, registry: CollectorRegistry, tally: HttpTally) -> None:
    """Let ``tally``, which is of ``registry``, hear of every request to ``app``, and serve the page of all.

    To be called after every other middleware was added: what they turn away counts too.
    """
    app.include_router(router(registry))
    app.add_middleware(HttpWatch, tally=tally)


def router(registry: CollectorRegistry) -> APIRouter:
    """The page of ``registry``, made in a thread: gauges may have to ask a store."""
    routes = APIRouter(tags=["health"], responses=problem_answers(403))

    @routes.get("/metrics", summary="Counters and timings for Prometheus", response_class=Response)
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes
