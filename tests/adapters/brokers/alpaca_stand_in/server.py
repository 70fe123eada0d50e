"""A stand-in for Alpaca's paper API on a free loopback port: REST and the stream of trade updates."""

import atexit
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from policy.contracts import utc_text
from tests.adapters.brokers.alpaca_stand_in.books import OPEN, Account, Refusal
from tests.adapters.brokers.alpaca_stand_in.faults import Script
from tests.adapters.brokers.alpaca_stand_in.stream import Stream

KEY, SECRET = "PKTEST", "a secret of the test"
_NO_KEY = {"code": 40110000, "message": "request is not authorized"}


class StandIn:
    """Alpaca as a test wants it: its ``account``, its ``script`` of faults, its ``stream``, its ``url``."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.account = Account(now)
        self.script = Script()
        self.stream = Stream((KEY, SECRET))
        self.account.emit = self.stream.tell
        self.url = ""
        self.market_open = True

    def app(self) -> Starlette:
        """Every route of the API that is stood in for."""
        routes = {
            ("GET", "/v2/account"): self._account,
            ("GET", "/v2/clock"): self._clock,
            ("GET", "/v2/positions"): self._positions,
            ("GET", "/v2/account/activities/FILL"): self._activities,
            ("POST", "/v2/orders"): self._post,
            ("GET", "/v2/orders"): self._orders,
            ("GET", "/v2/orders:by_client_order_id"): self._by_client,
            ("GET", "/v2/orders/{order_id}"): self._order,
            ("PATCH", "/v2/orders/{order_id}"): self._patch,
            ("DELETE", "/v2/orders/{order_id}"): self._delete,
        }
        rest = [Route(path, self._faulty(act), methods=[way]) for (way, path), act in routes.items()]
        return Starlette(
            routes=[
                *rest,
                WebSocketRoute("/stream", self.stream.serve),
                WebSocketRoute("/elsewhere", self.stream.stray),
            ]
        )

    def _faulty(self, act: Callable[[Request, Any], Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Any:
            body = await request.body()
            told = json.loads(body) if body else None
            fault = self.script.of(f"{request.method} {request.url.path}")
            if (request.headers.get("apca-api-key-id"), request.headers.get("apca-api-secret-key")) != (
                KEY,
                SECRET,
            ):
                return JSONResponse(_NO_KEY, 401)

            async def plainly() -> Response:
                return await run_in_threadpool(_refusing, act, request, told)

            return await (fault.play(plainly) if fault is not None else plainly())

        return answer

    def _account(self, _request: Request, _body: Any) -> Response:
        account = self.account
        flags = {"trading_blocked": False, "account_blocked": False, "trade_suspended_by_user": False}
        told = {"id": "c0ffee00-0000-4000-8000-000000000000", "account_number": "PA0STANDIN"}
        money = {"cash": str(account.cash), "buying_power": str(account.cash), "currency": "USD"}
        return JSONResponse(told | {"status": "ACTIVE"} | money | flags | account.flags)

    def _clock(self, _request: Request, _body: Any) -> Response:
        now = utc_text(self.account.now())
        return JSONResponse(
            {"timestamp": now, "is_open": self.market_open, "next_open": now, "next_close": now}
        )

    def _positions(self, _request: Request, _body: Any) -> Response:
        return JSONResponse(
            [
                {"symbol": symbol, "qty": str(qty), "side": "long" if qty > 0 else "short"}
                for symbol, qty in sorted(self.account.positions.items())
            ]
        )

    def _activities(self, request: Request, _body: Any) -> Response:
        asked = request.query_params
        since, size = asked.get("after", ""), int(asked.get("page_size", 100))
        with self.account.lock:
            found = [one for one in self.account.activities if _at(one["transaction_time"]) > _at(since)]
        ids = [one["id"] for one in found]
        start = ids.index(asked["page_token"]) + 1 if "page_token" in asked else 0
        return JSONResponse(found[start : start + size])

    def _post(self, _request: Request, body: Any) -> Response:
        return JSONResponse(self.account.take(body).json())

    def _orders(self, request: Request, _body: Any) -> Response:
        asked = request.query_params
        with self.account.lock:
            every = [one.json() for one in self.account.orders.values()]
        wanted = asked.get("status", "open")
        found = [one for one in every if wanted == "all" or (one["status"] in OPEN) == (wanted == "open")]
        if "after" in asked:
            found = [one for one in found if _at(one["submitted_at"]) > _at(asked["after"])]
        found.sort(key=lambda one: _at(one["submitted_at"]), reverse=asked.get("direction", "desc") == "desc")
        return JSONResponse(found[: min(500, int(asked.get("limit", 50)))])

    def _by_client(self, request: Request, _body: Any) -> Response:
        order = self.account.by_client(request.query_params["client_order_id"])
        if order is None:
            raise Refusal(404, 40410000, "order not found")
        return JSONResponse(order.json())

    def _order(self, request: Request, _body: Any) -> Response:
        return JSONResponse(self.account.get(request.path_params["order_id"]).json())

    def _patch(self, request: Request, body: Any) -> Response:
        return JSONResponse(self.account.replace(request.path_params["order_id"], body).json())

    def _delete(self, request: Request, _body: Any) -> Response:
        self.account.cancel(request.path_params["order_id"])
        return Response(status_code=204)


class Host:
    """One server for all tests of this process: it answers as the stand-in that was put there last."""

    def __init__(self) -> None:
        self._app: Starlette | None = None
        config = uvicorn.Config(
            self, host="127.0.0.1", port=0, lifespan="off", log_level="critical", ws="websockets-sansio"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the stand-in did not start"
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        atexit.register(self._stop)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self._app is not None, "nobody stands in"
        await self._app(scope, receive, send)

    def put(self, stand_in: StandIn) -> None:
        """Answer as ``stand_in`` from now on; requests that hang end where they came from."""
        stand_in.url, self._app = self.url, stand_in.app()

    def _stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()


@cache
def host() -> Host:
    """The server of this process, started when it is first wanted."""
    return Host()


@contextmanager
def standing_in(now: Callable[[], datetime]) -> Iterator[StandIn]:
    """A stand-in of its own for the block."""
    stand_in = StandIn(now)
    host().put(stand_in)
    yield stand_in
    stand_in.stream.close()


def _refusing(act: Callable[[Request, Any], Response], request: Request, body: Any) -> Response:
    try:
        return act(request, body)
    except Refusal as refusal:
        return JSONResponse(refusal.body, refusal.status)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
