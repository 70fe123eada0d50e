"""The feed over HTTP: how it stands, what was put aside, and letting a held level in."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from adapters.market.feed import AcceptedView, CaseView, FeedView, FeedWatch, accepted_view
from adapters.market.inspection.accepting import AcceptRefused
from adapters.market.symbols import NoSymbol, house_symbol
from policy.access.callers import Asking, named
from policy.contracts import Contract
from policy.http.openapi import problem_answers
from policy.problems import Fault, Problem, invalid_request

LONGEST_NOTE = 2000
_FIELDS = {"missing-note": "/note", "no-person": "/by", "no-symbol": "/symbol"}


class QuarantineView(Contract):
    """What was not let in, the newest first."""

    items: tuple[CaseView, ...]
    next_cursor: None = None


class AcceptBody(Contract):
    """Which symbol's held level is true, and why; ``level`` is the one that was looked at, in dollars.

    Without ``level`` it is the one that is held now. ``by`` may be named where no credential tells who it is.
    """

    symbol: Annotated[str, Field(min_length=1, max_length=32)]
    note: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
    level: Annotated[Decimal, Field(gt=0, strict=False, max_digits=20)] | None = None
    by: Annotated[str, Field(min_length=1, max_length=64)] | None = None


def router(feed: FeedWatch) -> APIRouter:
    """``GET /v1/market/feed``, ``GET /v1/market/quarantine`` and ``POST /v1/market/accept``."""
    routes = APIRouter(prefix="/v1/market", tags=["market"], responses=problem_answers(403, 503))

    @routes.get("/feed", response_model=FeedView, summary="What comes in, and what of it is let in")
    def shown() -> FeedView:
        return feed.view()

    @routes.get(
        "/quarantine",
        response_model=QuarantineView,
        responses=problem_answers(422),
        summary="Quotes and bars that were not let in",
    )
    def quarantine(
        symbol: Annotated[str | None, Query(description="of this symbol alone")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> QuarantineView:
        return QuarantineView(items=feed.cases(_form(symbol), limit))

    @routes.post(
        "/accept",
        response_model=AcceptedView,
        responses=problem_answers(400, 409, 413, 415, 422),
        summary="Let a held level in, once",
    )
    def accept(body: AcceptBody, asking: Asking) -> AcceptedView:
        by = named(asking, body.by, "by")
        try:
            made = feed.acceptances.accept(body.symbol, by=by, note=body.note, seen=body.level)
        except AcceptRefused as refused:
            raise _problem(refused) from refused
        return accepted_view(made)

    return routes


def _form(symbol: str | None) -> str | None:
    try:
        return None if symbol is None else house_symbol(symbol)
    except NoSymbol as none:
        raise invalid_request([Fault(pointer="/symbol", code="no-symbol", detail=str(none))]) from none


def _problem(refused: AcceptRefused) -> Problem:
    pointer = _FIELDS.get(refused.code)
    if pointer is None:
        return Problem(409, refused.code, str(refused))
    return invalid_request([Fault(pointer=pointer, code=refused.code, detail=str(refused))])
