"""Changing the shelf over HTTP: activate, roll back, and confirm what another proposed."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import Row

from policy.access.callers import Asking
from policy.contracts import Contract, PackSet, Utc
from policy.four_eyes import FourEyes, Kind, Outcome, Wish
from policy.http.openapi import problem_answers
from policy.ports import PackUnknown
from policy.problems import Problem
from policy.routes.decisions import NoBody
from policy.service import PolicyService
from policy.shelf import SETS, NoVersionBefore

For = Literal["callers", "house", "both"]
_PROPOSED = 202


class RollbackBody(Contract):
    """For whose signals; ``confirm`` is for whoever is alone at the machine and shows no credential."""

    applies_to: For = Field(default="both", alias="for")
    confirm: bool = False


class ActivateBody(RollbackBody):
    """As for a rollback; a version in ``shadow`` judges beside the active ones and never counts."""

    shadow: bool = False


class ChangeView(Contract):
    """What changes for one set, against what judges it now."""

    set: PackSet
    pack: str
    version: str
    verdict: str
    note: str | None


class ShelfAnswer(Contract):
    """Changes that were made; with a ``proposal_id``, changes that wait for a second person."""

    changes: tuple[ChangeView, ...]
    proposal_id: UUID | None


class ProposalView(Contract):
    """A change that somebody proposed; ``changes`` holds its differences with a signal that shows each."""

    proposal_id: UUID
    kind: Kind
    pack: str
    version: str | None
    sets: tuple[PackSet, ...]
    shadow: bool
    changes: tuple[Mapping[str, Any], ...]
    proposed_at: Utc
    proposed_by: str
    status: Literal["OPEN", "CONFIRMED", "OUTDATED"]
    confirmed_by: str | None
    settled_at: Utc | None


class ProposalList(Contract):
    """The newest hundred proposals, newest first."""

    items: tuple[ProposalView, ...]
    next_cursor: None = None


def router(service: PolicyService) -> APIRouter:
    """``POST …/packs/{pack}/{version}/activate``, ``…/rollback/{pack}``, ``…/proposals``."""
    refusals = problem_answers(400, 403, 404, 409, 413, 415, 422, 503)
    routes = APIRouter(prefix="/v1/policy", tags=["packs"], responses=problem_answers(403, 503))
    waits: dict[int | str, dict[str, Any]] = {
        _PROPOSED: {"model": ShelfAnswer, "description": "it loosens, so a second person confirms"}
    }
    eyes = FourEyes(service.store, service.shelf, service.clock)

    @routes.post(
        "/packs/{pack}/{version}/activate",
        response_model=ShelfAnswer,
        responses={**refusals, **waits},
        summary="Put a released version in force, or propose it where it loosens",
    )
    def activate(
        pack: str, version: str, body: ActivateBody, asking: Asking, response: Response
    ) -> ShelfAnswer:
        wish = Wish("activate", pack, version, _sets(body.applies_to), body.shadow)
        return _asked(eyes, wish, asking, body.confirm, response)

    @routes.post(
        "/rollback/{pack}",
        response_model=ShelfAnswer,
        responses={**refusals, **waits},
        summary="Put back the version before, or propose it where that loosens",
    )
    def rollback(pack: str, body: RollbackBody, asking: Asking, response: Response) -> ShelfAnswer:
        wish = Wish("rollback", pack, None, _sets(body.applies_to))
        return _asked(eyes, wish, asking, body.confirm, response)

    @routes.get("/proposals", response_model=ProposalList, summary="What waits for a second person")
    def proposed() -> ProposalList:
        return ProposalList(items=tuple(map(_proposal, eyes.listed())))

    @routes.post(
        "/proposals/{proposal_id}/confirm",
        response_model=ShelfAnswer,
        responses=refusals,
        summary="Confirm what another person proposed, and put it in force",
    )
    def confirmed(proposal_id: UUID, _body: NoBody, asking: Asking) -> ShelfAnswer:
        return _answer(eyes.confirm(proposal_id, asking))

    return routes


def _asked(eyes: FourEyes, wish: Wish, asking: Asking, confirm: bool, response: Response) -> ShelfAnswer:
    try:
        outcome = eyes.ask(wish, asking, confirm)
    except PackUnknown as unknown:
        raise Problem(404, "pack-not-found", str(unknown)) from unknown
    except NoVersionBefore as error:
        raise Problem(409, "no-version-before", str(error)) from error
    if outcome.proposal_id is not None:
        response.status_code = _PROPOSED
    return _answer(outcome)


def _sets(word: For) -> tuple[PackSet, ...]:
    return SETS if word == "both" else (word,)


def _answer(outcome: Outcome) -> ShelfAnswer:
    changes = (
        ChangeView(set=one.pack_set, pack=one.pack, version=one.version, verdict=one.verdict, note=one.note)
        for one in outcome.changes
    )
    return ShelfAnswer(changes=tuple(changes), proposal_id=outcome.proposal_id)


def _proposal(row: Row[Any]) -> ProposalView:
    told = row._asdict() | {"sets": tuple(row.sets), "changes": tuple(row.changes)}
    return ProposalView(**{name: told[name] for name in ProposalView.model_fields})
