"""The application of a service that is not policy: its routes, behind everything that stands before ours."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI

from policy import api_docs, api_metrics
from policy.access_gate import Access
from policy.api import SUMMARY, answer_problems
from policy.api_health import Health
from policy.http_watch import TELEMETRY
from policy.load import Load, defended
from policy.openapi import problem_answers
from policy.problems import Problem
from policy.tally import WebTally

Readiness = Callable[[], Problem | None]


def create_service_app(
    title: str,
    routers: Sequence[APIRouter],
    access: Access,
    load: Load,
    tally: WebTally,
    readiness: Readiness,
) -> FastAPI:
    """One application on one port: ``routers``, health, and metrics of what ``tally`` counts.

    ``readiness`` says why the service could not work now, or None. ``load`` is how much it takes.
    """
    app = FastAPI(title=title, summary=SUMMARY, docs_url=None, redoc_url=None, telemetry=TELEMETRY)
    for router in (*routers, _health(readiness), api_docs.router(title)):
        app.include_router(router)
    defended(app, access, load, refused=tally.refused)
    api_metrics.watched(app, tally.registry, tally.http)
    answer_problems(app)
    return app


def _health(readiness: Readiness) -> APIRouter:
    routes = APIRouter(tags=["health"], responses=problem_answers(403))

    @routes.get("/healthz", response_model=Health, summary="Whether the process answers")
    async def alive() -> Health:
        return Health(status="alive")

    @routes.get(
        "/readyz", response_model=Health, responses=problem_answers(503), summary="Whether it can work"
    )
    def ready() -> Health:
        if problem := readiness():
            raise problem
        return Health(status="ready")

    return routes
