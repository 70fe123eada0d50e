"""The application of a service that is not policy: its routes, behind everything that stands before ours."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from policy.access.gate import Access
from policy.api import SUMMARY, answer_problems
from policy.http.load import Load, defended
from policy.http.watch import TELEMETRY
from policy.routes import docs, health, metrics
from policy.routes.health import Readiness
from policy.watching.tally import WebTally


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
    for router in (*routers, health.router(readiness), docs.router(title)):
        app.include_router(router)
    defended(app, access, load, refused=tally.refused)
    metrics.watched(app, tally.registry, tally.http)
    answer_problems(app)
    return app
