"""The portfolio over HTTP: the book in numbers, what is held, and how it went."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from adapters.portfolio.figures import figures_of
from adapters.portfolio.service import Portfolio
from adapters.portfolio.store import sessions, snapshots
from adapters.portfolio.views import PositionView, SessionView, portfolio_view, position_views
from policy.book_contracts import PortfolioView, SnapshotView
from policy.contracts import Contract
from policy.http.openapi import problem_answers
from policy.store import reading

Limit = Annotated[int, Query(ge=1, le=500, description="how many at most")]
Cursor = Annotated[
    str | None, Query(pattern="^[0-9]{1,17}$", description="a next_cursor, to go on where its page ended")
]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class PositionList(Contract):
    """What is held, in alphabetical order; always whole."""

    items: tuple[PositionView, ...]
    next_cursor: str | None = None


class SnapshotList(Contract):
    """Snapshots, newest first; ``next_cursor`` goes on where this page ends."""

    items: tuple[SnapshotView, ...]
    next_cursor: str | None


class SessionList(Contract):
    """Results of sessions, newest first; ``next_cursor`` goes on where this page ends."""

    items: tuple[SessionView, ...]
    next_cursor: str | None


def router(portfolio: Portfolio) -> APIRouter:
    """``GET /v1/portfolio``, ``…/positions`` and ``…/history``."""
    routes = APIRouter(prefix="/v1/portfolio", tags=["portfolio"], responses=problem_answers(403))

    @routes.get("", response_model=PortfolioView, summary="The book in numbers")
    def numbers() -> PortfolioView:
        return portfolio_view(figures_of(portfolio.account))

    @routes.get("/positions", response_model=PositionList, summary="What is held")
    def positions() -> PositionList:
        return PositionList(items=position_views(portfolio.account))

    @routes.get(
        "/history",
        response_model=SnapshotList | SessionList,
        responses=problem_answers(422, 503),
        summary="Snapshots, or results of sessions, newest first",
    )
    def history(
        by: Literal["snapshot", "session"] = "snapshot", limit: Limit = 50, cursor: Cursor = None
    ) -> SnapshotList | SessionList:
        before = None if cursor is None else _EPOCH + int(cursor) * _MICROSECOND
        if by == "session":
            return _session_page(portfolio, before, limit)
        return _snapshot_page(portfolio, before, limit)

    return routes


def _snapshot_page(portfolio: Portfolio, before: datetime | None, limit: int) -> SnapshotList:
    with reading(portfolio.store) as connection:
        found = snapshots(connection, before, limit + 1)
    more = _cursor_at(found[limit - 1].at) if len(found) > limit else None
    return SnapshotList(items=tuple(found[:limit]), next_cursor=more)


def _session_page(portfolio: Portfolio, before: datetime | None, limit: int) -> SessionList:
    with reading(portfolio.store) as connection:
        found = sessions(connection, before, limit + 1)
    more = _cursor_at(found[limit - 1].closed_at) if len(found) > limit else None
    return SessionList(items=tuple(found[:limit]), next_cursor=more)


def _cursor_at(at: datetime) -> str:
    """Microseconds since 1970: times tell rows apart, and no zone can be lost on the way."""
    return str((at - _EPOCH) // _MICROSECOND)
