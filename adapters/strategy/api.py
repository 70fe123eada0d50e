"""The strategy service over HTTP: a proposal for one symbol now, returned and never published."""

from fastapi import APIRouter, Response

from adapters.strategy.desk import Desk, UnknownStrategy, UnknownSymbol
from policy.contracts import Contract, SignalCandidate, Symbol
from policy.http.openapi import problem_answers
from policy.ports import Clock
from policy.problems import Problem


class GenerateBody(Contract):
    """Which symbol to look at, and by which strategy; without one the first with a proposal answers."""

    symbol: Symbol
    strategy: str | None = None


def router(desk: Desk, clock: Clock) -> APIRouter:
    """``POST /v1/signals/generate``."""
    routes = APIRouter(prefix="/v1/signals", tags=["signals"])

    @routes.post(
        "/generate",
        response_model=SignalCandidate,
        responses={
            204: {"description": "the strategy proposes nothing now", "model": None},
            **problem_answers(400, 403, 404, 413, 415, 422),
        },
        summary="What a strategy would propose now",
    )
    def generate(body: GenerateBody) -> SignalCandidate | Response:
        try:
            proposal = desk.generate(body.symbol, body.strategy, clock.now())
        except UnknownSymbol as unknown:
            raise _unknown_symbol(body.symbol, desk) from unknown
        except UnknownStrategy as unknown:
            raise _unknown_strategy(body.strategy, desk) from unknown
        return proposal or Response(status_code=204)

    return routes


def _unknown_symbol(symbol: str, desk: Desk) -> Problem:
    known = ", ".join(desk.symbols)
    return Problem(404, "unknown-symbol", f'no strategy follows "{symbol}"; choose one of {known}')


def _unknown_strategy(strategy: str | None, desk: Desk) -> Problem:
    known = ", ".join(desk.strategies)
    return Problem(404, "unknown-strategy", f'there is no strategy "{strategy}"; choose one of {known}')
