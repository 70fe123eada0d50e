"""A stand-in for Alpaca's market data on a free loopback port: latest quotes, bars, splits, and the stream.

Written from the public Market Data API documentation ("Historical bars", "Latest quotes", "Corporate
actions", "Real-time stock data").
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from policy.contracts import utc_text
from tests.adapters.brokers.alpaca_stand_in.faults import Script
from tests.adapters.brokers.alpaca_stand_in.server import Host
from tests.adapters.market.alpaca_stand_in.stream import MarketStream

KEY, SECRET = "PKTEST", "a secret of the test"
NEW_YORK = ZoneInfo("America/New_York")
_NO_KEY = {"code": 40110000, "message": "request is not authorized"}


class MarketStandIn:
    """Alpaca's market as a test wants it: what was traded, its ``script`` of faults, its ``stream``."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.latest: dict[str, dict[str, Any]] = {}
        self.days: dict[str, list[dict[str, Any]]] = {}
        self.minutes: dict[str, list[dict[str, Any]]] = {}
        self.splits: dict[str, list[dict[str, Any]]] = {}
        self.page = 10_000
        self.script = Script()
        self.stream = MarketStream((KEY, SECRET))
        self.url = ""

    @property
    def stream_url(self) -> str:
        """Where the stream is."""
        return self.url.replace("http", "ws", 1)

    def app(self) -> Starlette:
        """Every route that is stood in for."""
        routes = {
            "/v2/stocks/quotes/latest": self._latest,
            "/v2/stocks/bars": self._bars,
            "/v1/corporate-actions": self._actions,
        }
        rest = [Route(path, self._faulty(act)) for path, act in routes.items()]
        streams = [WebSocketRoute(f"/v2/{feed}", self.stream.serve) for feed in ("iex", "sip")]
        return Starlette(routes=[*rest, *streams])

    def quote(self, symbol: str, bid: Any, ask: Any, at: datetime | None = None) -> None:
        """``symbol`` is quoted, now or at another time."""
        told = {"bp": float(bid), "bs": 2, "ap": float(ask), "as": 3, "t": utc_text(at or self.now())}
        self.latest[symbol] = told
        self.stream.tell({"T": "q", "S": symbol, **told, "bx": "V", "ax": "V", "c": ["R"], "z": "C"})

    def minute(self, symbol: str, at: datetime, price: Any, volume: int = 1000) -> None:
        """A minute of trades at one price has ended."""
        told = _bar(at, price, volume)
        self.minutes.setdefault(symbol, []).append(told)
        self.stream.tell({"T": "b", "S": symbol, **told})

    def day(self, symbol: str, day: date, price: Any, volume: int = 1_000_000, spread: Any = 0) -> None:
        """A day at one close, with highs and lows ``spread`` around it."""
        midnight = datetime.combine(day, time(), NEW_YORK)
        told = _bar(midnight, price, volume)
        told |= {"h": round(told["h"] + float(spread), 4), "l": round(told["l"] - float(spread), 4)}
        self.days.setdefault(symbol, []).append(told)

    def _faulty(self, act: Callable[[Request], Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Any:
            fault = self.script.of(f"{request.method} {request.url.path}")
            keys = request.headers.get("apca-api-key-id"), request.headers.get("apca-api-secret-key")
            if keys != (KEY, SECRET):
                return JSONResponse(_NO_KEY, 401)

            async def plainly() -> Response:
                return act(request)

            return await (fault.play(plainly) if fault is not None else plainly())

        return answer

    def _latest(self, request: Request) -> Response:
        wanted = request.query_params["symbols"].split(",")
        return JSONResponse({"quotes": {one: self.latest[one] for one in wanted if one in self.latest}})

    def _bars(self, request: Request) -> Response:
        asked = request.query_params
        assert asked["adjustment"] == "raw"
        table = self.days if asked["timeframe"] == "1Day" else self.minutes
        start, end = (datetime.fromisoformat(asked[name]) for name in ("start", "end"))
        found = [
            (symbol, bar)
            for symbol in asked["symbols"].split(",")
            for bar in table.get(symbol, ())
            if start <= datetime.fromisoformat(bar["t"]) <= end
        ]
        first = int(asked.get("page_token", 0))
        page = found[first : first + self.page]
        following = first + self.page if first + self.page < len(found) else None
        bars: dict[str, list[Any]] = {}
        for symbol, bar in page:
            bars.setdefault(symbol, []).append(bar)
        return JSONResponse({"bars": bars, "next_page_token": following and str(following)})

    def _actions(self, _request: Request) -> Response:
        return JSONResponse({"corporate_actions": self.splits, "next_page_token": None})


def _bar(at: datetime, price: Any, volume: int) -> dict[str, Any]:
    price = float(price)
    return {
        "t": utc_text(at),
        "o": price,
        "h": price,
        "l": price,
        "c": price,
        "v": volume,
        "n": 9,
        "vw": price,
    }


@cache
def _host() -> Host:
    return Host()


@contextmanager
def market_standing_in(now: Callable[[], datetime]) -> Iterator[MarketStandIn]:
    """A stand-in of its own for the block."""
    stand_in = MarketStandIn(now)
    _host().put(stand_in)
    yield stand_in
    stand_in.stream.close()
