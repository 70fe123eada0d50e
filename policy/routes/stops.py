"""Stops over HTTP: what is stopped, stopping, and letting go."""

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from policy.access.callers import Asking, named
from policy.contracts import Contract
from policy.http.openapi import problem_answers
from policy.problems import Fault, Problem, invalid_request
from policy.stops.contracts import StopTold, StopView
from policy.stops.scope import Scope, ScopeUnclear, StopState
from policy.stops.tripping import PERSON, NeverTripped, NoPerson, StopRefused, Stops

LONGEST_NOTE = 2000


class StopsShown(Contract):
    """How every scope stands that was ever stopped, and the last fifty trips and re-armings, newest first.

    Where the stops cannot be read there is one item, everything halted with the cause ``unreadable``.
    """

    items: tuple[StopView, ...]
    history: tuple[StopTold, ...]


class TripBody(Contract):
    """What to stop, and how hard: as it stands, everything halts and exits pass.

    ``by`` may be named where no credential tells who it is.
    """

    scope: str = Field(default="everything", max_length=80)
    state: Literal["REDUCING", "HALTED"] = "HALTED"
    exits: bool = True
    note: str = Field(default="", max_length=LONGEST_NOTE)
    by: str | None = Field(default=None, min_length=1, max_length=64)


class RearmBody(Contract):
    """What may go on, and why that is safe; ``by`` may be named where no credential tells who it is."""

    scope: str = Field(max_length=80)
    note: str = Field(min_length=1, max_length=LONGEST_NOTE)
    by: str | None = Field(default=None, min_length=1, max_length=64)


def router(stops: Stops) -> APIRouter:
    """``GET /v1/stops``, ``POST /v1/stops/trip`` and ``…/rearm``."""
    routes = APIRouter(prefix="/v1/stops", tags=["stops"], responses=problem_answers(403, 503))
    refusals = problem_answers(400, 403, 413, 415, 422, 503)

    @routes.get("", response_model=StopsShown, summary="What is stopped, and what was")
    def shown() -> StopsShown:
        standing, history = stops.shown()
        return StopsShown(items=tuple(one.view() for one in standing), history=tuple(history))

    @routes.post("/trip", response_model=StopView, responses=refusals, summary="Stop everything, or a part")
    def trip(body: TripBody, asking: Asking) -> StopView:
        scope, by = _scope(body.scope), named(asking, body.by, "by")
        try:
            made = stops.trip(
                scope, StopState(body.state), cause=PERSON, by=by, note=body.note, exits=body.exits
            )
        except StopRefused as refused:
            raise _fault("/exits", "exits-held", refused) from refused
        return made.view()

    @routes.post(
        "/rearm",
        response_model=StopView,
        responses={**refusals, **problem_answers(404)},
        summary="Let a stopped scope go on",
    )
    def rearm(body: RearmBody, asking: Asking) -> StopView:
        scope, by = _scope(body.scope), named(asking, body.by, "by")
        try:
            return stops.rearm(scope, by=by, note=body.note).view()
        except NeverTripped as never:
            raise Problem(404, "never-stopped", str(never)) from never
        except NoPerson as nobody:
            raise _fault("/by", "no-person", nobody) from nobody
        except StopRefused as refused:
            raise _fault("/note", "missing", refused) from refused

    return routes


def _scope(text: str) -> Scope:
    try:
        return Scope.parse(text)
    except ScopeUnclear as unclear:
        raise _fault("/scope", "unclear", unclear) from unclear


def _fault(pointer: str, code: str, error: Exception) -> Problem:
    return invalid_request([Fault(pointer=pointer, code=code, detail=str(error))])
