"""The reasoning service over HTTP: a memo for whoever asks, memos on record, and how the reasoner stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from sqlalchemy import Engine

from adapters.reasoning.breaker import BreakerState
from adapters.reasoning.mind import Mind
from adapters.reasoning.reading import DayView, MemoRecord, day_of, memo_record
from adapters.reasoning.service import Reasoning
from policy.access.callers import Asking, Caller, Role, role_missing
from policy.contracts import Contract, PackSet, ReasoningMemo, Scalar
from policy.http.openapi import inlined_schema, problem_answers
from policy.memo_contracts import MemoQuestion
from policy.ports import Clock
from policy.problems import Problem, faults_of, invalid_request, unavailable
from policy.store import reading

MOST_WAITING = 8
"""Callers that may wait for memos at the same time; a slow model would take every thread otherwise."""
_READS_PROMPTS = frozenset({Role.OPERATOR, Role.AUDITOR})
_ASKED = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined_schema(MemoQuestion)}},
    }
}
_BREAKER: Mapping[BreakerState, Literal["closed", "trying", "open"]] = {
    BreakerState.CLOSED: "closed",
    BreakerState.TRYING: "trying",
    BreakerState.OPEN: "open",
}


class ReasonerView(Contract):
    """Who thinks, on what terms, and what this day came to.

    ``breaker`` is null where no model is asked; while it is ``open`` nobody asks it.
    """

    reasoner: str
    settings: Mapping[str, Scalar]
    breaker: Literal["closed", "trying", "open"] | None
    today: DayView


@dataclass(frozen=True)
class ReasoningDesk:
    """What the routes stand on: who answers callers, the mind behind it, the record, the time."""

    callers: Reasoning
    mind: Mind
    store: Engine
    clock: Clock
    breaker: Callable[[], BreakerState] | None = None

    def view(self) -> ReasonerView:
        """How the reasoner stands."""
        with reading(self.store) as connection:
            today = day_of(connection, self.clock.now())
        return ReasonerView(
            reasoner=self.mind.name,
            settings=dict(self.mind.settings),
            breaker=None if self.breaker is None else _BREAKER[self.breaker()],
            today=today,
        )

    def record(self, source: PackSet, signal_id: UUID, *, prompts: bool) -> MemoRecord:
        """The memo on record; raises the 404 problem where there is none."""
        with reading(self.store) as connection:
            found = memo_record(connection, source, signal_id, prompts=prompts)
        if found is None:
            raise Problem(404, "memo-not-found", f"there is no memo on signal {signal_id} of {source}")
        return found


async def _raw(request: Request) -> bytes:
    return await request.body()


def router(desk: ReasoningDesk) -> APIRouter:
    """``POST /v1/reasoning/memo``, ``GET …/memos/{signal_id}`` and ``GET …/status``."""
    routes = APIRouter(prefix="/v1/reasoning", tags=["reasoning"], responses=problem_answers(403, 503))
    waiting = BoundedSemaphore(MOST_WAITING)

    @routes.post(
        "/memo",
        response_model=ReasoningMemo,
        responses=problem_answers(400, 409, 413, 415, 422),
        openapi_extra=_ASKED,
        summary="A memo on one signal, recorded",
    )
    def memo(body: Annotated[bytes, Depends(_raw)]) -> ReasoningMemo:
        question = _question(body)
        if not waiting.acquire(blocking=False):
            raise unavailable("reasoner-busy", "too many wait for a memo already; ask again in a moment")
        try:
            return desk.callers.memos("callers", [question])[0]
        finally:
            waiting.release()

    @routes.get(
        "/memos/{signal_id}",
        response_model=MemoRecord,
        responses=problem_answers(404, 422),
        summary="The memo on a signal, as it was recorded",
    )
    def one(
        signal_id: UUID,
        asking: Asking,
        source: PackSet = "house",
        prompts: Annotated[bool, Query(description="add what was sent and what came back")] = False,
    ) -> MemoRecord:
        if prompts:
            _require_reader_of_prompts(asking)
        return desk.record(source, signal_id, prompts=prompts)

    @routes.get("/status", response_model=ReasonerView, summary="Who reasons, and what this day came to")
    def status() -> ReasonerView:
        return desk.view()

    return routes


def _question(body: bytes) -> MemoQuestion:
    try:
        return MemoQuestion.model_validate_json(body)
    except ValidationError as error:
        raise invalid_request(faults_of([dict(fault) for fault in error.errors()])) from error


def _require_reader_of_prompts(caller: Caller) -> None:
    """Prompts and raw answers hold what others wrote: only those read them who look after the house."""
    if not caller.roles & _READS_PROMPTS:
        raise role_missing(caller, _READS_PROMPTS)
