"""``POST /v1/policy/evaluate``: a request in, a durable decision out.

The busiest route of the house: the guard has checked the body's form already, so it is read raw,
validated once, and answered with the text of the decision.
"""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from policy.api_decisions import found
from policy.canonical import digest
from policy.contracts import Decision, EvaluateRequest
from policy.explain import explained
from policy.openapi import inlined_schema, problem_answers
from policy.problems import Fault, Problem, faults_of, invalid_request
from policy.proposal import proposal_of_request
from policy.record import answer_text
from policy.refusals import Refusal
from policy.service import PolicyService

_EXPLAIN = {
    "name": "explain",
    "in": "query",
    "required": False,
    "description": "add every rule with its result to the answer",
    "schema": {"type": "boolean", "default": False},
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
        "/v1/policy/evaluate",
        response_model=Decision,
        responses=problem_answers(400, 403, 409, 413, 415, 422, 503),
        openapi_extra=_DESCRIBED,
        summary="Judge one signal and record the decision",
    )
    async def evaluate(request: Request) -> Response:
        explain = _wants_rules(request)
        body = await request.body()
        answer = await service.writer.decide(proposal_of_request(_parsed(service, body)))
        if isinstance(answer, Problem):
            raise answer
        text = await run_in_threadpool(_with_rules, service, answer) if explain else answer_text(answer)
        return Response(text, media_type="application/json")

    return routes


def _parsed(service: PolicyService, body: bytes) -> EvaluateRequest:
    try:
        return EvaluateRequest.model_validate_json(body)
    except ValidationError as error:
        problem = invalid_request(faults_of([dict(fault) for fault in error.errors()]))
        service.writer.note_refusal(Refusal("callers", problem, digest(body.decode())))
        raise problem from None


def _with_rules(service: PolicyService, decision: Decision) -> str:
    assert decision.decision_id is not None
    rules = explained(found(service, decision.decision_id), service.loader)
    return decision.model_copy(update={"rules": rules}).model_dump_json()


def _wants_rules(request: Request) -> bool:
    if not request.scope["query_string"]:
        return False
    word: Any = request.query_params.get("explain", "false")
    if word not in ("true", "false"):
        fault = Fault(pointer="/explain", code="bool_parsing", detail="must be true or false")
        raise invalid_request([fault])
    return bool(word == "true")
