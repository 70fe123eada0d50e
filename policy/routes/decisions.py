"""Decisions over HTTP: list, look at one in full, replay one."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BeforeValidator
from sqlalchemy import Row

from policy.contracts import Contract, Decision, ReasoningMemo, Utc, VerdictWord
from policy.decisions import decision_of, is_retired, memo_ref_of, newest_first, retired, rows_of
from policy.explain import DecisionDetail, Replay, detail_of, replay
from policy.http.openapi import problem_answers
from policy.memos import memo_on_record
from policy.problems import Problem
from policy.service import PolicyService
from policy.store import reading

Limit = Annotated[int, Query(ge=1, le=500, description="how many at most")]
Explain = Annotated[
    Literal["nearest"], Query(description="add what would have to change for a milder decision")
]
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T")


def _written_out(text: str) -> str:
    """Refuse a bare number: Pydantic would take it for seconds since 1970."""
    if not _ISO.match(text):
        raise ValueError("must be a time in ISO 8601, such as 2012-06-01T16:05:00Z")
    return text


Since = Annotated[
    Utc,
    BeforeValidator(_written_out),
    Query(description="evaluated at this time or later", examples=["2012-06-01T16:05:00Z"]),
]


class NoBody(Contract):
    """An empty object: the call needs nothing, and forms of other sites cannot send it."""


class DecisionList(Contract):
    """Decisions, newest first; ``next_cursor`` goes on where this page ends."""

    items: tuple[Decision, ...]
    next_cursor: str | None


def router(service: PolicyService) -> APIRouter:
    """``GET /v1/policy/decisions``, ``…/{decision_id}`` and ``POST …/{decision_id}/replay``."""
    routes = APIRouter(
        prefix="/v1/policy/decisions", tags=["policy"], responses=problem_answers(403, 422, 503)
    )
    not_found = problem_answers(404, 410)

    @routes.get("", response_model=DecisionList, summary="Decisions, newest first")
    def decisions(
        symbol: Annotated[str | None, Query(min_length=1, max_length=32)] = None,
        decision: VerdictWord | None = None,
        since: Since | None = None,
        limit: Limit = 50,
        cursor: Annotated[UUID | None, Query()] = None,
    ) -> DecisionList:
        with reading(service.store) as connection:
            rows = newest_first(
                connection,
                symbol=symbol,
                decision=decision,
                since=since,
                before=cursor,
                limit=limit + 1,
            )
        items = tuple(decision_of(row) for row in rows[:limit])
        more = str(rows[limit - 1].decision_id) if len(rows) > limit else None
        return DecisionList(items=items, next_cursor=more)

    @routes.get("/{decision_id}", response_model=DecisionDetail, responses=not_found, summary="One in full")
    def decision(decision_id: UUID, explain: Explain | None = None) -> DecisionDetail:
        row = found(service, decision_id)
        return detail_of(row, service.loader, explain == "nearest", memo_behind(service, row))

    @routes.post(
        "/{decision_id}/replay",
        response_model=Replay,
        responses={**not_found, **problem_answers(400, 413, 415)},
        summary="Decide again from the record and compare",
    )
    def replayed(decision_id: UUID, _body: NoBody) -> Replay:
        return replay(found(service, decision_id), service.loader)

    return routes


def memo_behind(service: PolicyService, row: "Row[Any]") -> ReasoningMemo | None:
    """The memo that the evaluation ``row`` names; None where it names none, and where its record is gone."""
    ref = memo_ref_of(row)
    if ref is None:
        return None
    with reading(service.store) as connection:
        return memo_on_record(connection, ref)


def found(service: PolicyService, decision_id: UUID) -> "Row[tuple[object, ...]]":
    """The recorded evaluation; a 404 problem when there is none, 410 when it has been retired."""
    with reading(service.store) as connection:
        row = rows_of(connection, [decision_id]).get(decision_id)
        if row is None and is_retired(connection, decision_id):
            raise retired(decision_id)
    if row is None:
        raise Problem(
            404,
            "decision-not-found",
            f"there is no decision {decision_id}; GET /v1/policy/decisions lists them",
        )
    return row
