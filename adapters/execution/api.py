"""The execution service over HTTP: place an order, look at orders, cancel one, leave positions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from adapters.execution.keys import Key
from adapters.execution.reading import checked_key, order_request
from adapters.execution.service import Execution
from policy.access.callers import Asking
from policy.contracts import Contract, Symbol
from policy.http.openapi import inlined_schema, problem_answers
from policy.order_contracts import OrderDetail, OrderRequest, OrderView, ShownState
from policy.routes.decisions import Limit, NoBody

_REPLAYED = {"Idempotent-Replayed": "true"}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "sent again with the same order, it gets the same answer and no second order",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,126}[!-~])?$"},
}
_DESCRIBED = {
    "parameters": [_KEY],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined_schema(OrderRequest)}},
    },
}


class OrderList(Contract):
    """Orders, newest first; ``next_cursor`` goes on where this page ends."""

    items: tuple[OrderView, ...]
    next_cursor: str | None


class FlattenBody(Contract):
    """Which position to leave; without a symbol, all of them."""

    symbol: Symbol | None = None


class FlattenAnswer(Contract):
    """The exits that were made, and the orders that were asked to end."""

    orders: tuple[OrderView, ...]
    cancelled: tuple[OrderView, ...]


async def _raw(request: Request) -> bytes:
    return await request.body()


def router(execution: Execution) -> APIRouter:
    """``/v1/orders`` with ``…/{order_id}`` and ``…/cancel``, and ``POST /v1/portfolio/flatten``."""
    routes = APIRouter(tags=["orders"], responses=problem_answers(403, 422, 503))
    refusals = problem_answers(400, 413, 415)

    @routes.post(
        "/v1/orders",
        status_code=201,
        response_model=OrderView,
        responses={**refusals, **problem_answers(409)},
        openapi_extra=_DESCRIBED,
        summary="Place an order for an approved signal",
    )
    def place(request: Request, body: Annotated[bytes, Depends(_raw)], asking: Asking) -> Response:
        key = Key(f"caller/{asking.credential}", checked_key(request.headers.get("idempotency-key")))
        answer = execution.place(key, order_request(body), asking.name)
        headers = _REPLAYED if answer.replayed else None
        return Response(answer.text, answer.status, headers, media_type="application/json")

    @routes.get("/v1/orders", response_model=OrderList, summary="Orders, newest first")
    def listed(
        state: ShownState | None = None,
        symbol: Annotated[str | None, Query(min_length=1, max_length=32)] = None,
        signal_id: UUID | None = None,
        decision_id: UUID | None = None,
        limit: Limit = 50,
        cursor: Annotated[str | None, Query(pattern="^[0-9]{1,18}$")] = None,
    ) -> OrderList:
        found = execution.listed(
            state=state,
            before=None if cursor is None else int(cursor),
            limit=limit + 1,
            symbol=symbol,
            signal_id=signal_id,
            decision_id=decision_id,
        )
        more = str(found[limit - 1][0]) if len(found) > limit else None
        return OrderList(items=tuple(view for _, view in found[:limit]), next_cursor=more)

    @routes.get(
        "/v1/orders/{order_id}",
        response_model=OrderDetail,
        responses=problem_answers(404),
        summary="One order",
    )
    def one(order_id: UUID) -> OrderDetail:
        return execution.one(order_id)

    @routes.post(
        "/v1/orders/{order_id}/cancel",
        status_code=202,
        response_model=OrderView,
        responses={**refusals, **problem_answers(404, 409, 429)},
        summary="Ask for the end of an order",
    )
    def cancel(order_id: UUID, _body: NoBody, asking: Asking) -> OrderView:
        return execution.cancel(order_id, asking.name)

    @routes.post(
        "/v1/portfolio/flatten", response_model=FlattenAnswer, responses=refusals, summary="Leave positions"
    )
    def flatten(body: FlattenBody, asking: Asking) -> FlattenAnswer:
        done = execution.flatten(body.symbol, asking.name)
        return FlattenAnswer(orders=done.orders, cancelled=done.cancelled)

    return routes
