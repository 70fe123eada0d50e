"""The HTTP application: the policy routes, whatever other services bring, one way to say what is wrong."""

from collections.abc import Sequence
from functools import partial

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from policy.access.gate import Access, access_of
from policy.canonical import digest_of
from policy.http.headers import SECURITY_HEADERS
from policy.http.load import Load, defended
from policy.http.watch import TELEMETRY
from policy.ports import PackUnavailable
from policy.problems import MEDIA_TYPE, Problem, faults_of, invalid_request
from policy.refusals import Refusal
from policy.routes import activations, decisions, docs, evaluate, health, metrics, packs, reviews, stops
from policy.service import PolicyService
from policy.writer import problem_of

TITLE = "Trivet"
SUMMARY = "A policy gate for AI-assisted paper trading"
_ANY_RATE = Load()
_SLUGS = {404: "not-found", 405: "method-not-allowed"}
_ADVICE = {
    404: "there is nothing at this path; /docs lists what there is",
    405: "the path takes another method",
}


def create_app(
    service: PolicyService,
    routers: Sequence[APIRouter] = (),
    access: Access | None = None,
    load: Load = _ANY_RATE,
) -> FastAPI:
    """One application on one port: policy, reviews, health, and ``routers`` of other services.

    The caller starts and stops ``service``. Without ``access`` no key is needed, and ``service``'s own
    store and clock tell what a key that is shown is worth. ``load`` is how much it takes.
    """
    app = FastAPI(title=TITLE, summary=SUMMARY, docs_url=None, redoc_url=None, telemetry=TELEMETRY)
    for router in (
        evaluate.router(service),
        decisions.router(service),
        reviews.router(service.reviews),
        packs.router(service),
        activations.router(service),
        stops.router(service.stops),
        health.router(partial(health.readiness, service)),
        docs.router(TITLE),
        *routers,
    ):
        app.include_router(router)
    app.add_middleware(evaluate.FastLane, service=service)
    defended(
        app,
        access or access_of(service.store, service.clock),
        load,
        refused=service.tally.refused,
        unread=lambda scope, body, problem: _note_unreadable(service, scope, body, problem),
    )
    metrics.watched(app, service.tally.registry, service.tally.http)
    answer_problems(app)
    return app


def _note_unreadable(service: PolicyService, scope: Scope, body: bytes, problem: Problem) -> None:
    """A signal that is not even JSON is refused on record, like any other that cannot be read."""
    if scope["path"] == evaluate.PATH:
        service.writer.note_refusal(Refusal("callers", problem, digest_of(body)))


def answer_problems(app: FastAPI) -> None:
    """Whatever is raised in a route of ``app`` is answered as a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, _ours)
    app.add_exception_handler(PackUnavailable, _ours)
    app.add_exception_handler(ConnectionError, _ours)  # policy.ports.Unanswered, and services that are away
    app.add_exception_handler(Exception, _unexpected)


async def _problem(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return Response(problem.body(), problem.status, problem.headers, MEDIA_TYPE)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _problem(request, invalid_request(faults_of(error.errors())))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    detail = _ADVICE.get(status, str(error.detail).lower())
    answer = await _problem(request, Problem(status, _SLUGS.get(status, f"http-{status}"), detail))
    answer.headers.update(error.headers or {})
    return answer


async def _ours(request: Request, error: Exception) -> Response:
    return await _problem(request, problem_of(error))


async def _unexpected(request: Request, _error: Exception) -> Response:
    """Starlette logs the traceback; the caller learns nothing of our insides."""
    answer = await _problem(request, Problem(500, "internal-error", "an internal failure; see the log"))
    answer.headers.update(SECURITY_HEADERS)  # it is made outside of the guard
    return answer
