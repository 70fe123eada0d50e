"""The market service over HTTP: quotes and bars."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from adapters.market.service import MarketService, QuoteView
from policy.contracts import Bar, Contract
from policy.http.openapi import problem_answers
from policy.problems import Problem

Day = Annotated[date | None, Query(description="a day, 2012-05-18; included")]


class BarsView(Contract):
    """Closed bars of one symbol, split-adjusted, oldest first; none when ``from`` is after ``to``."""

    symbol: str
    bars: tuple[Bar, ...]


def router(market: MarketService) -> APIRouter:
    """``GET /v1/market/quote/{symbol}`` and ``GET /v1/market/bar/{symbol}``."""
    routes = APIRouter(prefix="/v1/market", tags=["market"], responses=problem_answers(403, 404, 422))

    @routes.get("/quote/{symbol}", response_model=QuoteView, summary="The last quote of a symbol")
    def quote(symbol: str) -> QuoteView:
        _refuse_unknown(market, symbol)
        found = market.quote(symbol)
        if found is None:
            raise Problem(404, "no-quote-yet", f"{symbol} has not been quoted yet; play on and ask again")
        return found

    @routes.get("/bar/{symbol}", response_model=BarsView, summary="The closed bars of a symbol")
    def bars(symbol: str, first: Annotated[Day, Query(alias="from")] = None, to: Day = None) -> BarsView:
        _refuse_unknown(market, symbol)
        return BarsView(symbol=symbol, bars=market.bars(symbol, first, to))

    return routes


def _refuse_unknown(market: MarketService, symbol: str) -> None:
    if not market.knows(symbol):
        known = ", ".join(market.tape.symbols)
        raise Problem(404, "unknown-symbol", f'there are no bars of "{symbol}"; choose one of {known}')
