"""``POST /v1/policy/evaluate``: a request in, a durable decision out.

The busiest route of the house. The guard has checked the body's form already, so it is read raw,
validated once, and answered with the text of the decision. ``FastLane`` answers it before FastAPI's
own machinery, which costs more than judging; the FastAPI route describes it and answers alike.
"""

import json
from time import perf_counter

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from policy.canonical import digest_of
from policy.contracts import Decision, EvaluateRequest
from policy.explain import ExplainedDecision, explained, nearest_of
from policy.http.guard import send_body, send_problem
from policy.http.openapi import inlined_schema, problem_answers
from policy.http.watch import ROUTE
from policy.problems import Fault, Problem, faults_of, invalid_request
from policy.proposal import Proposal, proposal_of_request
from policy.record import answer_text
from policy.refusals import Refusal
from policy.routes.decisions import found
from policy.service import PolicyService
from policy.watching.traces import asked_for

PATH = "/v1/policy/evaluate"
_EXPLAIN = {
    "name": "explain",
    "in": "query",
    "required": False,
    "description": "true adds every rule with its result and margins; nearest adds, to those, "
    "what would have to change for a milder decision",
    "schema": {"enum": ["false", "true", "nearest"], "default": "false"},
}
_DESCRIBED = {
    "parameters": [_EXPLAIN],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined_schema(EvaluateRequest)}},
    },
}


def router(service: PolicyService) -> APIRouter:
    """The one route."""
    routes = APIRouter(tags=["policy"])

    @routes.post(
        PATH,
        response_model=ExplainedDecision,
        responses=problem_answers(400, 403, 409, 413, 415, 422, 503),
        openapi_extra=_DESCRIBED,
        summary="Judge one signal and record the decision",
    )
    async def evaluate(request: Request) -> Response:
        text = await _answered(service, request.scope["query_string"], await request.body())
        return Response(text, media_type="application/json")

    return routes


class FastLane:
    """ASGI middleware that answers the evaluate route itself and hands everything else on."""

    def __init__(self, app: ASGIApp, service: PolicyService) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope[ROUTE] = PATH
        body = (await receive())["body"]  # the guard hands it on whole
        try:
            text = await _answered(self._service, scope["query_string"], body)
        except Problem as problem:
            await send_problem(send, problem)
            return
        await send_body(send, 200, text.encode(), "application/json")


async def _answered(service: PolicyService, query: bytes, body: bytes) -> str:
    explain = _explain(query) if query else "false"
    proposal = _proposed(service, body)
    asked_for(proposal.signal_id)
    answer = await service.writer.decide(proposal)
    if isinstance(answer, Problem):
        raise answer
    if explain == "false":
        return answer_text(answer)
    return await run_in_threadpool(_with_rules, service, answer, explain == "nearest")


def _proposed(service: PolicyService, body: bytes) -> Proposal:
    started = perf_counter()
    proposal = proposal_of_request(_parsed(service, body))
    service.tally.validated(perf_counter() - started)
    return proposal


def _parsed(service: PolicyService, body: bytes) -> EvaluateRequest:
    try:
        return EvaluateRequest.model_validate_json(body)
    except ValidationError as error:
        problem = invalid_request(faults_of([dict(fault) for fault in _faults(error, body)]))
        service.writer.note_refusal(Refusal("callers", problem, digest_of(body)))
        raise problem from None


def _faults(error: ValidationError, body: bytes) -> list[ErrorDetails]:
    """Pydantic's JSON reader gives up at an integer of thousands of digits: show it an infinity instead."""
    faults = error.errors()
    if faults[0]["type"] != "json_invalid":
        return faults
    try:
        EvaluateRequest.model_validate_json(json.dumps(json.loads(body, parse_int=float)))
    except ValidationError as placed:
        return placed.errors()
    return faults


def _with_rules(service: PolicyService, decision: Decision, nearest: bool) -> str:
    assert decision.decision_id is not None
    row = found(service, decision.decision_id)
    rules = explained(row, service.loader)
    if not nearest:
        return decision.model_copy(update={"rules": rules}).model_dump_json()
    milder = nearest_of(row, service.loader)
    return ExplainedDecision(**{**dict(decision), "rules": rules}, nearest=milder).model_dump_json()


def _explain(query: bytes) -> str:
    word = QueryParams(query).get("explain", "false")
    if word not in ("false", "true", "nearest"):
        fault = Fault(pointer="/explain", code="enum", detail="must be false, true or nearest")
        raise invalid_request([fault])
    return word
