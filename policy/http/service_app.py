"""The application of a service that is not policy: its routes, behind everything that stands before ours."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI

from policy.access.gate import Access
from policy.api import SUMMARY, answer_problems
from policy.http.load import Load, defended
from policy.http.openapi import problem_answers
from policy.http.watch import TELEMETRY
from policy.problems import Problem
from policy.routes import docs, metrics
from policy.routes.health import Health
from policy.watching.tally import WebTally

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
    for router in (*routers, _health(readiness), docs.router(title)):
        app.include_router(router)
    defended(app, access, load, refused=tally.refused)
    metrics.watched(app, tally.registry, tally.http)
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
