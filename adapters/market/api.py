"""The market service over HTTP: quotes, bars, the sessions they lack, and splits."""

from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from adapters.market.service import MarketService, QuoteView
from adapters.market.symbols import NoSymbol, house_symbol
from policy.contracts import Bar, Contract, Utc
from policy.http.openapi import problem_answers
from policy.problems import Problem

Day = Annotated[date | None, Query(description="a day, 2012-05-18; included")]


class BarsView(Contract):
    """Closed bars of one symbol, oldest first; none when ``from`` is after ``to``.

    They are ``adjusted`` for splits, or as they were traded, in dollars and shares of their own day.
    """

    symbol: str
    adjusted: bool
    bars: tuple[Bar, ...]


class GapView(Contract):
    """A session of which a symbol has no bar; ``half_day``: the exchange closed early."""

    symbol: str
    session: date
    half_day: bool


class GapsView(Contract):
    """Sessions without a bar, by symbol and day."""

    items: tuple[GapView, ...]
    next_cursor: None = None


class SplitView(Contract):
    """A split: from the session of ``ex_day`` on, ``new`` shares stand where ``old`` stood."""

    symbol: str
    ex_day: date
    new: int
    old: int
    source: str
    learnt_at: Utc


class SplitsView(Contract):
    """Splits of one symbol whose day has come, oldest first."""

    items: tuple[SplitView, ...]
    next_cursor: None = None


def router(market: MarketService) -> APIRouter:
    """``GET /v1/market/quote|bar|splits/{symbol}`` and ``GET /v1/market/gaps``."""
    routes = APIRouter(prefix="/v1/market", tags=["market"], responses=problem_answers(403, 404, 422))

    @routes.get("/quote/{symbol}", response_model=QuoteView, summary="The last quote of a symbol")
    def quote(symbol: str) -> QuoteView:
        form = _known(market, symbol)
        found = market.quote(form)
        if found is None:
            raise Problem(404, "no-quote-yet", f"{form} has not been quoted yet; play on and ask again")
        return found

    @routes.get("/bar/{symbol}", response_model=BarsView, summary="The closed bars of a symbol")
    def bars(
        symbol: str,
        first: Annotated[Day, Query(alias="from")] = None,
        to: Day = None,
        adjusted: Annotated[bool, Query(description="for splits; false: as traded")] = True,
    ) -> BarsView:
        form = _known(market, symbol)
        found = market.bars(form, first, to, adjusted=adjusted)
        return BarsView(symbol=form, adjusted=adjusted, bars=found)

    @routes.get("/splits/{symbol}", response_model=SplitsView, summary="The splits of a symbol so far")
    def splits(symbol: str) -> SplitsView:
        items = (SplitView(**asdict(split)) for split in market.splits(_known(market, symbol)))
        return SplitsView(items=tuple(items))

    @routes.get("/gaps", response_model=GapsView, summary="Sessions of which a bar is missing")
    def gaps() -> GapsView:
        found = ((gap.symbol, gap.session.day, gap.is_half_day) for gap in market.gaps())
        items = (GapView(symbol=symbol, session=day, half_day=half) for symbol, day, half in found)
        return GapsView(items=tuple(items))

    return routes


def _known(market: MarketService, symbol: str) -> str:
    """``symbol`` in the house's form; a 404 for one of which there are no bars."""
    try:
        form = house_symbol(symbol)
    except NoSymbol:
        form = symbol
    if not market.knows(form):
        known = ", ".join(market.tape.symbols)
        raise Problem(404, "unknown-symbol", f'there are no bars of "{symbol}"; choose one of {known}')
    return form
