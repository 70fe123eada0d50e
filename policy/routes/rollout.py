"""The rollout over HTTP: where it stands, what is missing, asking, confirming, going back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from policy.access.callers import Asking, named
from policy.contracts import Contract
from policy.http.openapi import problem_answers
from policy.rollout.contracts import AdvanceRequest, Checklist, PhaseTold, RolloutView
from policy.rollout.rollout import Rollout

_OPEN, _REFUSED = 202, 409


class AdvanceBody(Contract):
    """Why the house is ready; ``by`` only where no credential says who asks."""

    note: str = Field(min_length=1, max_length=2000)
    by: str | None = Field(default=None, min_length=1, max_length=64)


class ConfirmBody(Contract):
    """Which request; ``by`` only where no credential says who confirms."""

    request_id: Annotated[UUID, Field(strict=False)]  # JSON has no UUIDs of its own
    by: str | None = Field(default=None, min_length=1, max_length=64)


class BackBody(Contract):
    """Why; ``by`` only where no credential says who it is."""

    note: str = Field(default="", max_length=2000)
    by: str | None = Field(default=None, min_length=1, max_length=64)


def router(rollout: Rollout) -> APIRouter:
    """``GET /v1/rollout``, ``…/checklist``, ``POST …/advance``, ``…/confirm``, ``…/back``."""
    refusals = problem_answers(400, 403, 404, 409, 413, 415, 422, 503)
    routes = APIRouter(prefix="/v1/rollout", tags=["rollout"], responses=problem_answers(403, 503))

    @routes.get("", response_model=RolloutView, summary="The phase in force, its packs, limits and history")
    def stands() -> RolloutView:
        return rollout.view()

    @routes.get(
        "/checklist", response_model=Checklist, summary="What the next phase asks for, found just now"
    )
    def checklist() -> Checklist:
        return rollout.checklist()

    @routes.post(
        "/advance",
        response_model=AdvanceRequest,
        status_code=_OPEN,
        responses={**refusals, _REFUSED: {"model": AdvanceRequest, "description": "something is missing"}},
        summary="Ask to enter the next phase; another person confirms",
    )
    def advance(body: AdvanceBody, asking: Asking, response: Response) -> AdvanceRequest:
        request = rollout.ask(asking, named(asking, body.by, "by"), body.note)
        response.status_code = _OPEN if request.status == "OPEN" else _REFUSED
        return request

    @routes.post(
        "/confirm",
        response_model=PhaseTold,
        responses=refusals,
        summary="Confirm another person's request, and enter the phase if everything still holds",
    )
    def confirm(body: ConfirmBody, asking: Asking) -> PhaseTold:
        return rollout.confirm(body.request_id, asking, named(asking, body.by, "by"))

    @routes.post("/back", response_model=PhaseTold, responses=refusals, summary="Go back a phase, at once")
    def back(body: BackBody, asking: Asking) -> PhaseTold:
        return rollout.back(named(asking, body.by, "by"), body.note)

    return routes
