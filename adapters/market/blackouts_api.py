"""The blackouts over HTTP: what is announced, and whether it holds a symbol now."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from adapters.market.blackouts import Blackouts, SessionTable, Window
from adapters.market.symbols import NoSymbol, house_symbol
from policy.contracts import Contract, Utc
from policy.http.openapi import problem_answers
from policy.ports import Clock
from policy.problems import Problem

BACK, AHEAD = timedelta(days=7), timedelta(days=60)
MOST = timedelta(days=3_660)
"""So many days are told at once."""
Day = Annotated[date | None, Query(description="a day, 2012-06-20; included")]


class WindowView(Contract):
    """A blackout from ``starts`` to ``ends``, of every symbol where ``symbol`` is null."""

    what: str
    symbol: str | None
    starts: Utc
    ends: Utc
    told_by: str


class BlackoutsView(Contract):
    """Announced windows that touch ``first`` to ``last``, by their start.

    Quiet can be told from ``covered_from`` to ``covered_to`` alone. ``active`` is of the symbol asked for as
    of now: null without one, and where nobody can say.
    """

    as_of: Utc
    first: date
    last: date
    covered_from: date
    covered_to: date
    active: bool | None
    items: tuple[WindowView, ...]


def router(blackouts: Blackouts, sessions: SessionTable, clock: Clock) -> APIRouter:
    """``GET /v1/market/blackouts``: from a week ago to sixty days ahead unless asked otherwise."""
    routes = APIRouter(prefix="/v1/market", tags=["market"], responses=problem_answers(403, 404, 422))

    @routes.get("/blackouts", response_model=BlackoutsView, summary="When trading pauses for an event")
    def announced(
        symbol: str | None = None, first: Annotated[Day, Query(alias="from")] = None, to: Day = None
    ) -> BlackoutsView:
        now, form = clock.now(), _known(symbol)
        begin, end = _told_at_once(first or (now - BACK).date(), to or (now + AHEAD).date())
        items = tuple(_view(one) for one in blackouts.between(begin, end, sessions, form))
        return BlackoutsView(
            as_of=now,
            first=begin,
            last=end,
            covered_from=blackouts.days.first,
            covered_to=blackouts.days.last,
            active=blackouts.active(form, now) if form is not None else None,
            items=items,
        )

    return routes


def _told_at_once(first: date, last: date) -> tuple[date, date]:
    if not date(1990, 1, 1) <= first <= last <= date(2099, 12, 31) or last - first > MOST:
        raise Problem(
            422, "invalid-request", "ask for days in order, from 1990 on, ten years of them at most"
        )
    return first, last


def _known(symbol: str | None) -> str | None:
    try:
        return house_symbol(symbol) if symbol is not None else None
    except NoSymbol as error:
        raise Problem(404, "unknown-symbol", str(error)) from error


def _view(window: Window) -> WindowView:
    return WindowView(
        what=window.what,
        symbol=window.symbol,
        starts=window.starts,
        ends=window.ends,
        told_by=window.told_by,
    )
